#include "product/community/audit.h"

#include "product/community/access.h"

namespace parley::product::community {
namespace {

/// Sorts after every id.
constexpr std::string_view kEnd = "\x7f";

}  // namespace

void record(Tx& tx, const Acting& acting, const CommunityId& community, const AuditNote& note) {
  execute(tx,
          "insert into audit_log (id, community_id, actor_id, action, target_id, before_json, after_json, reason, "
          "created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
          make_id<AuditId>(acting.now, acting.rng), community, acting.user, note.action, note.target_id, note.before,
          note.after, acting.reason, acting.now);
}

Outcome<Listing<AuditEntry>> list_audit(Tx& tx, const Acting& acting, const CommunityId& community,
                                        const AuditFilter& filter, const PagePlace& place) {
  const auto standing = require(tx, acting, community, access::Permission::kAuditLog);
  if (!standing) return std::unexpected(standing.error());
  std::string sql =
      "select id, actor_id, action, target_id, before_json, after_json, reason, created_at from audit_log "
      "where community_id = $1 and id < $2";
  std::vector<SqlValue> arguments{to_sql(community), to_sql(place.after.empty() ? kEnd : place.after)};
  const auto narrow = [&](std::string_view column, const auto& wanted) {
    if (!wanted) return;
    arguments.push_back(to_sql(*wanted));
    sql += " and ";
    sql += column;
    sql += " = $" + std::to_string(arguments.size());
  };
  narrow("actor_id", filter.actor_id);
  narrow("action", filter.action);
  narrow("target_id", filter.target_id);
  arguments.push_back(to_sql(place.limit + 1));
  sql += " order by id desc limit $" + std::to_string(arguments.size());
  return cut(rows_as<AuditEntry>(tx.run(sql, arguments)), place, [](const AuditEntry& e) { return e.id.text(); });
}

}  // namespace parley::product::community

#include "product/community/reports.h"

#include "product/community/audit.h"
#include "product/community/checks.h"
#include "product/community/events.h"
#include "product/community/rows.h"

namespace parley::product::community {
namespace {

using access::Permission;

constexpr std::string_view kColumns =
    "select id, community_id, reporter_id, target_kind, target_id, reason, state, resolution, resolved_by, "
    "created_at, resolved_at from reports where community_id = $1 ";

Outcome<void> check_target(Tx& tx, const Acting& acting, const CommunityId& community, const NewReport& wanted) {
  switch (wanted.target_kind) {
    case ReportTarget::kUser:
      if (find_member(tx, community, UserId(wanted.target_id.text()))) return {};
      break;
    case ReportTarget::kChannel: {
      const Standing there = access_of(tx, acting.user, ChannelId(wanted.target_id.text()), acting.now);
      if (there.community == community && there.has(Permission::kView)) return {};
      break;
    }
    case ReportTarget::kMessage:
      return {};
  }
  return refuse(ProblemCode::kNotFound);
}

}  // namespace

Outcome<Report> create_report(Tx& tx, const Acting& acting, const CommunityId& community, const NewReport& wanted) {
  const auto standing = require_member(tx, acting, community);
  if (!standing) return std::unexpected(standing.error());
  if (const auto found = check_target(tx, acting, community, wanted); !found) return std::unexpected(found.error());
  const int64_t open = one<int64_t>(tx,
                                    "select count(*) from reports where community_id = $1 and reporter_id = $2 "
                                    "and state = $3",
                                    community, acting.user, ReportState::kOpen)
                           .value_or(0);
  if (open >= kMaxOpenReports) return refuse(ProblemCode::kLimitReached, "open reports");
  Report made{.id = make_id<ReportId>(acting.now, acting.rng),
              .community_id = community,
              .reporter_id = acting.user,
              .target_kind = wanted.target_kind,
              .target_id = wanted.target_id.text(),
              .reason = wanted.reason,
              .created_at = acting.now};
  execute(tx,
          "insert into reports (id, community_id, reporter_id, target_kind, target_id, reason, created_at) "
          "values ($1, $2, $3, $4, $5, $6, $7)",
          made.id, community, made.reporter_id, made.target_kind, made.target_id, made.reason, made.created_at);
  record(tx, acting, community, {"report.create", made.id.text(), std::nullopt, json::to_json(made)});
  tell(tx, "report.created", community, made);
  return made;
}

Outcome<Listing<Report>> list_reports(Tx& tx, const Acting& acting, const CommunityId& community,
                                      std::optional<ReportState> state, const PagePlace& place) {
  const auto standing = require(tx, acting, community, Permission::kManageMessages);
  if (!standing) return std::unexpected(standing.error());
  std::string sql(kColumns);
  sql += state ? "and id > $2 and state = $4 order by id limit $3" : "and id > $2 order by id limit $3";
  std::vector<SqlValue> arguments{to_sql(community), to_sql(place.after), to_sql(place.limit + 1)};
  if (state) arguments.push_back(to_sql(*state));
  return cut(rows_as<Report>(tx.run(sql, arguments)), place, [](const Report& r) { return r.id.text(); });
}

Outcome<Report> resolve_report(Tx& tx, const Acting& acting, const CommunityId& community, const ReportId& report,
                               const ReportDecision& decision) {
  const auto standing = require(tx, acting, community, Permission::kManageMessages);
  if (!standing) return std::unexpected(standing.error());
  if (decision.state == ReportState::kOpen) return refuse_field("/state", "resolved or dismissed");
  const auto before = one<Report>(tx, std::string(kColumns) + "and id = $2", community, report);
  if (!before) return refuse(ProblemCode::kNotFound);
  if (before->state != ReportState::kOpen) return refuse(ProblemCode::kConflict, "the report is closed");
  Report after = *before;
  after.state = decision.state;
  after.resolution = text_or(decision.resolution, {});
  after.resolved_by = acting.user;
  after.resolved_at = acting.now;
  execute(tx, "update reports set state = $2, resolution = $3, resolved_by = $4, resolved_at = $5 where id = $1",
          report, after.state, after.resolution, after.resolved_by, after.resolved_at);
  record(tx, acting, community, {"report.resolve", report.text(), json::to_json(*before), json::to_json(after)});
  tell(tx, "report.resolved", community, after);
  return after;
}

}  // namespace parley::product::community

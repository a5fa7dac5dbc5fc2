#include "product/chat/retention.h"

#include <algorithm>

#include "product/chat/events.h"
#include "product/chat/rows.h"
#include "product/chat/word_index.h"
#include "product/community/audit.h"
#include "product/community/rows.h"

namespace parley::product::chat {
namespace {

constexpr int64_t kDayUs = int64_t{86'400} * 1'000'000;
/// Conversations of one batch: each takes a handful of statements.
constexpr int64_t kConversationsAtOnce = 20;
constexpr std::string_view kServer = "server";
constexpr std::string_view kEnd = "\x7f";  ///< Sorts after every id.

std::string scope_of(const CommunityId& community) { return "community:" + community.text(); }
std::string scope_of(const ConversationId& conversation) { return "conversation:" + conversation.text(); }

struct Rule {
  json::Nullable<int64_t> days;
  bool is_held = false;
};
BOOST_DESCRIBE_STRUCT(Rule, (), (days, is_held))

Rule rule_of(Tx& tx, std::string_view scope) {
  return one<Rule>(tx, "select days, is_held from retention_rules where scope = $1", scope).value_or(Rule());
}

/// What holds where these scopes meet; those that are not needed are empty.
Rule effective(Tx& tx, std::string_view a, std::string_view b, std::string_view c) {
  return one<Rule>(tx,
                   "select min(days), coalesce(max(is_held), 0) from retention_rules "
                   "where scope in ('server', $1, $2, $3)",
                   a, b, c)
      .value_or(Rule());
}

Retention in_community(Tx& tx, const CommunityId& community) {
  const Rule all_rules = effective(tx, scope_of(community), "", "");
  return {rule_of(tx, scope_of(community)).days, all_rules.days, all_rules.is_held};
}

Retention in_conversation(Tx& tx, const Conversation& conversation) {
  const std::string community = conversation.community_id ? scope_of(*conversation.community_id) : "";
  const Rule all_rules = effective(tx, community, scope_of(conversation.id), scope_of(conversation.root_id));
  return {rule_of(tx, scope_of(conversation.id)).days, all_rules.days, all_rules.is_held};
}

void store_days(Tx& tx, const Acting& acting, std::string_view scope, const RetentionChange& change) {
  const std::optional<int64_t> days =
      change.days ? std::optional<int64_t>(change.days->value()) : std::optional<int64_t>();
  execute(tx,
          "insert into retention_rules (scope, days, updated_at, updated_by) values ($1, $2, $3, $4) "
          "on conflict (scope) do update set days = excluded.days, updated_at = excluded.updated_at, "
          "updated_by = excluded.updated_by",
          scope, days, acting.now, acting.user);
}

void store_hold(Tx& tx, const Acting& acting, std::string_view scope, bool is_held) {
  execute(tx,
          "insert into retention_rules (scope, is_held, updated_at, updated_by) values ($1, $2, $3, $4) "
          "on conflict (scope) do update set is_held = excluded.is_held, updated_at = excluded.updated_at, "
          "updated_by = excluded.updated_by",
          scope, is_held, acting.now, acting.user);
}

void log_change(Tx& tx, const Acting& acting, const CommunityId& community, std::string target, const Retention& before,
                const Retention& after) {
  community::record(tx, acting, community,
                    {"retention.update", std::move(target), json::to_json(before), json::to_json(after)});
}

/// One conversation whose first message has had its time.
struct Due {
  ConversationId id;
  int64_t days = 0;
};
BOOST_DESCRIBE_STRUCT(Due, (), (id, days))

std::vector<Due> due_conversations(Tx& tx, WallTime now) {
  if (!one<int64_t>(tx, "select 1 from retention_rules where days is not null limit 1")) return {};
  return all<Due>(tx,
                  "select e.id, e.days from (select c.id as id, c.first_seq as first_seq, min(r.days) as days, "
                  "max(r.is_held) as is_held from conversations c join retention_rules r on r.scope = 'server' "
                  "or r.scope = 'community:' || c.community_id or r.scope = 'conversation:' || c.id "
                  "or r.scope = 'conversation:' || c.root_id group by c.id, c.first_seq) e "
                  "join messages m on m.conversation_id = e.id and m.seq = e.first_seq "
                  "where e.days is not null and e.is_held = 0 and m.created_at < $1 - e.days * $2 "
                  "order by m.created_at, e.id limit $3",
                  now, kDayUs, kConversationsAtOnce);
}

struct Moment {
  int64_t seq = 0;
  WallTime created_at;
};
BOOST_DESCRIBE_STRUCT(Moment, (), (seq, created_at))

/// The last of the conversation's first `limit` messages up to which all have had their time.
int64_t last_due(Tx& tx, const Conversation& conversation, WallTime cutoff, int64_t limit) {
  const auto first = all<Moment>(
      tx, "select seq, created_at from messages where conversation_id = $1 and seq >= $2 order by seq limit $3",
      conversation.id, conversation.first_seq, limit);
  int64_t last = conversation.first_seq - 1;
  for (const Moment& message : first) {
    if (message.created_at >= cutoff) break;
    last = message.seq;
  }
  return last;
}

int64_t count_of(Tx& tx, std::string_view table, const ConversationId& conversation, int64_t up_to) {
  std::string sql = "select count(*) from ";
  sql += table;
  sql += " x join messages m on m.id = x.message_id where m.conversation_id = $1 and m.seq <= $2";
  return one<int64_t>(tx, sql, conversation, up_to).value_or(0);
}

void store_report(Tx& tx, const RetentionReport& report) {
  execute(tx,
          "insert into retention_reports (id, conversation_id, community_id, days, up_to_seq, messages, versions, "
          "reactions, files, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
          report.id, report.conversation_id, report.community_id, report.days, report.up_to_seq, report.messages,
          report.versions, report.reactions, report.files, report.created_at);
}

/// Everything up to a seq, with what belongs to it.
RetentionReport trim(Tx& tx, Conversation& conversation, int64_t up_to, int64_t days, WallTime now) {
  RetentionReport report{.conversation_id = conversation.id,
                         .community_id = conversation.community_id,
                         .days = days,
                         .up_to_seq = up_to,
                         .versions = count_of(tx, "message_versions", conversation.id, up_to),
                         .reactions = count_of(tx, "message_reactions", conversation.id, up_to),
                         .files = count_of(tx, "message_files", conversation.id, up_to),
                         .created_at = now};
  leave_index(tx, conversation.id, up_to);
  // Versions, reactions, mentions and references to files go with them.
  report.messages =
      execute(tx, "delete from messages where conversation_id = $1 and seq <= $2", conversation.id, up_to);
  conversation.first_seq = up_to + 1;
  execute(tx, "update conversations set first_seq = $2 where id = $1", conversation.id, conversation.first_seq);
  count_change(tx, conversation, now);
  tell(tx, "conversation.updated", conversation.id, conversation);
  return report;
}

}  // namespace

Outcome<Retention> get_retention(Tx& tx, const Acting& acting, const ConversationId& id) {
  const auto standing = require(tx, acting, id, Right::kManage);
  if (!standing) return std::unexpected(standing.error());
  return in_conversation(tx, standing->conversation);
}

Outcome<Retention> set_retention(Tx& tx, const Acting& acting, const ConversationId& id,
                                 const RetentionChange& change) {
  const auto standing = require(tx, acting, id, Right::kManage);
  if (!standing) return std::unexpected(standing.error());
  const Conversation& conversation = standing->conversation;
  const Retention before = in_conversation(tx, conversation);
  store_days(tx, acting, scope_of(id), change);
  const Retention after = in_conversation(tx, conversation);
  if (conversation.community_id) log_change(tx, acting, *conversation.community_id, id.text(), before, after);
  return after;
}

Outcome<Retention> get_retention(Tx& tx, const Acting& acting, const CommunityId& id) {
  const auto standing = community::require(tx, acting, id, access::Permission::kManageServer);
  if (!standing) return std::unexpected(standing.error());
  return in_community(tx, id);
}

Outcome<Retention> set_retention(Tx& tx, const Acting& acting, const CommunityId& id, const RetentionChange& change) {
  const auto standing = community::require(tx, acting, id, access::Permission::kManageServer);
  if (!standing) return std::unexpected(standing.error());
  const Retention before = in_community(tx, id);
  store_days(tx, acting, scope_of(id), change);
  const Retention after = in_community(tx, id);
  log_change(tx, acting, id, id.text(), before, after);
  return after;
}

Retention get_server_retention(Tx& tx) {
  const Rule rule = rule_of(tx, kServer);
  return {rule.days, rule.days, rule.is_held};
}

Retention set_server_retention(Tx& tx, const Acting& acting, const RetentionChange& change) {
  store_days(tx, acting, kServer, change);
  return get_server_retention(tx);
}

Outcome<void> set_hold(Tx& tx, const Acting& acting, const CommunityId& id, bool is_held) {
  if (!community::find_community(tx, id)) return refuse(ProblemCode::kNotFound);
  const Retention before = in_community(tx, id);
  store_hold(tx, acting, scope_of(id), is_held);
  log_change(tx, acting, id, id.text(), before, in_community(tx, id));
  return {};
}

Outcome<void> set_hold(Tx& tx, const Acting& acting, const ConversationId& id, bool is_held) {
  if (!find_conversation(tx, id) && !community::find_channel(tx, ChannelId(id.text())))
    return refuse(ProblemCode::kNotFound);
  store_hold(tx, acting, scope_of(id), is_held);
  return {};
}

std::vector<RetentionReport> run_retention(Tx& tx, WallTime now, Rng& rng, int64_t limit) {
  std::vector<RetentionReport> out;
  for (const Due& due : due_conversations(tx, now)) {
    if (limit <= 0) break;
    auto conversation = find_conversation(tx, due.id);
    if (!conversation) continue;
    const int64_t up_to = last_due(tx, *conversation, {now.unix_us - due.days * kDayUs}, limit);
    if (up_to < conversation->first_seq) continue;
    RetentionReport report = trim(tx, *conversation, up_to, due.days, now);
    limit -= report.messages;
    report.id = make_uuid(now, rng);
    store_report(tx, report);
    out.push_back(std::move(report));
  }
  return out;
}

Outcome<Listing<RetentionReport>> list_retention_reports(Tx& tx, const Acting& acting, const ConversationId& id,
                                                         const PagePlace& place) {
  const auto standing = require(tx, acting, id, Right::kManage);
  if (!standing) return std::unexpected(standing.error());
  auto rows = all<RetentionReport>(tx,
                                   "select id, conversation_id, community_id, days, up_to_seq, messages, versions, "
                                   "reactions, files, created_at from retention_reports where conversation_id = $1 "
                                   "and id < $2 order by id desc limit $3",
                                   id, place.after.empty() ? kEnd : std::string_view(place.after), place.limit + 1);
  return community::cut(std::move(rows), place, [](const RetentionReport& report) { return report.id; });
}

}  // namespace parley::product::chat

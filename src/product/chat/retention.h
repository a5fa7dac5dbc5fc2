#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "product/chat/access.h"
#include "product/chat/conversations.h"

// How long messages are kept: product.md 3.12. Of the rules of server, community and conversation the shortest wins; a
// legal hold on any of them beats all.

namespace parley::product::chat {

inline constexpr int64_t kMaxRetentionDays = 36'500;

struct Retention {
  json::Nullable<int64_t> days;            ///< The rule asked about; null: none of its own.
  json::Nullable<int64_t> effective_days;  ///< Of all that hold there; null: for ever.
  bool is_held = false;
};
BOOST_DESCRIBE_STRUCT(Retention, (), (days, effective_days, is_held))
struct RetentionChange {
  json::Nullable<json::Number<1, kMaxRetentionDays>> days;
};
BOOST_DESCRIBE_STRUCT(RetentionChange, (), (days))

// Of a channel: Right::kManage; of a community: kManageServer. A thread has its root's rules.
Outcome<Retention> get_retention(Tx& tx, const Acting& acting, const ConversationId& conversation);
Outcome<Retention> set_retention(Tx& tx, const Acting& acting, const ConversationId& conversation,
                                 const RetentionChange& change);
Outcome<Retention> get_retention(Tx& tx, const Acting& acting, const CommunityId& community);
Outcome<Retention> set_retention(Tx& tx, const Acting& acting, const CommunityId& community,
                                 const RetentionChange& change);
// By an administrator of this server: whoever calls has seen to that.
Retention get_server_retention(Tx& tx);
Retention set_server_retention(Tx& tx, const Acting& acting, const RetentionChange& change);
/// kNotFound when there is no such community or conversation.
Outcome<void> set_hold(Tx& tx, const Acting& acting, const CommunityId& community, bool is_held);
Outcome<void> set_hold(Tx& tx, const Acting& acting, const ConversationId& conversation, bool is_held);

/// What one batch has deleted of one conversation.
struct RetentionReport {
  std::string id;
  ConversationId conversation_id;
  json::Nullable<CommunityId> community_id;
  int64_t days = 0;       ///< The rule.
  int64_t up_to_seq = 0;  ///< The last one that is gone.
  int64_t messages = 0;
  int64_t versions = 0;
  int64_t reactions = 0;
  int64_t files = 0;  ///< References; the files' own sweep deletes what nothing refers to.
  WallTime created_at;
};
BOOST_DESCRIBE_STRUCT(RetentionReport, (),
                      (id, conversation_id, community_id, days, up_to_seq, messages, versions, reactions, files,
                       created_at))
/// Deletes at most `limit` messages whose time is over, search rows and all, raises firstSeq and keeps a report of
/// each conversation. For a timer, until it returns nothing.
std::vector<RetentionReport> run_retention(Tx& tx, WallTime now, Rng& rng, int64_t limit);
/// The newest first. Who may set the rule may see them.
Outcome<Listing<RetentionReport>> list_retention_reports(Tx& tx, const Acting& acting,
                                                         const ConversationId& conversation, const PagePlace& place);

}  // namespace parley::product::chat

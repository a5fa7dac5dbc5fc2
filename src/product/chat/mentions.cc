#include "product/chat/mentions.h"

#include <algorithm>
#include <string>

#include "product/chat/text.h"
#include "product/ports/ids_in.h"

namespace parley::product::chat {
namespace {

void append(std::vector<UserId>& to, std::vector<UserId> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

/// Those of `users` between whom and `user` there is no block.
void drop_blocked(Tx& tx, const UserId& user, std::vector<UserId>& users) {
  std::vector<UserId> blocked =
      all_in<UserId>(tx, "select user_id from blocks where blocked_id = $1 and user_id in ({ids})", {to_sql(user)},
                     std::span<const UserId>(users));
  append(blocked, all_in<UserId>(tx, "select blocked_id from blocks where user_id = $1 and blocked_id in ({ids})",
                                 {to_sql(user)}, std::span<const UserId>(users)));
  std::erase_if(users, [&](const UserId& id) { return std::ranges::find(blocked, id) != blocked.end(); });
}

}  // namespace

Mentions resolve_mentions(Tx& tx, const Acting& acting, const Standing& standing, std::string_view text) {
  const Calls calls = find_calls(text);
  Mentions out;
  if (standing.has(Right::kMentionAll)) out.all = calls.all;
  std::vector<UserId> called;
  for (const std::string& id : calls.ids) called.emplace_back(id);
  const std::span<const std::string> names(calls.names);
  append(called,
         all_in<UserId>(tx, "select id from users where deleted_at is null and username_fold in ({ids})", {}, names));
  if (standing.conversation.community_id) {
    append(called,
           all_in<UserId>(tx, "select user_id from members where community_id = $1 and nickname_fold in ({ids})",
                          {to_sql(*standing.conversation.community_id)}, names));
  }
  std::ranges::sort(called);
  called.erase(std::ranges::unique(called).begin(), called.end());
  if (called.empty()) return out;
  out.users = readers_among(tx, standing.conversation, called, acting.now);
  drop_blocked(tx, acting.user, out.users);
  if (out.users.size() > kMaxMentions) out.users.resize(kMaxMentions);
  return out;
}

void store_mentions(Tx& tx, const Message& message) {
  if (message.version > 1) execute(tx, "delete from message_mentions where message_id = $1", message.id);
  std::vector<UserId> rows = message.mentions;
  // An empty name stands for all.
  if (message.mentions_all != MentionAll::kNone) rows.emplace_back();
  for (const UserId& user : rows)
    execute(tx, "insert into message_mentions (conversation_id, user_id, seq, message_id) values ($1, $2, $3, $4)",
            message.conversation_id, user, message.seq, message.id);
}

}  // namespace parley::product::chat

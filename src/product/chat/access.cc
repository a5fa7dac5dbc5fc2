#include "product/chat/access.h"

#include <algorithm>
#include <array>

#include "product/chat/rows.h"
#include "product/community/rows.h"
#include "product/identity/profile.h"

namespace parley::product::chat {
namespace {

using access::Permission;

/// What each right takes in a channel.
constexpr Permission permission_of(Right right) {
  switch (right) {
    case Right::kView:
      return Permission::kView;
    case Right::kHistory:
      return Permission::kHistory;
    case Right::kSend:
      return Permission::kSend;
    case Right::kAttach:
      return Permission::kAttach;
    case Right::kReact:
      return Permission::kReact;
    case Right::kMentionAll:
      return Permission::kMentionAll;
    case Right::kThread:
      return Permission::kThreads;
    case Right::kPin:
    case Right::kModerate:
      return Permission::kManageMessages;
    case Right::kAddPeople:
    case Right::kManage:
      return Permission::kManageChannels;
  }
  return Permission::kAdministrator;
}

std::optional<community::Channel> text_channel(Tx& tx, const ChannelId& id) {
  auto channel = community::find_channel(tx, id);
  if (!channel || channel->kind != community::ChannelKind::kText) return std::nullopt;
  return channel;
}

bool is_gone(Tx& tx, const UserId& user) {
  return !one<int64_t>(tx, "select 1 from users where id = $1 and deleted_at is null", user);
}

void judge_channel(Tx& tx, const UserId& user, WallTime now, Standing& standing) {
  AccessFacts facts{.kind = ConversationKind::kChannel};
  standing.in_channel = community::access_of(tx, user, *standing.conversation.channel_id, now);
  facts.mask = standing.in_channel.mask;
  standing.rights = decide_rights(facts);
  if (standing.in_channel.has(Permission::kManageMessages) || standing.in_channel.has(Permission::kManageChannels))
    standing.slow_mode_seconds = 0;
}

void judge_people(Tx& tx, const UserId& user, const Conversation& root, Standing& standing) {
  standing.people = people_of(tx, root.id);
  AccessFacts facts{.kind = root.kind,
                    .is_member = std::ranges::binary_search(standing.people, user),
                    .is_owner = root.owner_id && *root.owner_id == user};
  if (facts.is_member && root.kind == ConversationKind::kDirect) {
    for (const UserId& other : standing.people) {
      if (other != user) facts.is_refused = is_gone(tx, other) || identity::is_blocked_between(tx, user, other);
    }
  }
  standing.rights = decide_rights(facts);
}

}  // namespace

std::string_view to_string(Right right) {
  constexpr std::array<std::string_view, kRights> kNames{
      "view", "history", "send", "attach", "react", "mentionAll", "thread", "pin", "moderate", "addPeople", "manage"};
  return kNames[static_cast<size_t>(right)];
}

Conversation conversation_of(const community::Channel& channel) {
  const ConversationId id(channel.id.text());
  return {.id = id,
          .kind = ConversationKind::kChannel,
          .root_id = id,
          .community_id = channel.community_id,
          .channel_id = channel.id,
          .parent_message_id = {},
          .owner_id = {},
          .name = {},
          .created_at = channel.created_at,
          .active_at = channel.created_at};
}

RightSet decide_rights(const AccessFacts& facts) {
  using enum Right;
  RightSet rights;
  if (facts.kind == ConversationKind::kChannel) {
    if (!facts.mask.has(Permission::kView)) return rights;
    for (int i = 0; i < kRights; ++i) {
      const auto right = static_cast<Right>(i);
      if (right != kAddPeople && facts.mask.has(permission_of(right))) rights.add(right);
    }
    return rights;
  }
  if (!facts.is_member) return rights;
  rights = RightSet::of(kView, kHistory);
  if (facts.is_refused) return rights;
  rights = RightSet::of(kView, kHistory, kSend, kAttach, kReact, kThread, kPin);
  if (facts.kind == ConversationKind::kDirect) return rights;
  rights.add(kMentionAll);
  rights.add(kAddPeople);
  if (!facts.is_owner) return rights;
  rights.add(kModerate);
  rights.add(kManage);
  return rights;
}

std::optional<Standing> standing_in(Tx& tx, const UserId& user, const ConversationId& id, WallTime now) {
  Standing standing;
  auto found = find_conversation(tx, id);
  if (!found || found->channel_id) {
    const auto channel = text_channel(tx, found ? *found->channel_id : ChannelId(id.text()));
    if (!channel) return std::nullopt;
    standing.is_stored = found.has_value();
    standing.conversation = found ? std::move(*found) : conversation_of(*channel);
    standing.slow_mode_seconds = channel->slow_mode_seconds;
    judge_channel(tx, user, now, standing);
  } else {
    standing.conversation = std::move(*found);
    const bool is_thread = standing.conversation.kind == ConversationKind::kThread;
    const auto root = is_thread ? find_conversation(tx, standing.conversation.root_id) : std::nullopt;
    if (is_thread && !root) return std::nullopt;
    judge_people(tx, user, root ? *root : standing.conversation, standing);
  }
  if (!standing.has(Right::kView)) return std::nullopt;
  return standing;
}

Problem refusal(const Standing& standing, Right right) {
  if (standing.conversation.channel_id) return community::refusal(standing.in_channel, permission_of(right));
  const bool is_refused = !standing.has(Right::kSend);
  return {.code = ProblemCode::kForbidden,
          .detail = is_refused ? "one of the two takes no messages from the other" : "only the owner of the group may",
          .errors = {},
          .retry_after = {}};
}

Outcome<Standing> require(Tx& tx, const Acting& acting, const ConversationId& conversation, Right right) {
  auto standing = standing_in(tx, acting.user, conversation, acting.now);
  if (!standing) return refuse(ProblemCode::kNotFound);
  if (!standing->has(right)) return std::unexpected(refusal(*standing, right));
  return std::move(*standing);
}

Outcome<Held> require_on(Tx& tx, const Acting& acting, const MessageId& id, Right right) {
  auto message = find_message(tx, id);
  if (!message) return refuse(ProblemCode::kNotFound);
  auto standing = require(tx, acting, message->conversation_id, right);
  if (!standing) return std::unexpected(std::move(standing.error()));
  if (message->is_deleted()) return refuse(ProblemCode::kNotFound, "it is deleted");
  return Held{std::move(*standing), std::move(*message)};
}

std::vector<UserId> readers_among(Tx& tx, const Conversation& conversation, const std::vector<UserId>& users,
                                  WallTime now) {
  std::vector<UserId> out;
  if (users.empty()) return out;
  if (conversation.channel_id) {
    for (community::Standing& standing : community::access_of_all(tx, *conversation.channel_id, users, now)) {
      if (standing.has(Permission::kView) && standing.has(Permission::kHistory))
        out.push_back(std::move(standing.user));
    }
    return out;
  }
  const std::vector<UserId> people = people_of(tx, conversation.root_id);
  std::ranges::copy_if(users, std::back_inserter(out),
                       [&](const UserId& user) { return std::ranges::binary_search(people, user); });
  return out;
}

}  // namespace parley::product::chat

// Direct conversations and groups: who is in them.
#include <algorithm>

#include "product/chat/conversations.h"
#include "product/chat/events.h"
#include "product/chat/participation.h"
#include "product/chat/rows.h"
#include "product/chat/text.h"
#include "product/chat/views.h"
#include "product/community/checks.h"
#include "product/identity/profile.h"

namespace parley::product::chat {
namespace {

bool share_a_community(Tx& tx, const UserId& a, const UserId& b) {
  return one<int64_t>(tx,
                      "select 1 from members x join members y on y.community_id = x.community_id and y.user_id = $2 "
                      "join communities k on k.id = x.community_id and k.deleted_at is null where x.user_id = $1 "
                      "limit 1",
                      a, b)
      .has_value();
}

/// Whether `other` takes messages from the caller; kNotFound when there is no such user.
Outcome<void> check_contact(Tx& tx, const UserId& caller, const UserId& other) {
  const auto user = identity::get_user(tx, other);
  if (!user) return std::unexpected(user.error());
  const identity::Audience audience = identity::parse_privacy(user->privacy).messages_from;
  const bool is_taken = audience == identity::Audience::kEveryone ||
                        (audience == identity::Audience::kSharedCommunities && share_a_community(tx, caller, other));
  if (is_taken && !identity::is_blocked_between(tx, caller, other)) return {};
  return refuse(ProblemCode::kForbidden, "this user takes no messages from the caller");
}

Outcome<void> check_room(Tx& tx, const UserId& user) {
  const int64_t groups = one<int64_t>(tx,
                                      "select count(*) from conversation_members k join conversations c on "
                                      "c.id = k.conversation_id where k.user_id = $1 and c.kind = $2",
                                      user, ConversationKind::kGroup)
                             .value_or(0);
  if (groups >= kMaxGroups) return refuse(ProblemCode::kLimitReached, "groups of one user");
  return {};
}

Conversation blank(const Acting& acting, ConversationKind kind) {
  Conversation made;
  made.id = make_id<ConversationId>(acting.now, acting.rng);
  made.kind = kind;
  made.root_id = made.id;
  made.created_at = acting.now;
  made.active_at = acting.now;
  return made;
}

std::vector<ConversationMember> members_from(const Acting& acting, std::vector<UserId> users) {
  std::ranges::sort(users);
  std::vector<ConversationMember> out;
  for (UserId& user : users) {
    const bool is_own = user == acting.user;
    out.push_back({std::move(user), acting.now, is_own ? json::Nullable<UserId>() : acting.user});
  }
  return out;
}

Outcome<Standing> require_group(Tx& tx, const Acting& acting, const ConversationId& id, Right right) {
  auto standing = require(tx, acting, id, Right::kView);
  if (!standing) return standing;
  if (standing->conversation.kind != ConversationKind::kGroup)
    return refuse(ProblemCode::kInvalidRequest, "is no group");
  if (!standing->has(right)) return std::unexpected(refusal(*standing, right));
  return standing;
}

void delete_group(Tx& tx, const Acting& acting, Conversation& group) {
  count_change(tx, group, acting.now);
  execute(tx, "update conversations set deleted_at = $2 where id = $1", group.id, acting.now);
  tell(tx, "conversation.deleted", group.id, ConversationGone{group.id, group.change});
}

void store_owner(Tx& tx, const Acting& acting, Conversation& group, const UserId& owner) {
  count_version(tx, group, acting.now);
  group.owner_id = owner;
  execute(tx, "update conversations set owner_id = $2 where id = $1", group.id, group.owner_id);
  tell(tx, "conversation.updated", group.id, group);
}

}  // namespace

Outcome<ConversationView> open_direct(Tx& tx, const Acting& acting, const UserId& other) {
  if (other == acting.user) return refuse_field("/userId", "is oneself");
  const std::string pair = std::min(acting.user, other).text() + "|" + std::max(acting.user, other).text();
  if (const auto found = one<ConversationId>(tx, "select id from conversations where pair = $1", pair))
    return get_conversation(tx, acting, *found);
  if (const auto good = check_contact(tx, acting.user, other); !good) return std::unexpected(good.error());
  const Conversation made = blank(acting, ConversationKind::kDirect);
  insert_conversation(tx, made, members_from(acting, {acting.user, other}), pair, acting.now);
  return get_conversation(tx, acting, made.id);
}

Outcome<ConversationView> create_group(Tx& tx, const Acting& acting, const NewGroup& wanted) {
  std::vector<UserId> users(wanted.user_ids.begin(), wanted.user_ids.end());
  users.push_back(acting.user);
  std::ranges::sort(users);
  users.erase(std::ranges::unique(users).begin(), users.end());
  if (std::ssize(users) > kMaxGroupMembers) return refuse(ProblemCode::kLimitReached, "members of a group");
  for (const UserId& user : users) {
    if (const auto room = check_room(tx, user); !room) return std::unexpected(room.error());
    if (user == acting.user) continue;
    if (const auto good = check_contact(tx, acting.user, user); !good) return std::unexpected(good.error());
  }
  Conversation made = blank(acting, ConversationKind::kGroup);
  made.name = to_nfc(wanted.name);
  made.owner_id = acting.user;
  insert_conversation(tx, made, members_from(acting, std::move(users)), std::nullopt, acting.now);
  return get_conversation(tx, acting, made.id);
}

Outcome<ConversationView> change_group(Tx& tx, const Acting& acting, const ConversationId& id,
                                       const GroupChange& change) {
  auto standing = require_group(tx, acting, id, Right::kManage);
  if (!standing) return std::unexpected(std::move(standing.error()));
  Conversation& group = standing->conversation;
  if (const auto seen = community::check_version(change.version, group.version); !seen)
    return std::unexpected(seen.error());
  if (change.owner_id && !std::ranges::binary_search(standing->people, *change.owner_id))
    return refuse_field("/ownerId", "is no member");
  const std::string name = change.name ? to_nfc(*change.name) : group.name;
  const UserId owner = change.owner_id.value_or(*group.owner_id);
  if (name != group.name || owner != *group.owner_id) {
    group.name = name;
    execute(tx, "update conversations set name = $2 where id = $1", id, name);
    store_owner(tx, acting, group, owner);
  }
  return get_conversation(tx, acting, id);
}

Outcome<void> add_person(Tx& tx, const Acting& acting, const ConversationId& id, const UserId& user) {
  auto standing = require_group(tx, acting, id, Right::kAddPeople);
  if (!standing) return std::unexpected(std::move(standing.error()));
  if (std::ranges::binary_search(standing->people, user)) return {};
  if (std::ssize(standing->people) >= kMaxGroupMembers) return refuse(ProblemCode::kLimitReached, "members of a group");
  if (const auto good = check_contact(tx, acting.user, user); !good) return std::unexpected(good.error());
  if (const auto room = check_room(tx, user); !room) return std::unexpected(room.error());
  Conversation& group = standing->conversation;
  count_version(tx, group, acting.now);
  MemberAdded added;
  static_cast<ConversationMember&>(added) = {user, acting.now, acting.user};
  added.conversation_id = id;
  added.version = group.version;
  added.change = group.change;
  execute(tx,
          "insert into conversation_members (conversation_id, user_id, joined_at, added_by) values ($1, $2, $3, $4)",
          id, user, acting.now, acting.user);
  tell(tx, "conversation.member_added", id, added);
  take_part(tx, group, user);
  return {};
}

Outcome<void> remove_person(Tx& tx, const Acting& acting, const ConversationId& id, const UserId& user) {
  const bool is_own = user == acting.user;
  auto standing = require_group(tx, acting, id, is_own ? Right::kView : Right::kManage);
  if (!standing) return std::unexpected(std::move(standing.error()));
  if (!std::ranges::binary_search(standing->people, user)) return refuse(ProblemCode::kNotFound);
  Conversation& group = standing->conversation;
  count_version(tx, group, acting.now);
  execute(tx, "delete from conversation_members where conversation_id = $1 and user_id = $2", id, user);
  tell(tx, "conversation.member_removed", id, MemberRemoved{id, user, acting.user, group.version, group.change});
  // Whoever is asked in again begins anew; and nobody keeps drafts where he is not.
  execute(tx, "delete from conversation_marks where conversation_id = $1 and user_id = $2", id, user);
  execute(tx, "delete from drafts where conversation_id = $1 and user_id = $2", id, user);
  const auto eldest = one<UserId>(
      tx, "select user_id from conversation_members where conversation_id = $1 order by joined_at, user_id limit 1",
      id);
  if (!eldest) {
    delete_group(tx, acting, group);
  } else if (*group.owner_id == user) {
    store_owner(tx, acting, group, *eldest);
  }
  return {};
}

}  // namespace parley::product::chat

#include "product/chat/views.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "json/names.h"
#include "product/chat/counts.h"
#include "product/chat/rows.h"
#include "product/ports/ids_in.h"

namespace parley::product::chat {
namespace {

struct PersonOf {
  ConversationId conversation;
  UserId user;
};
BOOST_DESCRIBE_STRUCT(PersonOf, (), (conversation, user))

/// Those of `users` who are gone or with whom there is a block.
std::unordered_set<UserId> refused_among(Tx& tx, const UserId& user, std::span<const UserId> users) {
  std::unordered_set<UserId> out;
  for (UserId& id : all_in<UserId>(
           tx,
           "select u.id from users u where (u.deleted_at is not null or exists (select 1 from blocks b where "
           "(b.user_id = $1 and b.blocked_id = u.id) or (b.user_id = u.id and b.blocked_id = $1))) and u.id in ({ids})",
           {to_sql(user)}, users))
    out.insert(std::move(id));
  return out;
}

/// The newest message of each, for those who may read it.
std::unordered_map<ConversationId, MessageView> last_messages(Tx& tx, const Acting& acting,
                                                              const std::vector<Standing>& standings) {
  std::vector<ConversationId> readable;
  for (const Standing& standing : standings) {
    if (standing.has(Right::kHistory) && standing.conversation.last_seq > 0)
      readable.push_back(standing.conversation.id);
  }
  auto rows = all_in<MessageRow>(
      tx,
      select_messages("join conversations c on c.id = m.conversation_id and c.last_seq = m.seq where c.id in ({ids})"),
      {}, std::span<const ConversationId>(readable));
  std::unordered_map<ConversationId, MessageView> out;
  for (MessageView& view : to_views(tx, std::move(rows), acting.user)) {
    const ConversationId id = view.conversation_id;
    out.emplace(id, std::move(view));
  }
  return out;
}

std::vector<std::string> names_of(const RightSet& rights) {
  std::vector<std::string> out;
  for (int i = 0; i < kRights; ++i) {
    const auto right = static_cast<Right>(i);
    if (rights.has(right)) out.emplace_back(to_string(right));
  }
  return out;
}

}  // namespace

std::vector<Standing> standings_among(Tx& tx, const UserId& user, std::vector<Conversation> conversations) {
  std::vector<ConversationId> ids;
  for (const Conversation& conversation : conversations) ids.push_back(conversation.id);
  std::unordered_map<ConversationId, std::vector<UserId>> people;
  for (PersonOf& row : all_in<PersonOf>(tx,
                                        "select conversation_id, user_id from conversation_members where "
                                        "conversation_id in ({ids}) order by user_id",
                                        {}, std::span<const ConversationId>(ids)))
    people[row.conversation].push_back(std::move(row.user));
  std::vector<UserId> others;
  for (const Conversation& conversation : conversations) {
    if (conversation.kind != ConversationKind::kDirect) continue;
    std::ranges::copy_if(people[conversation.id], std::back_inserter(others),
                         [&](const UserId& id) { return id != user; });
  }
  const auto refused = refused_among(tx, user, others);
  std::vector<Standing> out;
  for (Conversation& conversation : conversations) {
    Standing& standing = out.emplace_back();
    standing.people = std::move(people[conversation.id]);
    AccessFacts facts{.kind = conversation.kind,
                      .is_member = std::ranges::binary_search(standing.people, user),
                      .is_owner = conversation.owner_id && *conversation.owner_id == user};
    if (conversation.kind == ConversationKind::kDirect)
      facts.is_refused = std::ranges::any_of(standing.people, [&](const UserId& id) { return refused.contains(id); });
    standing.rights = decide_rights(facts);
    standing.conversation = std::move(conversation);
  }
  return out;
}

std::vector<CommunityId> communities_of(Tx& tx, const UserId& user) {
  return all<CommunityId>(tx,
                          "select m.community_id from members m join communities k on k.id = m.community_id "
                          "where m.user_id = $1 and k.deleted_at is null order by m.community_id",
                          user);
}

std::vector<Standing> channel_standings(Tx& tx, const UserId& user, const CommunityId& community, WallTime now) {
  std::unordered_map<ConversationId, Conversation> stored;
  for (Conversation& row :
       all<Conversation>(tx, select_conversations("where c.community_id = $1 and c.kind = $2 and c.deleted_at is null"),
                         community, ConversationKind::kChannel)) {
    const ConversationId id = row.id;
    stored.emplace(id, std::move(row));
  }
  std::vector<Standing> out;
  for (const community::ChannelStanding& here : community::visible_channels(tx, user, community, now)) {
    if (here.channel.kind != community::ChannelKind::kText) continue;
    Standing& standing = out.emplace_back();
    const auto row = stored.find(ConversationId(here.channel.id.text()));
    standing.is_stored = row != stored.end();
    standing.conversation = standing.is_stored ? std::move(row->second) : conversation_of(here.channel);
    standing.rights = decide_rights({.kind = ConversationKind::kChannel, .mask = here.mask});
  }
  return out;
}

std::vector<ConversationView> to_views(Tx& tx, const Acting& acting, std::vector<Standing> standings) {
  std::vector<ConversationId> ids;
  for (const Standing& standing : standings) ids.push_back(standing.conversation.id);
  auto counts = counts_of(tx, acting.user, ids);
  auto messages = last_messages(tx, acting, standings);
  std::vector<ConversationView> out;
  for (Standing& standing : standings) {
    ConversationView& view = out.emplace_back();
    const ConversationId id = standing.conversation.id;
    static_cast<Conversation&>(view) = std::move(standing.conversation);
    view.people = std::move(standing.people);
    if (const auto own = counts.find(id); own != counts.end()) {
      view.unread = own->second.unread;
      view.mentions = own->second.mentions;
      view.marks = own->second.marks();
    }
    if (const auto last = messages.find(id); last != messages.end()) view.last_message = std::move(last->second);
    view.rights = names_of(standing.rights);
  }
  return out;
}

ConversationView to_view(Tx& tx, const Acting& acting, Standing standing) {
  std::vector<Standing> one_standing;
  one_standing.push_back(std::move(standing));
  return std::move(to_views(tx, acting, std::move(one_standing)).front());
}

}  // namespace parley::product::chat

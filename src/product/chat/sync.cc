#include "product/chat/sync.h"

#include <algorithm>
#include <unordered_set>

#include "product/chat/counts.h"
#include "product/chat/rows.h"
#include "product/chat/views.h"
#include "product/ports/ids_in.h"

namespace parley::product::chat {
namespace {

void append(std::vector<Conversation>& to, std::vector<Conversation> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

/// All that the caller may view, by id.
std::vector<Conversation> visible_to(Tx& tx, const Acting& acting) {
  std::vector<Conversation> out =
      all<Conversation>(tx,
                        select_conversations("join conversation_members k on k.conversation_id = c.id "
                                             "where k.user_id = $1 and c.deleted_at is null"),
                        acting.user);
  for (const CommunityId& community : communities_of(tx, acting.user)) {
    for (Standing& standing : channel_standings(tx, acting.user, community, acting.now))
      out.push_back(std::move(standing.conversation));
  }
  std::unordered_set<ConversationId> roots;
  for (const Conversation& root : out) roots.insert(root.id);
  auto threads =
      all<Conversation>(tx,
                        select_conversations("join conversation_marks k on k.conversation_id = c.id "
                                             "where k.user_id = $1 and c.kind = $2 and c.deleted_at is null"),
                        acting.user, ConversationKind::kThread);
  std::erase_if(threads, [&](const Conversation& thread) { return !roots.contains(thread.root_id); });
  append(out, std::move(threads));
  std::ranges::sort(out, {}, &Conversation::id);
  return out;
}

/// Those in which something has happened since, or not long before.
std::unordered_set<ConversationId> changed_since(Tx& tx, const std::vector<ConversationId>& ids, WallTime since) {
  std::unordered_set<ConversationId> out;
  for (ConversationId& id : all_in<ConversationId>(
           tx, "select id from conversations where changed_at >= $1 and id in ({ids})",
           {to_sql(WallTime{since.unix_us - kSyncSlack.us()})}, std::span<const ConversationId>(ids)))
    out.insert(std::move(id));
  return out;
}

}  // namespace

Outcome<Listing<SyncItem>> sync(Tx& tx, const Acting& acting, std::optional<WallTime> since, const PagePlace& place) {
  std::vector<Conversation> visible = visible_to(tx, acting);
  std::erase_if(visible, [&](const Conversation& c) { return c.id.text() <= place.after; });
  auto page = community::cut(std::move(visible), place, [](const Conversation& c) { return c.id.text(); });
  std::vector<ConversationId> ids;
  for (const Conversation& conversation : page.items) ids.push_back(conversation.id);
  const auto counts = counts_of(tx, acting.user, ids);
  const auto changed = since ? changed_since(tx, ids, *since) : std::unordered_set<ConversationId>();
  Listing<SyncItem> out{.items = {}, .next = std::move(page.next)};
  for (Conversation& conversation : page.items) {
    SyncItem& item = out.items.emplace_back();
    item.changed = !since || changed.contains(conversation.id);
    item.kind = conversation.kind;
    item.first_seq = conversation.first_seq;
    item.last_seq = conversation.last_seq;
    item.change = conversation.change;
    item.version = conversation.version;
    if (const auto own = counts.find(conversation.id); own != counts.end()) {
      item.delivered_seq = own->second.delivered_seq;
      item.read_seq = own->second.read_seq;
      item.unread_from = own->second.unread_from;
      item.unread = own->second.unread;
      item.mentions = own->second.mentions;
    }
    item.conversation_id = std::move(conversation.id);
  }
  return out;
}

}  // namespace parley::product::chat

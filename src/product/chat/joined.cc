#include "product/chat/joined.h"

#include "product/chat/types.h"
#include "product/ports/ids_in.h"

namespace parley::product::chat {

std::vector<Joined> joined_by(Tx& tx, const UserId& user) {
  return all<Joined>(
      tx,
      "select c.id, c.root_id from conversation_members m join conversations c on c.id = m.conversation_id "
      "where m.user_id = $1 and c.deleted_at is null "
      "union select c.id, c.root_id from conversation_marks m "
      "join conversations c on c.id = m.conversation_id "
      "where m.user_id = $1 and c.kind = $2 and c.deleted_at is null",
      user, ConversationKind::kThread);
}

std::vector<Joined> threads_in(Tx& tx, const CommunityId& community) {
  return all<Joined>(
      tx, "select id, root_id from conversations where community_id = $1 and kind = $2 and deleted_at is null",
      community, ConversationKind::kThread);
}

std::vector<Joined> threads_of(Tx& tx, const ConversationId& root) {
  return all<Joined>(tx,
                     "select id, root_id from conversations where root_id = $1 and kind = $2 and deleted_at is null",
                     root, ConversationKind::kThread);
}

std::vector<UserId> partners_among(Tx& tx, const UserId& user, std::span<const UserId> others) {
  return all_in<UserId>(tx,
                        "select distinct o.user_id from conversation_members m join conversation_members o "
                        "on o.conversation_id = m.conversation_id where m.user_id = $1 and o.user_id in "
                        "({ids})",
                        {to_sql(user)}, others);
}

}  // namespace parley::product::chat

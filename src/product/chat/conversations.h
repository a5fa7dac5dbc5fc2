#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "product/chat/access.h"
#include "product/chat/inputs.h"
#include "product/community/listing.h"

namespace parley::product::chat {

using community::Listing;
using community::PagePlace;

/// A conversation as a list shows it to one user.
struct ConversationView : Conversation {
  std::vector<UserId> people;  ///< Of a direct or group one, sorted.
  json::Nullable<MessageView> last_message;
  int64_t unread = 0;    ///< Of others, not deleted, after what is read; up to kMaxCounted.
  int64_t mentions = 0;  ///< Of these, those that call him.
  Marks marks;
  std::vector<std::string> rights;  ///< "send", "pin": what he may do there.
};
BOOST_DESCRIBE_STRUCT(ConversationView, (Conversation), (people, last_message, unread, mentions, marks, rights))

/// The one conversation of two people, found or made. kNotFound when there is no such user; kForbidden when there is
/// none yet and one has blocked the other or does not take messages from him: which, is not told.
Outcome<ConversationView> open_direct(Tx& tx, const Acting& acting, const UserId& other);
/// kForbidden when one of them does not take messages from the caller; kLimitReached.
Outcome<ConversationView> create_group(Tx& tx, const Acting& acting, const NewGroup& wanted);
Outcome<ConversationView> change_group(Tx& tx, const Acting& acting, const ConversationId& group,
                                       const GroupChange& change);
/// Again is no mistake.
Outcome<void> add_person(Tx& tx, const Acting& acting, const ConversationId& group, const UserId& user);
/// Oneself: leaves. The eldest member becomes the owner of a group that its owner leaves; the last one's is deleted.
Outcome<void> remove_person(Tx& tx, const Acting& acting, const ConversationId& group, const UserId& user);
/// The thread of a message, found or begun. kInvalidRequest in a thread.
Outcome<ConversationView> open_thread(Tx& tx, const Acting& acting, const MessageId& message, const NewThread& wanted);

Outcome<ConversationView> get_conversation(Tx& tx, const Acting& acting, const ConversationId& conversation);
/// Direct and group ones, the last active first.
Outcome<Listing<ConversationView>> list_conversations(Tx& tx, const Acting& acting, const PagePlace& place);
/// Of the text channels of a community that the caller may view, in their order; at most community::kMaxChannels.
Outcome<std::vector<ConversationView>> list_channel_conversations(Tx& tx, const Acting& acting,
                                                                  const CommunityId& community);
/// The last active first.
Outcome<Listing<ConversationView>> list_threads(Tx& tx, const Acting& acting, const ConversationId& conversation,
                                                const PagePlace& place);

}  // namespace parley::product::chat

#pragma once

#include <string>

#include "edge/chat/routes.h"
#include "edge/community/support.h"
#include "product/chat/conversations.h"

// What the routes of conversations share, beside what they share with those of communities.

namespace parley::chat_api {

using api::Bucket;
using api::Method;
using api::NoBody;
using api::NoContent;
using api::Page;
using api::Request;
using community_api::guarded;
using community_api::no_content;
using community_api::page;
using community_api::read;
using community_api::ReasonQuery;
using community_api::whole;
using community_api::write;
using product::CommunityId;
using product::ConversationId;
using product::MessageId;
using product::Outcome;
using product::ProblemCode;
using product::Tx;
using product::UserId;
using product::chat::Acting;

inline std::string in_conversation(const char* rest) {
  return std::string("/api/v1/conversations/{conversation_id}") + rest;
}
inline std::string in_message(const char* rest) { return std::string("/api/v1/messages/{message_id}") + rest; }

/// The conversation of the path.
inline ConversationId conversation_of(const api::Context& context) {
  return context.id<ConversationId>("conversation_id");
}
inline MessageId message_of(const api::Context& context) { return context.id<MessageId>("message_id"); }

}  // namespace parley::chat_api

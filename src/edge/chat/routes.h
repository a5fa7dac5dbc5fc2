#pragma once

#include "edge/api/route.h"
#include "product/chat/messages.h"

namespace parley::chat_api {

/// Conversations and messages: product.md 3.1 to 3.5 over HTTP. The operations are those of product/chat; here is only
/// how they are asked for and answered. `files` outlives the table.
void add_chat_routes(api::RouteTable& table);

// Its parts.
void add_conversation_routes(api::RouteTable& table);
void add_people_routes(api::RouteTable& table);
void add_message_routes(api::RouteTable& table);
void add_reaction_routes(api::RouteTable& table);
void add_reading_routes(api::RouteTable& table);
void add_retention_routes(api::RouteTable& table);

}  // namespace parley::chat_api

#include "edge/chat/routes.h"

namespace parley::chat_api {

void add_chat_routes(api::RouteTable& table) {
  add_conversation_routes(table);
  add_people_routes(table);
  add_message_routes(table);
  add_reaction_routes(table);
  add_reading_routes(table);
  add_retention_routes(table);
}

}  // namespace parley::chat_api

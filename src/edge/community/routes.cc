#include "edge/community/routes.h"

namespace parley::community_api {

void add_community_routes(api::RouteTable& table) {
  add_base_routes(table);
  add_channel_routes(table);
  add_override_routes(table);
  add_role_routes(table);
  add_member_routes(table);
  add_moderation_routes(table);
  add_invite_routes(table);
  add_log_routes(table);
}

}  // namespace parley::community_api

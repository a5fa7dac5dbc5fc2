#pragma once

#include "edge/api/route.h"

namespace parley::community_api {

/// Communities and all that is in them: product.md 3.7 over HTTP. The operations are those of product/community; here
/// is only how they are asked for and answered.
void add_community_routes(api::RouteTable& table);

// Its parts.
void add_base_routes(api::RouteTable& table);
void add_channel_routes(api::RouteTable& table);
void add_override_routes(api::RouteTable& table);
void add_role_routes(api::RouteTable& table);
void add_member_routes(api::RouteTable& table);
void add_moderation_routes(api::RouteTable& table);
void add_invite_routes(api::RouteTable& table);
void add_log_routes(api::RouteTable& table);

}  // namespace parley::community_api

#pragma once

#include <string>

#include "edge/api/route.h"

namespace parley::realtime {

/// The AsyncAPI 3.0 document of the gateway: every event that clients may send, with its acknowledgement, and every one
/// that they are told, made of the same descriptions that parse and write them.
std::string make_asyncapi();

/// GET /api/v1/asyncapi.json.
void add_realtime_routes(api::RouteTable& table);

}  // namespace parley::realtime

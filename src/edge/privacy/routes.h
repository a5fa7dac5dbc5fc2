#pragma once

#include "edge/api/route.h"

namespace parley::privacy {

/// GET /api/v1/users/me/export: what every area keeps about a user, put together in one document.
void add_privacy_routes(api::RouteTable& table);

}  // namespace parley::privacy

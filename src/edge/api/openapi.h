#pragma once

#include <string>
#include <vector>

#include "edge/api/route.h"

namespace parley::api {

struct OpenApiInfo {
  std::string title = "Parley";
  std::string version = "1";
  std::string session_cookie;
};

/// The problems a route may answer: its own and those of the frame, each once, in the order of the codes.
std::vector<product::ProblemCode> problems_of(const Route& route);

/// The OpenAPI 3.1 document of all routes, as JSON. Made from the descriptions that parse and validate.
std::string make_openapi(const RouteTable& table, const OpenApiInfo& info);

}  // namespace parley::api

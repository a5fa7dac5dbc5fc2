#pragma once

#include <functional>

#include "edge/api/route.h"
#include "product/webhooks/endpoints.h"

namespace parley::api::webhooks {

struct WebhookServices {
  product::webhooks::UrlPolicy policy = product::webhooks::UrlPolicy::kHttpsOnly;
  /// There may be something to send now. Thread-safe, must not block.
  std::function<void()> wake = [] {};
};

/// Endpoints of webhooks, and their deliveries, for server API keys and administrators: under /api/v1/webhooks, beside
/// the webhook that a LiveKit calls here.
void add_webhook_routes(RouteTable& table, const WebhookServices& services);

// Its parts.
void add_endpoint_routes(RouteTable& table, const WebhookServices& services);
void add_delivery_routes(RouteTable& table, const WebhookServices& services);

/// A key sees its own endpoints, an administrator all.
inline product::webhooks::Viewer viewer_of(const Context& context) {
  if (context.caller.kind == Caller::Kind::kApiKey) return context.caller.api_key;
  return std::nullopt;
}

inline constexpr const char* kEndpoints = "/api/v1/webhooks/endpoints";
inline constexpr const char* kEndpoint = "/api/v1/webhooks/endpoints/{endpoint_id}";

inline RouteInfo webhook_route(Method method, std::string path, std::string id, std::string summary) {
  return {.method = method,
          .path = std::move(path),
          .id = std::move(id),
          .summary = std::move(summary),
          .tag = "webhooks",
          .access = Access::kKeyOrAdmin,
          .problems = {product::ProblemCode::kNotFound},
          .content_types = {}};
}

}  // namespace parley::api::webhooks

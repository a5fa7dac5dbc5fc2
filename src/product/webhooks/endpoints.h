#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/redacted.h"
#include "base/rng.h"
#include "product/ports/store.h"
#include "product/webhooks/types.h"

namespace parley::product::webhooks {

/// Which addresses an endpoint may have.
enum class UrlPolicy : unsigned char {
  kHttpsOnly,
  kHttpToo,  ///< For development.
};

/// Who looks: a server API key sees its own endpoints, an administrator (absent) all. Others' are not found.
using Viewer = std::optional<ApiKeyId>;

struct NewEndpoint {
  std::string url;
  std::string description;
  std::vector<std::string> event_types;  ///< Empty: all, those of later versions too.
};
/// What is absent stays as it is.
struct EndpointChange {
  std::optional<std::string> url;
  std::optional<std::string> description;
  std::optional<std::vector<std::string>> event_types;
  std::optional<bool> is_enabled;
};
/// A new secret, shown once.
struct EndpointWithSecret {
  EndpointView view;
  Redacted<std::string> secret;
};

/// kInvalidRequest names the field; kLimitReached.
Outcome<EndpointWithSecret> create_endpoint(Tx& tx, const Viewer& owner, const NewEndpoint& wanted, UrlPolicy policy,
                                            WallTime now, Rng& rng);
/// The oldest first.
std::vector<EndpointView> list_endpoints(Tx& tx, const Viewer& viewer);
/// kNotFound.
Outcome<EndpointView> get_endpoint(Tx& tx, const Viewer& viewer, const HookId& id);
/// Enabling forgets why it was disabled; what still waits goes on. kNotFound, kInvalidRequest.
Outcome<EndpointView> update_endpoint(Tx& tx, const Viewer& viewer, const HookId& id, const EndpointChange& change,
                                      UrlPolicy policy, WallTime now);
/// With its deliveries. kNotFound.
Outcome<void> delete_endpoint(Tx& tx, const Viewer& viewer, const HookId& id);
/// The secret until now goes on signing beside the new one for `grace`; an even older one ends at once. kNotFound.
Outcome<EndpointWithSecret> rotate_secret(Tx& tx, const Viewer& viewer, const HookId& id, TimeDelta grace, WallTime now,
                                          Rng& rng);

/// By the sender, when an endpoint is not to be used any more.
void disable_endpoint(Tx& tx, const HookId& id, DisabledReason reason, WallTime now);

/// Endpoints that are sent to: enabled, and not of a revoked key. After `from webhook_endpoints e`.
inline constexpr std::string_view kActive =
    " left join api_keys k on k.id = e.api_key_id where e.is_enabled = 1 and k.revoked_at is null ";

/// Event types as they are stored.
std::vector<std::string> split_types(std::string_view list);

}  // namespace parley::product::webhooks

#pragma once

#include <span>
#include <string_view>

namespace parley::product::webhooks {

/// Sent on request, to try an endpoint; not in event_types().
inline constexpr std::string_view kTestType = "webhook.test";

/// The events of the outbox that leave the server: what an administrator may see, without secrets. An event that is not
/// in the list stays inside: commands ("voice.move_requested"), hints ("access.changed"), and what is between users
/// ("user.blocked").
std::span<const std::string_view> event_types();
bool is_event_type(std::string_view type);

}  // namespace parley::product::webhooks

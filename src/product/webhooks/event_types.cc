#include "product/webhooks/event_types.h"

#include <algorithm>
#include <array>

namespace parley::product::webhooks {
namespace {

constexpr auto kTypes = std::to_array<std::string_view>({
    "user.created",
    "user.updated",
    "user.disabled",
    "user.enabled",
    "user.deleted",
    "user.session_ended",
    "community.created",
    "community.updated",
    "community.deleted",
    "role.created",
    "role.updated",
    "role.deleted",
    "roles.reordered",
    "channel.created",
    "channel.updated",
    "channel.deleted",
    "channels.reordered",
    "channel.overrides_changed",
    "member.joined",
    "member.updated",
    "member.left",
    "ban.added",
    "ban.removed",
    "invite.created",
    "invite.revoked",
    "report.created",
    "report.resolved",
    "voice.state_changed",
    "voice.left",
    "conversation.created",
    "conversation.updated",
    "conversation.deleted",
    "conversation.member_added",
    "conversation.member_removed",
    "message.created",
    "message.updated",
    "message.deleted",
    "reaction.added",
    "reaction.removed",
});

}  // namespace

std::span<const std::string_view> event_types() { return kTypes; }

bool is_event_type(std::string_view type) { return std::ranges::find(kTypes, type) != kTypes.end(); }

}  // namespace parley::product::webhooks

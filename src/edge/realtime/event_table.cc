#include "edge/realtime/event_table.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "json/writer.h"
#include "product/chat/events.h"
#include "product/community/events.h"
#include "product/community/types.h"
#include "product/identity/sessions.h"
#include "product/identity/users.h"
#include "product/voice/presence.h"

namespace parley::realtime {
namespace {

namespace chat = product::chat;
namespace community = product::community;
namespace identity = product::identity;
namespace voice = product::voice;

template <class Payload>
std::string schema_of_payload(json::Schemas& schemas) {
  return json::schema_of<Payload>(schemas, json::Schemas::Use::kAnswer);
}

template <class Payload>
constexpr EventRow row(std::string_view type, std::string_view name) {
  return {type, name, &schema_of_payload<Payload>};
}

// Sorted by type.
constexpr std::array kRows{
    row<community::AccessChanged>("access.changed", "permissionsChanged"),
    row<community::Channel>("channel.created", "channelUpdated"),
    row<community::ChannelGone>("channel.deleted", "channelUpdated"),
    row<community::OverridesChanged>("channel.overrides_changed", "channelUpdated"),
    row<community::Channel>("channel.updated", "channelUpdated"),
    row<community::ChannelsReordered>("channels.reordered", "channelUpdated"),
    row<community::Community>("community.created", "communityUpdated"),
    row<community::CommunityGone>("community.deleted", "communityUpdated"),
    row<community::Community>("community.updated", "communityUpdated"),
    row<chat::Conversation>("conversation.created", "conversationUpdated"),
    row<chat::ConversationGone>("conversation.deleted", "conversationUpdated"),
    row<chat::MemberAdded>("conversation.member_added", "conversationUpdated"),
    row<chat::MemberRemoved>("conversation.member_removed", "conversationUpdated"),
    row<chat::Conversation>("conversation.updated", "conversationUpdated"),
    row<chat::DraftTold>("draft.changed", "draftChanged"),
    row<product::files::FileView>("file.updated", "fileUpdated"),
    row<community::Member>("member.joined", "memberUpdated"),
    row<community::MemberGone>("member.left", "memberUpdated"),
    row<community::Member>("member.updated", "memberUpdated"),
    row<chat::MessageTold>("message.created", "newMessage"),
    row<chat::Message>("message.deleted", "messageDeleted"),
    row<chat::MessageTold>("message.updated", "messageUpdated"),
    row<chat::PinTold>("pin.added", "pinUpdated"),
    row<chat::PinTold>("pin.removed", "pinUpdated"),
    row<chat::ReactionTold>("reaction.added", "reaction"),
    row<chat::ReactionTold>("reaction.removed", "reaction"),
    row<chat::MarksTold>("receipt.delivered", "receipt"),
    row<chat::MarksTold>("receipt.played", "receipt"),
    row<chat::MarksTold>("receipt.read", "receipt"),
    row<community::Role>("role.created", "roleUpdated"),
    row<community::RoleGone>("role.deleted", "roleUpdated"),
    row<community::Role>("role.updated", "roleUpdated"),
    row<community::RolesReordered>("roles.reordered", "roleUpdated"),
    row<chat::MarksTold>("unread.marked", "receipt"),
    row<identity::SessionEnded>("user.session_ended", "sessionEnded"),
    row<identity::UserEvent>("user.updated", "userUpdated"),
    row<voice::VoiceLeft>("voice.left", "voiceState"),
    row<voice::VoiceState>("voice.state_changed", "voiceState"),
};
static_assert(std::ranges::is_sorted(kRows, {}, &EventRow::type));

}  // namespace

std::span<const EventRow> event_rows() { return kRows; }

const EventRow* find_row(std::string_view type) {
  const auto found = std::ranges::lower_bound(kRows, type, {}, &EventRow::type);
  return found != kRows.end() && found->type == type ? &*found : nullptr;
}

std::string room_of_resource(std::string_view resource) {
  constexpr std::string_view kChannel = "channel:";
  if (resource.starts_with(kChannel)) return "conversation:" + std::string(resource.substr(kChannel.size()));
  return std::string(resource);
}

std::string event_id(int64_t position) { return std::to_string(position); }

std::optional<int64_t> parse_event_id(std::string_view text) {
  int64_t position = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (error != std::errc() || end != text.data() + text.size() || position < 0) return std::nullopt;
  return position;
}

std::string make_argument(const product::events::LoggedEvent& event) {
  std::string out = R"({"eventId":")" + event_id(event.position) + R"(","event":)";
  json::append_string(out, event.type);
  // Payloads are objects that json::to_json() wrote.
  const bool is_empty = event.payload.size() <= 2;
  out += is_empty ? "}" : "," + event.payload.substr(1);
  return out;
}

}  // namespace parley::realtime

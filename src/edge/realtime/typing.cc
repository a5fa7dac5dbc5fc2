#include "edge/realtime/typing.h"

#include "base/log.h"
#include "edge/realtime/audience.h"
#include "edge/realtime/known_fields.h"
#include "json/writer.h"

namespace parley::realtime {
namespace {

constexpr std::string_view kChannel = "typing";

/// What instances tell each other.
struct TypingElsewhere {
  UserTyping typing;
  std::vector<product::UserId> apart;
};
BOOST_DESCRIBE_STRUCT(TypingElsewhere, (), (typing, apart))

}  // namespace

Typing::Typing(gateway::Gateway& gateway, product::Bus& bus) : gateway_(gateway), bus_(bus) {
  bus_.subscribe(kChannel, [this](const product::Bus::Message& message) {
    const auto heard = parse_known<TypingElsewhere>(message.payload);
    if (!heard) return log::warn("bus_message_not_understood", {{"channel", kChannel}});
    tell(heard->typing, heard->apart);
  });
}

void Typing::set(const Change& change, const std::vector<product::UserId>& apart, Now now) {
  const std::string key = change.conversation.text() + "|" + change.user.text();
  const bool is_news = passed_on_.with([&](auto& passed_on) {
    if (passed_on.size() >= kMaxWriters) {
      std::erase_if(passed_on, [&](const auto& entry) { return now.mono - entry.second > kLasts; });
    }
    const auto known = passed_on.find(key);
    if (!change.is_typing) return passed_on.erase(key) > 0;
    if (known != passed_on.end() && now.mono - known->second < kPassedOnEvery) return false;
    if (known == passed_on.end() && passed_on.size() >= kMaxWriters) return false;
    passed_on.insert_or_assign(key, now.mono);
    return true;
  });
  if (!is_news) return;
  const int64_t lasts_us = change.is_typing ? kLasts.us() : 0;
  const UserTyping typing{change.conversation, change.user, change.is_typing, WallTime{now.wall.unix_us + lasts_us}};
  tell(typing, apart);
  bus_.publish(kChannel, json::to_json(TypingElsewhere{typing, apart}));
}

void Typing::tell(const UserTyping& typing, const std::vector<product::UserId>& apart) {
  const std::string argument = json::to_json(typing);
  const std::string room = conversation_room(typing.conversation_id.text());
  std::vector<std::string> except{user_room(typing.user_id)};
  for (const product::UserId& other : apart) except.push_back(user_room(other));
  gateway_.emit(
      "/", {.rooms = {room}, .except = {except.begin(), except.end()}},
      {.name = "userTyping", .arguments = {argument}, .delivery = gateway::OutgoingEvent::Delivery::kVolatile});
}

}  // namespace parley::realtime

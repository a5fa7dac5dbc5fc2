#include "edge/realtime/typing.h"

#include "edge/realtime/audience.h"
#include "json/writer.h"

namespace parley::realtime {

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
  const std::string argument = json::to_json(
      UserTyping{change.conversation, change.user, change.is_typing, WallTime{now.wall.unix_us + lasts_us}});
  const std::string room = conversation_room(change.conversation.text());
  std::vector<std::string> except{user_room(change.user)};
  for (const product::UserId& other : apart) except.push_back(user_room(other));
  gateway_.emit(
      "/", {.rooms = {room}, .except = {except.begin(), except.end()}},
      {.name = "userTyping", .arguments = {argument}, .delivery = gateway::OutgoingEvent::Delivery::kVolatile});
}

}  // namespace parley::realtime

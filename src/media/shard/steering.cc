#include "media/shard/steering.h"

#include <string_view>

#include "media/wire/demux.h"
#include "media/wire/stun.h"

namespace parley::shard {
namespace {
constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
}

char ufrag_prefix(size_t shard) { return kDigits[shard % kDigits.size()]; }

std::optional<size_t> shard_of_ufrag(std::string_view ufrag) {
  const size_t digit = ufrag.empty() ? std::string_view::npos : kDigits.find(ufrag.front());
  return digit == std::string_view::npos ? std::nullopt : std::optional(digit);
}

size_t Steering::decide_owner(const Path& from, ByteView datagram, Timestamp now) {
  if (shards_ == 1) return self_;
  if (wire::classify(datagram) != wire::PacketKind::kStun) {
    const auto it = foreign_.find(from);
    return it == foreign_.end() ? self_ : it->second.shard;
  }
  const auto message = wire::parse_stun(datagram);
  if (!message || !message->username) return self_;
  const auto names = wire::split_username(*message->username);
  const auto owner = names ? shard_of_ufrag(names->receiver) : std::nullopt;
  if (!owner || *owner >= shards_) return self_;
  if (*owner == self_) {
    foreign_.erase(from);
  } else {
    remember(from, *owner, now);
  }
  return *owner;
}

void Steering::remember(const Path& from, size_t owner, Timestamp now) {
  if (foreign_.size() >= kMaxEntries && !foreign_.contains(from)) {
    std::erase_if(foreign_, [now](const auto& e) { return now - e.second.last_check > kIdle; });
    if (foreign_.size() >= kMaxEntries) foreign_.erase(foreign_.begin());
  }
  foreign_.insert_or_assign(from, Entry{owner, now});
}

}  // namespace parley::shard

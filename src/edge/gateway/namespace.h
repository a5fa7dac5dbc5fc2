#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/rng.h"
#include "edge/gateway/engine_packet.h"
#include "edge/gateway/gateway.h"

namespace parley::gateway {

class GatewaySocket;
struct NamespaceMember;
struct NamespaceRoom;
struct RoomMembership;
using GatewaySocketPtr = std::shared_ptr<GatewaySocket>;

/// Lookup by string_view without making a string.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

/// Counts of all namespaces together.
struct GatewayCounters {
  std::atomic<uint64_t> connected{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> recovered{0};
  std::atomic<uint64_t> not_recovered{0};
  std::atomic<uint64_t> disconnected{0};
  std::atomic<uint64_t> events_in{0};
  std::atomic<uint64_t> events_out{0};
  std::atomic<uint64_t> deliveries{0};
  std::atomic<uint64_t> volatile_dropped{0};
  std::atomic<uint64_t> parse_errors{0};
  std::atomic<uint64_t> slow_consumers{0};
  std::atomic<uint64_t> floods{0};
  std::atomic<uint64_t> rooms_refused{0};
};

/// A member that came back and waits for the owner's decision. It keeps its rooms meanwhile.
struct Claim {
  std::string id;
  std::vector<std::string> rooms;
  std::shared_ptr<void> data;
  uint64_t after = 0;  ///< The last event it has.
};

/// Who is in a namespace and in which rooms, and what was sent lately, for those who come back. Everything is under one
/// mutex, sending too (which only queues): so all receivers see the events in the one order in which they are kept.
class Namespace {
 public:
  /// All must outlive it.
  Namespace(std::string name, const GatewayOptions& options, GatewayCounters& counters, Rng& rng);
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;
  ~Namespace();

  const std::string& name() const { return name_; }

  /// Makes the socket a member and sends it CONNECT, then what a claimed one missed. False when the claim is void.
  bool add(const GatewaySocketPtr& socket, const ConnectRequest::Welcome& welcome, const Claim* claim, Timestamp now);
  enum class Fate : uint8_t { kForgotten, kMayComeBack };
  void remove(GatewaySocket& socket, Fate fate, Timestamp now);
  /// nullopt when nobody with this secret may come back, or what it missed is no longer there. `offset` is empty for a
  /// client that never got an event.
  std::optional<Claim> claim(std::string_view pid, std::string_view offset);
  /// The decision was not to let it in, or it left before there was one: then it may try again.
  void release(const Claim& claim, Fate fate);

  void join(GatewaySocket& socket, std::string_view room);
  void leave(GatewaySocket& socket, std::string_view room);
  std::vector<std::string> rooms(const GatewaySocket& socket) const;
  void set_data(GatewaySocket& socket, std::shared_ptr<void> data);
  std::shared_ptr<void> data(const GatewaySocket& socket) const;

  void emit(const Target& target, const OutgoingEvent& event, Timestamp now);
  void join(const Target& target, std::string_view room);
  void leave(const Target& target, std::string_view room);
  /// Those who might come back are forgotten on the way.
  std::vector<GatewaySocketPtr> take_for_disconnect(const Target& target);
  std::vector<GatewaySocketPtr> sockets(const Target& target) const;

  void on_tick(Timestamp now);
  void add_stats(GatewayStats& stats) const;

 private:
  using Member = NamespaceMember;
  using Room = NamespaceRoom;
  using Membership = RoomMembership;
  /// An event as it was sent, and to whom.
  struct Kept {
    EngineMessagePtr message;
    std::vector<std::string> rooms;
    std::vector<std::string> except;
    Timestamp time;
  };

  std::string offset_text(uint64_t number) const;
  std::optional<uint64_t> parse_offset(std::string_view text) const;
  uint64_t last_number() const { return first_number_ + kept_.size() - 1; }
  template <class F>
  void for_each(const Target& target, F&& use) const;
  void deliver(Member& member, const EngineMessagePtr& message, const OutgoingEvent& event, uint64_t number);
  void replay(const Member& member, uint64_t after) const;
  static bool concerns(const Member& member, const Kept& kept, uint64_t number);
  bool has_all_since(const Member& member, uint64_t after) const;
  void keep(const Target& target, EngineMessagePtr message, Timestamp now);
  void trim(Timestamp now);
  void add_to_room(Member& member, std::string_view room);
  void remove_from_room(Member& member, std::string_view room);
  void detach(Member& member, size_t index);
  void erase(Member& member);

  const std::string name_;
  const GatewayOptions& options_;
  GatewayCounters& counters_;
  Rng& rng_;
  const bool keeps_events_;
  const std::string epoch_;  ///< Before every offset: those of another process mean nothing here.

  mutable std::mutex mutex_;
  // Under mutex_:
  TextMap<std::unique_ptr<Member>> members_;
  TextMap<Member*> by_pid_;
  TextMap<std::unique_ptr<Room>> rooms_;
  std::deque<Kept> kept_;
  uint64_t first_number_ = 1;  ///< Of kept_.front().
  size_t kept_bytes_ = 0;
  size_t dormant_ = 0;
  mutable uint64_t visit_ = 0;  ///< Marks members that one walk over a target has seen.
};

}  // namespace parley::gateway

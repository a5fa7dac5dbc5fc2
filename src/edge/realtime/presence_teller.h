#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/rng.h"
#include "edge/gateway/gateway.h"
#include "edge/realtime/presence.h"
#include "product/ports/bus.h"
#include "product/ports/store.h"

namespace parley::realtime {

/// Keeps the presence of everyone and tells it to those who share a place with him. Instances tell each other what each
/// holds, when it changes and every PresenceBook::kBeat; whom a client is told of is decided where he is connected.
/// Thread-safe.
class PresenceTeller {
 public:
  struct Ports {
    product::Store& store;
    gateway::Gateway& gateway;
    product::Bus& bus;
    Rng& rng;
  };
  /// All outlive it, and the bus is stopped before it ends.
  explicit PresenceTeller(Ports ports);

  void set(const product::UserId& user, std::string_view socket, PresenceState state);
  void remove(const product::UserId& user, std::string_view socket, Timestamp now);
  /// Those of `asked` who are there, as `viewer` may see it: of people with whom he shares a community or a
  /// conversation, who show it and have not blocked him, nor he them.
  product::Outcome<std::vector<UserPresence>> look(const product::UserId& viewer, std::vector<product::UserId> asked,
                                                   Timestamp deadline) const;
  /// Tells what has changed. Every second; blocks for the database.
  void tell_changes(Now now);

 private:
  void tell(const UserPresence& presence, Now now);
  void hear(const product::Bus::Message& message);
  void say(const std::vector<UserPresence>& own);
  /// Says all that this instance holds, when it is time or somebody has asked.
  void beat(Timestamp now);

  const Ports ports_;
  std::atomic<bool> is_asked_ = false;
  Timestamp next_beat_;  ///< Of the thread that tells changes.
  Guarded<PresenceBook> book_;
};

}  // namespace parley::realtime

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/rng.h"
#include "edge/gateway/gateway.h"
#include "edge/realtime/presence.h"
#include "product/ports/store.h"

namespace parley::realtime {

/// Keeps the presence of everyone and tells it to those who share a place with him. Thread-safe.
class PresenceTeller {
 public:
  PresenceTeller(product::Store& store, gateway::Gateway& gateway, Rng& rng)
      : store_(store), gateway_(gateway), rng_(rng) {}

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

  product::Store& store_;
  gateway::Gateway& gateway_;
  Rng& rng_;
  Guarded<PresenceBook> book_;
};

}  // namespace parley::realtime

#pragma once

#include <boost/describe.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/time.h"
#include "edge/gateway/gateway.h"
#include "product/model/ids.h"
#include "product/ports/bus.h"

namespace parley::realtime {

/// What `userTyping` says.
struct UserTyping {
  product::ConversationId conversation_id;
  product::UserId user_id;
  bool is_typing = true;
  WallTime expires_at;  ///< When it has ended, whatever comes or does not.
};
BOOST_DESCRIBE_STRUCT(UserTyping, (), (conversation_id, user_id, is_typing, expires_at))

/// Who is writing where (product.md 3.4), on all instances: volatile, never replayed, not told to the one who writes.
/// Whom it is kept from is decided once, where he writes. Thread-safe.
class Typing {
 public:
  /// Clients say it again while it lasts; what comes sooner is not passed on.
  static constexpr TimeDelta kPassedOnEvery = TimeDelta::seconds(2);
  static constexpr TimeDelta kLasts = TimeDelta::seconds(6);
  /// Writers remembered; beyond it, those of long ago are forgotten.
  static constexpr size_t kMaxWriters = 100'000;

  /// Both outlive it, and the bus is stopped before it ends.
  Typing(gateway::Gateway& gateway, product::Bus& bus);
  struct Change {
    product::ConversationId conversation;
    product::UserId user;
    bool is_typing = true;
  };
  /// Not told to `apart` either.
  void set(const Change& change, const std::vector<product::UserId>& apart, Now now);

 private:
  void tell(const UserTyping& typing, const std::vector<product::UserId>& apart);

  gateway::Gateway& gateway_;
  product::Bus& bus_;
  Guarded<std::map<std::string, Timestamp>> passed_on_;  ///< "conversation|user" -> when it was last told.
};

}  // namespace parley::realtime

#pragma once

#include <boost/describe.hpp>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/guarded.h"
#include "base/time.h"
#include "product/model/ids.h"

// Who is there (product.md 3.4). A user is as present as his most present device, unless he says that he wants not to
// be disturbed or not to be seen. Sans I/O: what is to be told is returned.

namespace parley::realtime {

enum class PresenceState : unsigned char { kOffline, kBackground, kIdle, kActive, kDnd, kInvisible };
BOOST_DESCRIBE_ENUM(PresenceState, kOffline, kBackground, kIdle, kActive, kDnd, kInvisible)

/// What `presence` says.
struct UserPresence {
  product::UserId user_id;
  PresenceState state = PresenceState::kOffline;  ///< Never kInvisible: that looks offline.
};
BOOST_DESCRIBE_STRUCT(UserPresence, (), (user_id, state))

/// The devices of everybody, here and on other instances. Not thread-safe; owner: Presence's guard.
class PresenceBook {
 public:
  /// Without a socket for so long: offline. A page that is reloaded does not flicker.
  static constexpr TimeDelta kGrace = TimeDelta::seconds(20);
  /// Another instance that says nothing for so long is gone, and its users with it.
  static constexpr TimeDelta kLease = TimeDelta::seconds(60);
  /// How often an instance says what it holds.
  static constexpr TimeDelta kBeat = TimeDelta::seconds(20);

  /// A device of this instance: comes, changes, goes.
  void set(const product::UserId& user, std::string_view socket, PresenceState state);
  void remove(const product::UserId& user, std::string_view socket, Timestamp now);
  /// What another instance says of one user: the best of its devices, kOffline when it has none. Who has none at all
  /// any more has kGrace, as one who leaves here.
  void hear(std::string_view instance, const product::UserId& user, PresenceState state, Timestamp now);
  /// The others cannot be heard: what they said last stays true until they can, and a lease longer.
  void hold(Timestamp now);
  /// The best of the devices on this instance: what others are told.
  PresenceState own(const product::UserId& user) const;
  std::vector<UserPresence> own_all() const;

  /// As others see him.
  PresenceState seen(const product::UserId& user) const;
  /// Whose state looks different from what was returned last, as of now; each once. Call it every second: so changes
  /// are coalesced, and grace and leases end.
  std::vector<UserPresence> changes(Timestamp now);

 private:
  struct Person {
    std::map<std::string, PresenceState, std::less<>> devices;  ///< By socket.
    struct Elsewhere {
      PresenceState state;
      Timestamp until;
    };
    std::map<std::string, Elsewhere, std::less<>> elsewhere;  ///< By instance.
    PresenceState told = PresenceState::kOffline;
    Timestamp gone_at = Timestamp::never();  ///< When the last device went.
  };
  static PresenceState best(const Person& person);
  static PresenceState look(const Person& person);

  std::unordered_map<product::UserId, Person> people_;
};

}  // namespace parley::realtime

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "product/access/permissions.h"
#include "product/chat/types.h"
#include "product/community/access.h"
#include "product/community/acting.h"
#include "product/model/problem.h"
#include "product/ports/store.h"

// The one judge of what somebody may do in a conversation: every operation here asks it, on reading as on writing.

namespace parley::product::chat {

using community::Acting;

enum class Right : unsigned char {
  kView,     ///< Know that it is there, mark it, hear of what happens.
  kHistory,  ///< Read what was said.
  kSend,
  kAttach,
  kReact,
  kMentionAll,
  kThread,  ///< Begin one.
  kPin,
  kModerate,   ///< Delete others' messages, see what was edited.
  kAddPeople,  ///< To a group.
  kManage,     ///< Rename a group, remove people; say how long a channel is kept.
};
inline constexpr int kRights = 11;
/// "send": as clients name it.
std::string_view to_string(Right right);

class RightSet {
 public:
  constexpr RightSet() = default;
  template <class... More>
  static constexpr RightSet of(More... rights) {
    RightSet set;
    set.bits_ = (uint32_t{0} | ... | (uint32_t{1} << static_cast<int>(rights)));
    return set;
  }
  constexpr bool has(Right right) const { return (bits_ >> static_cast<int>(right) & 1) != 0; }
  constexpr void add(Right right) { bits_ |= uint32_t{1} << static_cast<int>(right); }
  constexpr bool operator==(const RightSet&) const = default;

 private:
  uint32_t bits_ = 0;
};

/// Everything that the answer depends on; of a thread, those of its root.
struct AccessFacts {
  ConversationKind kind = ConversationKind::kDirect;  ///< Never kThread.
  bool is_member = false;                             ///< Of a direct or group one.
  bool is_owner = false;                              ///< Of a group.
  /// Of a direct one: one has blocked the other, or the other is gone. They still read.
  bool is_refused = false;
  access::PermissionMask mask;  ///< In the channel.
};
RightSet decide_rights(const AccessFacts& facts);

/// A conversation and what somebody may do in it.
struct Standing {
  Conversation conversation;
  RightSet rights;
  /// The people of a direct or group one (of a thread: of its root), sorted.
  std::vector<UserId> people;
  community::Standing in_channel;  ///< Of channels and their threads.
  int64_t slow_mode_seconds = 0;   ///< For this user: 0 for those who manage messages.
  bool is_stored = true;           ///< False: a channel in which nothing has happened yet.
  bool has(Right right) const { return rights.has(right); }
};

/// Of a text channel in which nothing has happened yet.
Conversation conversation_of(const community::Channel& channel);

/// nullopt when there is no such conversation or he may not know of it.
std::optional<Standing> standing_in(Tx& tx, const UserId& user, const ConversationId& conversation, WallTime now);
/// kNotFound, kForbidden or kTimedOut.
Outcome<Standing> require(Tx& tx, const Acting& acting, const ConversationId& conversation, Right right);
/// Why he may not, of one who may view.
Problem refusal(const Standing& standing, Right right);

struct Held {
  Standing standing;
  Message message;
};
/// For acting on a message; kNotFound too for a tombstone.
Outcome<Held> require_on(Tx& tx, const Acting& acting, const MessageId& message, Right right);

/// Those of `users` who may read what is said there, in their order.
std::vector<UserId> readers_among(Tx& tx, const Conversation& conversation, const std::vector<UserId>& users,
                                  WallTime now);

}  // namespace parley::product::chat

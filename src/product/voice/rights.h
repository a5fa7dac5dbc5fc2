#pragma once

#include <optional>
#include <string>

#include "product/access/permissions.h"
#include "product/ports/room_backend.h"

namespace parley::product::voice {

/// What moderators have put on a member.
struct Restraints {
  bool is_muted = false;
  bool is_deafened = false;  ///< Hears and sees nobody; and is muted, because he could not know whom he interrupts.
};

/// What somebody with these permissions in a voice channel may do in its room; nullopt: not be there at all.
std::optional<RoomGrants> decide_grants(access::PermissionMask mask, Restraints restraints);

/// Who somebody is, as others in a room see it without asking for it (TOK-1).
struct Person {
  std::string name;
  std::string avatar_url;
  std::string role;    ///< Name of the highest role; empty when there is none but @everyone.
  std::string status;  ///< Changes often: an attribute (TOK-2).
};
RoomProfile make_profile(const Person& person, Restraints restraints);

}  // namespace parley::product::voice

#include "product/voice/rights.h"

#include "json/writer.h"

namespace parley::product::voice {
namespace {

struct Metadata {
  std::string name;
  std::string avatar;
  std::string role;
};
BOOST_DESCRIBE_STRUCT(Metadata, (), (name, avatar, role))

}  // namespace

std::optional<RoomGrants> decide_grants(access::PermissionMask mask, Restraints restraints) {
  using enum access::Permission;
  if (!mask.has(kView) || !mask.has(kConnect)) return std::nullopt;
  RoomGrants grants;
  grants.can_subscribe = !restraints.is_deafened;
  grants.can_publish_data = true;
  grants.can_speak = mask.has(kSpeak) && !restraints.is_muted && !restraints.is_deafened;
  grants.can_use_camera = mask.has(kVideo);
  grants.can_share_screen = mask.has(kStream);
  return grants;
}

RoomProfile make_profile(const Person& person, Restraints restraints) {
  RoomProfile profile;
  profile.name = person.name;
  profile.metadata = json::to_json(Metadata{person.name, person.avatar_url, person.role});
  profile.attributes["status"] = person.status;
  profile.attributes["serverMuted"] = restraints.is_muted ? "true" : "false";
  profile.attributes["serverDeafened"] = restraints.is_deafened ? "true" : "false";
  return profile;
}

}  // namespace parley::product::voice

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::product::access {

/// What a member may do. The number is the bit in masks that databases and clients keep: it never changes, and the bit
/// of a permission that is given up is not used again.
enum class Permission : uint8_t {
  kView = 0,
  kSend = 1,
  kEmbed = 2,
  kAttach = 3,
  kVoiceMessage = 4,
  kReact = 5,
  kMentionAll = 6,
  kThreads = 7,
  kHistory = 8,
  kManageMessages = 9,
  kManageChannels = 10,
  kManageRoles = 11,
  kManageServer = 12,
  kManageWebhooks = 13,
  kManageInvites = 14,
  kInvite = 15,
  kKick = 16,
  kBan = 17,
  kTimeout = 18,
  kAuditLog = 19,
  kConnect = 20,
  kSpeak = 21,
  kVideo = 22,
  kStream = 23,  ///< Share the screen.
  kUseVad = 24,  ///< Speak without holding a key.
  kPrioritySpeaker = 25,
  kMute = 26,
  kDeafen = 27,
  kMove = 28,
  kRecord = 29,
  kSupportOperator = 30,
  kSupportSupervisor = 31,
  kAnalytics = 32,
  kAdministrator = 33,
};
inline constexpr int kPermissions = 34;

/// "manageRoles": as clients name it.
std::string_view to_string(Permission permission);
std::optional<Permission> parse_permission(std::string_view name);

/// A set of permissions.
class PermissionMask {
 public:
  constexpr PermissionMask() = default;
  constexpr explicit PermissionMask(uint64_t bits) : bits_(bits) {}
  template <class... More>
  static constexpr PermissionMask of(More... permissions) {
    return PermissionMask((uint64_t{0} | ... | (uint64_t{1} << static_cast<int>(permissions))));
  }
  static constexpr PermissionMask everything() { return PermissionMask((uint64_t{1} << kPermissions) - 1); }

  constexpr bool has(Permission permission) const { return (bits_ >> static_cast<int>(permission) & 1) != 0; }
  constexpr bool contains(PermissionMask other) const { return (other.bits_ & ~bits_) == 0; }
  constexpr uint64_t bits() const { return bits_; }
  constexpr bool operator==(const PermissionMask&) const = default;
  constexpr PermissionMask operator|(PermissionMask other) const { return PermissionMask(bits_ | other.bits_); }
  constexpr PermissionMask operator&(PermissionMask other) const { return PermissionMask(bits_ & other.bits_); }
  constexpr PermissionMask without(PermissionMask other) const { return PermissionMask(bits_ & ~other.bits_); }

 private:
  uint64_t bits_ = 0;
};

/// What a channel changes for a role or a member.
struct PermissionOverride {
  PermissionMask deny;
  PermissionMask allow;
};

/// Permissions that mean nothing without kConnect.
inline constexpr PermissionMask kVoicePermissions = PermissionMask::of(
    Permission::kSpeak, Permission::kVideo, Permission::kStream, Permission::kUseVad, Permission::kPrioritySpeaker,
    Permission::kMute, Permission::kDeafen, Permission::kMove, Permission::kRecord);
/// All that is left to a member who is timed out.
inline constexpr PermissionMask kTimedOutPermissions = PermissionMask::of(Permission::kView, Permission::kHistory);
/// Of a new community's @everyone.
inline constexpr PermissionMask kDefaultPermissions = PermissionMask::of(
    Permission::kView, Permission::kSend, Permission::kEmbed, Permission::kAttach, Permission::kVoiceMessage,
    Permission::kReact, Permission::kThreads, Permission::kHistory, Permission::kInvite, Permission::kConnect,
    Permission::kSpeak, Permission::kVideo, Permission::kStream, Permission::kUseVad);

/// What a role gives, and what the channel makes of it.
struct RoleInChannel {
  std::string name;  ///< Only for explanations.
  PermissionMask grants;
  std::optional<PermissionOverride> override;
};

/// Everything that the answer depends on. Empty overrides outside of channels.
struct AccessFacts {
  bool is_member = false;  ///< One who is banned is none.
  bool is_owner = false;
  bool is_timed_out = false;
  bool is_in_channel = false;  ///< The question is about a channel, not about the community.
  RoleInChannel everyone;
  std::vector<RoleInChannel> roles;
  std::optional<PermissionOverride> member_override;
};

/// The one judge of what somebody may do (product.md 3.7): REST, gateway, room tokens and search all ask it.
///
/// The owner may do everything. Others have what @everyone and their roles grant together; kAdministrator grants
/// everything, and no channel takes it away. Else a channel changes it in three steps, each denying before it allows:
/// for @everyone, for all roles together, for the member. Without kView nothing is left, and without kConnect no voice
/// permission. One who is timed out keeps kView and kHistory, administrators included.
PermissionMask effective_permissions(const AccessFacts& facts);

/// One step on the way to an answer.
struct AccessStep {
  std::string what;  ///< "role Moderators grants", "channel denies @everyone".
  bool is_allowed = false;
};
struct AccessExplanation {
  bool is_allowed = false;
  std::vector<AccessStep> steps;  ///< In order; the last one decided. Empty for one who is no member.
};
/// Why the answer for this permission is what it is: agrees with effective_permissions().
AccessExplanation explain(const AccessFacts& facts, Permission permission);

}  // namespace parley::product::access

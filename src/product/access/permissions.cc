#include "product/access/permissions.h"

#include <algorithm>
#include <array>

namespace parley::product::access {
namespace {

constexpr std::array<std::string_view, kPermissions> kNames{"view",
                                                            "send",
                                                            "embed",
                                                            "attach",
                                                            "voiceMessage",
                                                            "react",
                                                            "mentionAll",
                                                            "threads",
                                                            "history",
                                                            "manageMessages",
                                                            "manageChannels",
                                                            "manageRoles",
                                                            "manageServer",
                                                            "manageWebhooks",
                                                            "manageInvites",
                                                            "invite",
                                                            "kick",
                                                            "ban",
                                                            "timeout",
                                                            "auditLog",
                                                            "connect",
                                                            "speak",
                                                            "video",
                                                            "stream",
                                                            "useVad",
                                                            "prioritySpeaker",
                                                            "mute",
                                                            "deafen",
                                                            "move",
                                                            "record",
                                                            "supportOperator",
                                                            "supportSupervisor",
                                                            "analytics",
                                                            "administrator"};

PermissionMask apply(PermissionMask mask, const std::optional<PermissionOverride>& change) {
  return change ? mask.without(change->deny) | change->allow : mask;
}

PermissionOverride roles_together(const AccessFacts& facts) {
  PermissionOverride sum;
  for (const RoleInChannel& role : facts.roles) {
    if (!role.override) continue;
    sum.deny = sum.deny | role.override->deny;
    sum.allow = sum.allow | role.override->allow;
  }
  return sum;
}

/// The way to one permission's answer, written down.
class Trace {
 public:
  explicit Trace(Permission permission) : permission_(permission) {}
  void set(std::string what, bool is_allowed) {
    result_.is_allowed = is_allowed;
    result_.steps.push_back({std::move(what), is_allowed});
  }
  void change(const std::optional<PermissionOverride>& by, const std::string& whom) {
    if (by && by->deny.has(permission_)) set("the channel denies " + whom, false);
    if (by && by->allow.has(permission_)) set("the channel allows " + whom, true);
  }
  AccessExplanation take() { return std::move(result_); }

 private:
  Permission permission_;
  AccessExplanation result_;
};

std::string role_name(const RoleInChannel& role) { return "role " + role.name; }

void explain_grants(const AccessFacts& facts, Permission permission, Trace& trace) {
  trace.set("@everyone", facts.everyone.grants.has(permission));
  for (const RoleInChannel& role : facts.roles) {
    if (role.grants.has(permission)) trace.set(role_name(role) + " grants it", true);
  }
}

void explain_channel(const AccessFacts& facts, Permission permission, Trace& trace) {
  trace.change(facts.everyone.override, "@everyone");
  for (const RoleInChannel& role : facts.roles) {
    if (role.override && role.override->deny.has(permission)) trace.set("the channel denies " + role_name(role), false);
  }
  for (const RoleInChannel& role : facts.roles) {
    if (role.override && role.override->allow.has(permission)) trace.set("the channel allows " + role_name(role), true);
  }
  trace.change(facts.member_override, "the member");
}

bool is_administrator(const AccessFacts& facts) {
  return facts.everyone.grants.has(Permission::kAdministrator) ||
         std::ranges::any_of(facts.roles,
                             [](const RoleInChannel& r) { return r.grants.has(Permission::kAdministrator); });
}

}  // namespace

std::string_view to_string(Permission permission) { return kNames[static_cast<size_t>(permission)]; }

std::optional<Permission> parse_permission(std::string_view name) {
  const auto at = std::ranges::find(kNames, name);
  if (at == kNames.end()) return std::nullopt;
  return static_cast<Permission>(at - kNames.begin());
}

PermissionMask effective_permissions(const AccessFacts& facts) {
  if (!facts.is_member) return {};
  if (facts.is_owner) return PermissionMask::everything();
  PermissionMask mask = facts.everyone.grants;
  for (const RoleInChannel& role : facts.roles) mask = mask | role.grants;
  if (mask.has(Permission::kAdministrator)) {
    mask = PermissionMask::everything();
  } else if (facts.is_in_channel) {
    mask = apply(mask, facts.everyone.override);
    mask = apply(mask, roles_together(facts));
    mask = apply(mask, facts.member_override);
    // No channel makes an administrator.
    mask = mask.without(PermissionMask::of(Permission::kAdministrator));
  }
  if (facts.is_timed_out) mask = mask & kTimedOutPermissions;
  if (!facts.is_in_channel) return mask;
  if (!mask.has(Permission::kView)) return {};
  return mask.has(Permission::kConnect) ? mask : mask.without(kVoicePermissions);
}

AccessExplanation explain(const AccessFacts& facts, Permission permission) {
  Trace trace(permission);
  if (!facts.is_member) return trace.take();
  if (facts.is_owner) {
    trace.set("owns the community", true);
    return trace.take();
  }
  if (is_administrator(facts)) {
    trace.set("is an administrator", true);
  } else {
    explain_grants(facts, permission, trace);
    if (facts.is_in_channel && permission != Permission::kAdministrator) explain_channel(facts, permission, trace);
  }
  const PermissionMask mask = effective_permissions(facts);
  if (facts.is_timed_out && !kTimedOutPermissions.has(permission)) {
    trace.set("is timed out", false);
  } else if (facts.is_in_channel && mask == PermissionMask()) {
    trace.set("may not view the channel", false);
  } else if (facts.is_in_channel && kVoicePermissions.has(permission) && !mask.has(Permission::kConnect)) {
    trace.set("may not connect to the channel", false);
  }
  return trace.take();
}

}  // namespace parley::product::access

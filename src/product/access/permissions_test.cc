#include "product/access/permissions.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace parley::product::access {
namespace {

using enum Permission;

AccessFacts member() {
  AccessFacts facts;
  facts.is_member = true;
  facts.is_in_channel = true;
  facts.everyone.grants = kDefaultPermissions;
  return facts;
}

RoleInChannel role(PermissionMask grants, PermissionMask deny = {}, PermissionMask allow = {}) {
  return {.name = "r", .grants = grants, .override = PermissionOverride{deny, allow}};
}

TEST(Permissions, AStrangerMayNothing) {
  AccessFacts facts = member();
  facts.is_member = false;
  facts.is_owner = true;
  EXPECT_EQ(effective_permissions(facts), PermissionMask());
}

TEST(Permissions, TheOwnerMayEverythingWhateverAChannelDenies) {
  AccessFacts facts = member();
  facts.is_owner = true;
  facts.is_timed_out = true;
  facts.member_override = PermissionOverride{.deny = PermissionMask::everything(), .allow = {}};
  EXPECT_EQ(effective_permissions(facts), PermissionMask::everything());
}

TEST(Permissions, AllowOfOneRoleBeatsDenyOfAnother) {
  AccessFacts facts = member();
  facts.roles = {role({}, {}, PermissionMask::of(kSend)), role({}, PermissionMask::of(kSend))};
  EXPECT_TRUE(effective_permissions(facts).has(kSend));
}

TEST(Permissions, TheMembersOwnOverrideComesLast) {
  AccessFacts facts = member();
  facts.roles = {role({}, {}, PermissionMask::of(kSpeak))};
  facts.member_override = PermissionOverride{.deny = PermissionMask::of(kSpeak), .allow = {}};
  EXPECT_FALSE(effective_permissions(facts).has(kSpeak));
}

TEST(Permissions, WithoutViewNothingIsLeft) {
  AccessFacts facts = member();
  facts.everyone.override = PermissionOverride{.deny = PermissionMask::of(kView), .allow = PermissionMask::of(kSend)};
  EXPECT_EQ(effective_permissions(facts), PermissionMask());
}

TEST(Permissions, WithoutConnectThereIsNoVoice) {
  AccessFacts facts = member();
  facts.everyone.override = PermissionOverride{.deny = PermissionMask::of(kConnect), .allow = {}};
  EXPECT_EQ(effective_permissions(facts) & kVoicePermissions, PermissionMask());
  EXPECT_TRUE(effective_permissions(facts).has(kSend));
}

TEST(Permissions, OneWhoIsTimedOutReadsAndNoMoreEvenAsAdministrator) {
  AccessFacts facts = member();
  facts.is_timed_out = true;
  EXPECT_EQ(effective_permissions(facts), kTimedOutPermissions);
  facts.roles = {role(PermissionMask::of(kAdministrator))};
  EXPECT_EQ(effective_permissions(facts), kTimedOutPermissions);
}

TEST(Permissions, AChannelMakesNoAdministrator) {
  AccessFacts facts = member();
  facts.member_override = PermissionOverride{.deny = {}, .allow = PermissionMask::of(kAdministrator)};
  EXPECT_FALSE(effective_permissions(facts).has(kAdministrator));
  EXPECT_FALSE(explain(facts, kAdministrator).is_allowed);
}

TEST(Permissions, NamesAreReadBack) {
  for (int i = 0; i < kPermissions; ++i) {
    const auto permission = static_cast<Permission>(i);
    EXPECT_EQ(parse_permission(to_string(permission)), permission);
  }
  EXPECT_EQ(parse_permission("everything"), std::nullopt);
}

/// product.md 3.7 once more, one permission at a time and with no regard to speed.
bool slow_answer(const AccessFacts& facts, Permission permission) {
  if (!facts.is_member) return false;
  if (facts.is_owner) return true;
  const auto granted = [&](Permission p) {
    if (facts.everyone.grants.has(p)) return true;
    for (const RoleInChannel& r : facts.roles) {
      if (r.grants.has(p)) return true;
    }
    return false;
  };
  const auto in_channel = [&](Permission p) {
    bool is_allowed = granted(p);
    if (facts.everyone.override) {
      if (facts.everyone.override->deny.has(p)) is_allowed = false;
      if (facts.everyone.override->allow.has(p)) is_allowed = true;
    }
    for (const RoleInChannel& r : facts.roles) {
      if (r.override && r.override->deny.has(p)) is_allowed = false;
    }
    for (const RoleInChannel& r : facts.roles) {
      if (r.override && r.override->allow.has(p)) is_allowed = true;
    }
    if (facts.member_override) {
      if (facts.member_override->deny.has(p)) is_allowed = false;
      if (facts.member_override->allow.has(p)) is_allowed = true;
    }
    return is_allowed && p != kAdministrator;
  };
  if (facts.is_timed_out && permission != kView && permission != kHistory) return false;
  if (granted(kAdministrator)) return true;
  if (!facts.is_in_channel) return granted(permission);
  if (!in_channel(kView)) return false;
  const bool is_voice = permission >= kSpeak && permission <= kRecord;
  return in_channel(permission) && !(is_voice && !in_channel(kConnect));
}

class RandomFacts {
 public:
  explicit RandomFacts(uint64_t seed) : rng_(seed) {}
  AccessFacts next() {
    AccessFacts facts;
    facts.is_member = rng_.below(20) != 0;
    facts.is_owner = rng_.below(20) == 0;
    facts.is_timed_out = rng_.below(8) == 0;
    facts.is_in_channel = rng_.below(4) != 0;
    facts.everyone = random_role();
    for (uint64_t i = rng_.below(4); i > 0; --i) facts.roles.push_back(random_role());
    facts.member_override = random_override();
    return facts;
  }

 private:
  PermissionMask mask() {
    return PermissionMask(rng_.next_u64() & rng_.next_u64() & PermissionMask::everything().bits());
  }
  RoleInChannel random_role() {
    PermissionMask grants = mask();
    // Administrators hide all other rules: let there be few.
    if (rng_.below(8) != 0) grants = grants.without(PermissionMask::of(kAdministrator));
    return {.name = "role", .grants = grants, .override = random_override()};
  }
  std::optional<PermissionOverride> random_override() {
    if (rng_.below(2) == 0) return std::nullopt;
    return PermissionOverride{mask(), mask()};
  }
  SeededRng rng_;
};

TEST(Permissions, AgreeWithTheSlowReferenceAndWithTheirExplanation) {
  RandomFacts random(20'26);
  for (int i = 0; i < 20'000; ++i) {
    const AccessFacts facts = random.next();
    const PermissionMask mask = effective_permissions(facts);
    for (int bit = 0; bit < kPermissions; ++bit) {
      const auto permission = static_cast<Permission>(bit);
      ASSERT_EQ(mask.has(permission), slow_answer(facts, permission)) << i << ' ' << to_string(permission);
      ASSERT_EQ(explain(facts, permission).is_allowed, mask.has(permission)) << i << ' ' << to_string(permission);
    }
  }
}

TEST(Permissions, AllowingMoreNeverTakesSomethingAway) {
  RandomFacts random(7);
  for (int i = 0; i < 5'000; ++i) {
    AccessFacts facts = random.next();
    const PermissionMask before = effective_permissions(facts);
    if (!facts.member_override) facts.member_override.emplace();
    facts.member_override->allow = facts.member_override->allow | PermissionMask(uint64_t{1} << (i % kPermissions));
    EXPECT_TRUE(effective_permissions(facts).contains(before)) << i;
  }
}

}  // namespace
}  // namespace parley::product::access

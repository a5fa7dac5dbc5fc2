#include "product/community/roles.h"

#include "product/community/test_community.h"

namespace parley::product::community {
namespace {

using enum access::Permission;

/// An owner; a manager of roles with one role; a plain member; and a mighty role above the manager's.
class RolesTest : public CommunityTest {
 protected:
  Outcome<Role> change(const UserId& who, const RoleId& role, const RoleChange& wanted) {
    return act(who, [&](Tx& tx, const Acting& a) { return update_role(tx, a, community_, role, wanted); });
  }
  Outcome<Role> create(const UserId& who, PermissionMask permissions) {
    return act(who, [&](Tx& tx, const Acting& a) {
      return create_role(tx, a, community_, {.name = Name("r"), .permissions = json::Mask{permissions.bits()}});
    });
  }
  Outcome<Member> assign(const UserId& who, const UserId& to, const RoleId& role) {
    return act(who, [&](Tx& tx, const Acting& a) { return assign_role(tx, a, community_, to, role); });
  }
  Outcome<Member> take(const UserId& who, const UserId& from, const RoleId& role) {
    return act(who, [&](Tx& tx, const Acting& a) { return remove_role(tx, a, community_, from, role); });
  }
  Outcome<void> erase(const UserId& who, const RoleId& role) {
    return act(who, [&](Tx& tx, const Acting& a) { return delete_role(tx, a, community_, role); });
  }
  Outcome<std::vector<Role>> reorder(const UserId& who, const std::vector<RoleId>& roles, SeenVersion version = {}) {
    RoleOrder order;
    order.roles.assign(roles.begin(), roles.end());
    order.version = version;
    return act(who, [&](Tx& tx, const Acting& a) { return reorder_roles(tx, a, community_, order); });
  }
  std::vector<RoleId> names() {
    std::vector<RoleId> out;
    for (const Role& role : read([&](Tx& tx) { return roles_of(tx, community_); })) out.push_back(role.id);
    return out;
  }

  UserId owner_ = user("owner");
  CommunityId community_ = make_community(owner_);
  UserId manager_ = make_member("manager", owner_, community_);
  UserId member_ = make_member("member", owner_, community_);
  RoleId mighty_ = make_role(owner_, community_, PermissionMask::of(kBan));
  RoleId manages_ = make_role(owner_, community_, PermissionMask::of(kManageRoles, kKick));
  RoleId low_ = make_role(owner_, community_, {});
  ChannelId channel_ = make_channel(owner_, community_);
  void SetUp() override { give_role(owner_, community_, manager_, manages_); }
};

TEST_P(RolesTest, ANewRoleStandsJustAboveEveryone) {
  EXPECT_EQ(names(), (std::vector{mighty_, manages_, low_, everyone(community_)}));
}

TEST_P(RolesTest, NeedTheRight) {
  EXPECT_EQ(code_of(create(member_, {})), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(change(member_, low_, {.name = Name("x")})), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(erase(member_, low_)), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(assign(member_, member_, low_)), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(take(member_, manager_, manages_)), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(reorder(member_, {low_})), ProblemCode::kForbidden);
}

TEST_P(RolesTest, OnlyLowerOnesAreTouched) {
  for (const RoleId& role : {mighty_, manages_}) {
    EXPECT_EQ(code_of(change(manager_, role, {.name = Name("x")})), ProblemCode::kHierarchy);
    EXPECT_EQ(code_of(erase(manager_, role)), ProblemCode::kHierarchy);
    EXPECT_EQ(code_of(assign(manager_, member_, role)), ProblemCode::kHierarchy);
    EXPECT_EQ(code_of(take(manager_, manager_, role)), ProblemCode::kHierarchy);
    EXPECT_EQ(code_of(reorder(manager_, {low_, role})), ProblemCode::kHierarchy);
  }
  EXPECT_TRUE(change(manager_, low_, {.name = Name("x")}));
}

TEST_P(RolesTest, OnlyHeldPermissionsAreGivenOrTaken) {
  EXPECT_EQ(code_of(create(manager_, PermissionMask::of(kBan))), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(create(manager_, PermissionMask::of(kAdministrator))), ProblemCode::kForbidden);
  EXPECT_TRUE(create(manager_, PermissionMask::of(kKick)));
  ASSERT_TRUE(change(owner_, low_, {.permissions = json::Mask{PermissionMask::of(kBan).bits()}}));
  EXPECT_EQ(code_of(change(manager_, low_, {.permissions = json::Mask{}})), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(assign(manager_, member_, low_)), ProblemCode::kForbidden);
  EXPECT_TRUE(change(manager_, low_, {.permissions = json::Mask{PermissionMask::of(kBan, kKick).bits()}}));
}

TEST_P(RolesTest, PermissionsThatDoNotExistAreRefused) {
  EXPECT_EQ(code_of(create(owner_, PermissionMask(uint64_t{1} << 63))), ProblemCode::kInvalidRequest);
}

TEST_P(RolesTest, AnAdministratorIsStillBoundByTheHierarchy) {
  ASSERT_TRUE(change(owner_, manages_, {.permissions = json::Mask{PermissionMask::of(kAdministrator).bits()}}));
  EXPECT_EQ(code_of(change(manager_, mighty_, {.name = Name("x")})), ProblemCode::kHierarchy);
  EXPECT_TRUE(create(manager_, PermissionMask::everything()));
}

TEST_P(RolesTest, OneWithoutARoleCannotMakeOneAboveHimself) {
  ASSERT_TRUE(
      change(owner_, everyone(community_), {.permissions = json::Mask{PermissionMask::of(kManageRoles).bits()}}));
  EXPECT_EQ(code_of(create(member_, {})), ProblemCode::kHierarchy);
}

TEST_P(RolesTest, EveryoneStaysAndKeepsItsName) {
  const RoleId id = everyone(community_);
  EXPECT_EQ(code_of(erase(owner_, id)), ProblemCode::kConflict);
  EXPECT_EQ(code_of(change(owner_, id, {.name = Name("x")})), ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(reorder(owner_, {id, low_})), ProblemCode::kInvalidRequest);
  EXPECT_TRUE(assign(owner_, member_, id)->roles.empty());
}

TEST_P(RolesTest, ExchangeTheirPlacesAndOthersKeepTheirs) {
  ASSERT_TRUE(reorder(owner_, {mighty_, low_}));
  EXPECT_EQ(names(), (std::vector{low_, manages_, mighty_, everyone(community_)}));
  EXPECT_EQ(code_of(reorder(owner_, {low_, low_})), ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(reorder(owner_, {RoleId("nothing")})), ProblemCode::kNotFound);
}

TEST_P(RolesTest, AnOrderMadeFromAnOlderStateIsAConflict) {
  const int64_t version = read([&](Tx& tx) { return find_community(tx, community_)->version; });
  ASSERT_TRUE(reorder(owner_, {mighty_, low_}, seen(version)));
  EXPECT_EQ(code_of(reorder(owner_, {low_, mighty_}, seen(version))), ProblemCode::kConflict);
  const int64_t role_version = change(owner_, low_, {.name = Name("a")})->version;
  ASSERT_TRUE(change(owner_, low_, {.name = Name("b"), .version = seen(role_version)}));
  EXPECT_EQ(code_of(change(owner_, low_, {.name = Name("c"), .version = seen(role_version)})), ProblemCode::kConflict);
}

TEST_P(RolesTest, ARoleThatIsDeletedIsGoneFromItsBearersAndOverrides) {
  ASSERT_TRUE(assign(owner_, member_, low_));
  override_for(owner_, channel_, low_, PermissionMask::of(kSend), {});
  EXPECT_FALSE(mask_of(member_, channel_).has(kSend));
  ASSERT_TRUE(erase(manager_, low_));
  EXPECT_TRUE(mask_of(member_, channel_).has(kSend));
  EXPECT_EQ(count("channel_overrides"), 0);
}

TEST_P(RolesTest, OfAnotherCommunityDoNotExistHere) {
  const CommunityId other = make_community(owner_);
  const RoleId foreign = make_role(owner_, other, {});
  EXPECT_EQ(code_of(change(owner_, foreign, {.name = Name("x")})), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(assign(owner_, member_, foreign)), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(reorder(owner_, {foreign})), ProblemCode::kNotFound);
}

TEST_P(RolesTest, GivingWhatIsThereChangesAndTellsNothing) {
  ASSERT_TRUE(assign(owner_, member_, low_));
  take_events();
  ASSERT_TRUE(assign(owner_, member_, low_));
  ASSERT_TRUE(take(owner_, manager_, low_));
  EXPECT_TRUE(take_events().empty());
}

TEST_P(RolesTest, ARoleMakesATemporaryMemberALastingOne) {
  const auto invite =
      act(owner_, [&](Tx& tx, const Acting& a) { return create_invite(tx, a, community_, {.is_temporary = true}); });
  for (const bool has_role : {false, true}) {
    const UserId guest = user(has_role ? "guest1" : "guest2");
    ASSERT_TRUE(act(guest, [&](Tx& tx, const Acting& a) { return accept_invite(tx, a, invite->code); }));
    if (has_role) give_role(owner_, community_, guest, low_);
    ASSERT_TRUE(act(guest, [&](Tx& tx, const Acting& a) -> Outcome<void> {
      end_temporary_memberships(tx, a);
      return {};
    }));
    EXPECT_EQ(read([&](Tx& tx) { return find_member(tx, community_, guest).has_value(); }), has_role);
  }
}

TEST_P(RolesTest, AreLimited) {
  for (int64_t i = std::ssize(names()); i < kMaxRoles; ++i) ASSERT_TRUE(create(owner_, {}));
  EXPECT_EQ(code_of(create(owner_, {})), ProblemCode::kLimitReached);
}

PARLEY_ON_BOTH_DATABASES(RolesTest);

}  // namespace
}  // namespace parley::product::community

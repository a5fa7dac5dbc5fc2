#include "product/community/channels.h"

#include "product/community/test_community.h"

namespace parley::product::community {
namespace {

using enum access::Permission;

class ChannelsTest : public CommunityTest {
 protected:
  Outcome<Channel> change(const UserId& who, const ChannelId& channel, const ChannelChange& wanted) {
    return act(who, [&](Tx& tx, const Acting& a) { return update_channel(tx, a, channel, wanted); });
  }
  Outcome<Channel> create(const UserId& who, const NewChannel& wanted) {
    return act(who, [&](Tx& tx, const Acting& a) { return create_channel(tx, a, community_, wanted); });
  }
  Outcome<void> erase(const UserId& who, const ChannelId& channel) {
    return act(who, [&](Tx& tx, const Acting& a) { return delete_channel(tx, a, channel); });
  }
  Outcome<std::vector<ChannelView>> reorder(const UserId& who, const std::vector<ChannelPlace>& places) {
    ChannelOrder order;
    order.channels.assign(places.begin(), places.end());
    return act(who, [&](Tx& tx, const Acting& a) { return reorder_channels(tx, a, community_, order); });
  }
  Outcome<Channel> sync(const UserId& who, const ChannelId& channel) {
    return act(who, [&](Tx& tx, const Acting& a) { return sync_channel(tx, a, channel); });
  }
  Outcome<std::vector<Override>> set(const UserId& who, const ChannelId& channel, const OverrideTarget& target,
                                     PermissionMask deny, PermissionMask allow) {
    return act(who, [&](Tx& tx, const Acting& a) {
      return set_override(tx, a, channel, target, {.deny = {deny.bits()}, .allow = {allow.bits()}});
    });
  }
  std::vector<ChannelId> listed(const UserId& who) {
    std::vector<ChannelId> out;
    for (const ChannelView& channel :
         act(who, [&](Tx& tx, const Acting& a) { return list_channels(tx, a, community_); }).value())
      out.push_back(channel.id);
    return out;
  }
  void hide(const ChannelId& channel) {
    override_for(owner_, channel, everyone(community_), PermissionMask::of(kView), {});
  }

  UserId owner_ = user("owner");
  CommunityId community_ = make_community(owner_);
  UserId manager_ = make_member("manager", owner_, community_);
  UserId member_ = make_member("member", owner_, community_);
  RoleId manages_ = make_role(owner_, community_, PermissionMask::of(kManageChannels, kManageRoles));
  ChannelId category_ = make_channel(owner_, community_, ChannelKind::kCategory);
  ChannelId inside_ = make_channel(owner_, community_, {.name = Name("in"), .parent_id = category_});
  ChannelId outside_ = make_channel(owner_, community_, ChannelKind::kVoice);
  void SetUp() override { give_role(owner_, community_, manager_, manages_); }
};

TEST_P(ChannelsTest, NeedTheRight) {
  EXPECT_EQ(code_of(create(member_, {.name = Name("x")})), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(change(member_, inside_, {.name = Name("x")})), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(erase(member_, inside_)), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(reorder(member_, {{inside_, {}}})), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(set(member_, inside_, member_, {}, {})), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(sync(member_, inside_)), ProblemCode::kForbidden);
  EXPECT_TRUE(change(manager_, inside_, {.name = Name("x")}));
}

TEST_P(ChannelsTest, DoNotExistForThoseWhoMayNotViewThem) {
  hide(inside_);
  EXPECT_EQ(listed(member_), (std::vector{category_, outside_}));
  EXPECT_EQ(code_of(act(member_, [&](Tx& tx, const Acting& a) { return get_channel(tx, a, inside_); })),
            ProblemCode::kNotFound);
  EXPECT_EQ(code_of(change(manager_, inside_, {.name = Name("x")})), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(erase(manager_, inside_)), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(reorder(manager_, {{inside_, {}}, {outside_, {}}})), ProblemCode::kNotFound);
}

TEST_P(ChannelsTest, AHiddenCategoryIsNotNamedByItsChannels) {
  override_for(owner_, inside_, member_, {}, PermissionMask::of(kView));
  hide(category_);
  const auto view = act(member_, [&](Tx& tx, const Acting& a) { return get_channel(tx, a, inside_); });
  EXPECT_FALSE(view->parent_id.has_value());
  const auto list = act(member_, [&](Tx& tx, const Acting& a) { return list_channels(tx, a, community_); });
  EXPECT_FALSE(list->front().parent_id.has_value());
}

TEST_P(ChannelsTest, HaveOnlyWhatTheirKindHas) {
  EXPECT_EQ(code_of(create(owner_, {.name = Name("x"), .user_limit = UserLimit(3)})), ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(change(owner_, category_, {.slow_mode_seconds = SlowMode(3)})), ProblemCode::kInvalidRequest);
  EXPECT_EQ(change(owner_, inside_, {.slow_mode_seconds = SlowMode(30)})->slow_mode_seconds, 30);
  EXPECT_EQ(change(owner_, outside_, {.bitrate = Bitrate(64'000)})->bitrate, 64'000);
  EXPECT_EQ(code_of(create(owner_, {.name = Name("x"), .kind = ChannelKind::kCategory, .parent_id = category_})),
            ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(create(owner_, {.name = Name("x"), .parent_id = inside_})), ProblemCode::kInvalidRequest);
}

TEST_P(ChannelsTest, ACategoryOfAnotherCommunityIsNone) {
  const CommunityId other = make_community(owner_);
  const ChannelId foreign = make_channel(owner_, other, ChannelKind::kCategory);
  EXPECT_EQ(code_of(create(owner_, {.name = Name("x"), .parent_id = foreign})), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(reorder(owner_, {{inside_, json::Patch<ChannelId>(foreign)}})), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(reorder(owner_, {{foreign, {}}})), ProblemCode::kNotFound);
}

TEST_P(ChannelsTest, AChangeOfAnOlderVersionIsAConflict) {
  const int64_t version = change(owner_, inside_, {.topic = Topic("a\nb")})->version;
  ASSERT_TRUE(change(owner_, inside_, {.name = Name("x"), .version = seen(version)}));
  EXPECT_EQ(code_of(change(owner_, inside_, {.name = Name("y"), .version = seen(version)})), ProblemCode::kConflict);
}

TEST_P(ChannelsTest, ExchangeTheirPlacesInOneStep) {
  ASSERT_TRUE(reorder(manager_, {{outside_, {}}, {category_, {}}}));
  EXPECT_EQ(listed(owner_), (std::vector{outside_, inside_, category_}));
  EXPECT_EQ(code_of(reorder(manager_, {{outside_, {}}, {outside_, {}}})), ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(reorder(manager_, {{outside_, json::Patch<ChannelId>(inside_)}})), ProblemCode::kInvalidRequest);
}

TEST_P(ChannelsTest, MovingOutOfACategoryChangesNobodysRights) {
  hide(category_);
  EXPECT_FALSE(mask_of(member_, inside_).has(kView));
  ASSERT_TRUE(reorder(owner_, {{inside_, json::Patch<ChannelId>::null()}}));
  EXPECT_FALSE(mask_of(member_, inside_).has(kView));
  const auto channel = read([&](Tx& tx) { return find_channel(tx, inside_); });
  EXPECT_FALSE(channel->is_synced);
  EXPECT_FALSE(channel->parent_id.has_value());
}

TEST_P(ChannelsTest, MovingOutOfALockedCategoryIsAnnounced) {
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return lock_channel(tx, a, category_, true); }));
  EXPECT_FALSE(mask_of(member_, inside_).has(kSend));
  take_events();
  ASSERT_TRUE(reorder(owner_, {{inside_, json::Patch<ChannelId>::null()}}));
  EXPECT_TRUE(mask_of(member_, inside_).has(kSend));
  EXPECT_EQ(take_events(),
            (std::vector<std::string>{"channel.overrides_changed", "channels.reordered", "access.changed"}));
}

TEST_P(ChannelsTest, DeletingACategoryOpensNoneOfItsChannels) {
  hide(category_);
  ASSERT_TRUE(erase(owner_, category_));
  EXPECT_FALSE(mask_of(member_, inside_).has(kView));
  EXPECT_TRUE(mask_of(owner_, inside_).has(kView));
  EXPECT_EQ(listed(owner_), (std::vector{inside_, outside_}));
}

TEST_P(ChannelsTest, AnOverrideOfASyncedChannelGoesItsOwnWayFromWhatHeld) {
  override_for(owner_, category_, everyone(community_), PermissionMask::of(kSend), {});
  override_for(owner_, inside_, member_, PermissionMask::of(kReact), {});
  EXPECT_FALSE(mask_of(member_, inside_).has(kSend));
  EXPECT_FALSE(mask_of(member_, inside_).has(kReact));
  EXPECT_TRUE(mask_of(member_, category_).has(kReact));
  const RoleId everyone_here = everyone(community_);
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return remove_override(tx, a, category_, everyone_here); }));
  EXPECT_FALSE(mask_of(member_, inside_).has(kSend));
  ASSERT_TRUE(sync(owner_, inside_));
  EXPECT_TRUE(mask_of(member_, inside_).contains(PermissionMask::of(kSend, kReact)));
  EXPECT_EQ(code_of(sync(owner_, outside_)), ProblemCode::kConflict);
}

TEST_P(ChannelsTest, OverridesKeepTheHierarchyAndGiveOnlyWhatIsHeld) {
  const RoleId low = make_role(owner_, community_, {});
  EXPECT_EQ(code_of(set(manager_, inside_, manages_, {}, PermissionMask::of(kSend))), ProblemCode::kHierarchy);
  EXPECT_EQ(code_of(set(manager_, inside_, manager_, {}, PermissionMask::of(kSend))), ProblemCode::kHierarchy);
  EXPECT_EQ(code_of(set(manager_, inside_, owner_, PermissionMask::of(kSend), {})), ProblemCode::kHierarchy);
  EXPECT_EQ(code_of(set(manager_, inside_, low, {}, PermissionMask::of(kBan))), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(set(manager_, inside_, low, PermissionMask::of(kBan), {})), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(set(manager_, inside_, user("stranger"), {}, {})), ProblemCode::kNotFound);
  EXPECT_TRUE(set(manager_, inside_, low, PermissionMask::of(kSend), PermissionMask::of(kReact)));
}

TEST_P(ChannelsTest, SyncingKeepsTheHierarchyToo) {
  const ChannelId apart = make_channel(owner_, community_, {.name = Name("apart"), .parent_id = category_});
  override_for(owner_, apart, manages_, PermissionMask::of(kSend), {});
  EXPECT_EQ(code_of(sync(manager_, apart)), ProblemCode::kHierarchy);
  EXPECT_TRUE(sync(owner_, apart));
}

TEST_P(ChannelsTest, NoChannelMakesAnAdministratorOrContradictsItself) {
  EXPECT_EQ(code_of(set(owner_, inside_, member_, {}, PermissionMask::of(kAdministrator))),
            ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(set(owner_, inside_, member_, PermissionMask::of(kSend), PermissionMask::of(kSend))),
            ProblemCode::kInvalidRequest);
}

TEST_P(ChannelsTest, OverridesAreLimited) {
  for (int64_t i = 1; i < kMaxRoles - 2 && i <= kMaxOverridesPerChannel; ++i)
    override_for(owner_, outside_, make_role(owner_, community_, {}), {}, PermissionMask::of(kSend));
  EXPECT_EQ(code_of(set(owner_, outside_, member_, {}, {})), ProblemCode::kLimitReached);
  EXPECT_TRUE(set(owner_, outside_, read([&](Tx& tx) { return *overrides_of(tx, outside_)[0].role_id; }), {}, {}));
}

TEST_P(ChannelsTest, AreLimited) {
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) -> Outcome<void> {
    for (int64_t i = 3; i < kMaxChannels; ++i) {
      const auto made = create_channel(tx, a, community_, {.name = Name("c")});
      if (!made) return std::unexpected(made.error());
    }
    return {};
  }));
  EXPECT_EQ(code_of(create(owner_, {.name = Name("one more")})), ProblemCode::kLimitReached);
  ASSERT_TRUE(erase(owner_, outside_));
  EXPECT_TRUE(create(owner_, {.name = Name("in its place")}));
}

TEST_P(ChannelsTest, SayWhySomebodyMayOrMayNot) {
  override_for(owner_, outside_, everyone(community_), PermissionMask::of(kSpeak), {});
  const auto explain_as = [&](const UserId& who, const UserId& about) {
    return act(who, [&](Tx& tx, const Acting& a) { return explain_access(tx, a, outside_, about, kSpeak); });
  };
  const auto own = explain_as(member_, member_);
  ASSERT_TRUE(own);
  EXPECT_FALSE(own->is_allowed);
  EXPECT_EQ(own->steps.back().what, "the channel denies @everyone");
  EXPECT_EQ(own->permissions.bits, mask_of(member_, outside_).bits());
  EXPECT_EQ(code_of(explain_as(member_, owner_)), ProblemCode::kForbidden);
  EXPECT_TRUE(explain_as(manager_, owner_)->is_allowed);
  EXPECT_FALSE(explain_as(manager_, user("stranger"))->is_member);
  hide(outside_);
  EXPECT_EQ(code_of(explain_as(member_, member_)), ProblemCode::kNotFound);
}

PARLEY_ON_BOTH_DATABASES(ChannelsTest);

}  // namespace
}  // namespace parley::product::community

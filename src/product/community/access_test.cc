#include "product/community/access.h"

#include "product/community/test_community.h"

namespace parley::product::community {
namespace {

using enum access::Permission;

class AccessTest : public CommunityTest {
 protected:
  UserId owner_ = user("owner");
  CommunityId community_ = make_community(owner_);
  UserId member_ = make_member("member", owner_, community_);
  ChannelId channel_ = make_channel(owner_, community_);
};

TEST_P(AccessTest, AMemberHasWhatEveryoneHasAndAStrangerNothing) {
  EXPECT_EQ(mask_of(member_, channel_), access::kDefaultPermissions);
  EXPECT_EQ(mask_of(owner_, channel_), PermissionMask::everything());
  EXPECT_EQ(mask_of(user("stranger"), channel_), PermissionMask());
  EXPECT_EQ(mask_of(member_, ChannelId("nothing")), PermissionMask());
}

TEST_P(AccessTest, RolesGiveAndOverridesOfRolesAndMembersChange) {
  const RoleId role = make_role(owner_, community_, PermissionMask::of(kKick));
  give_role(owner_, community_, member_, role);
  EXPECT_TRUE(mask_of(member_, channel_).has(kKick));
  override_for(owner_, channel_, role, PermissionMask::of(kKick), PermissionMask::of(kBan));
  EXPECT_FALSE(mask_of(member_, channel_).has(kKick));
  EXPECT_TRUE(mask_of(member_, channel_).has(kBan));
  override_for(owner_, channel_, member_, PermissionMask::of(kSend), PermissionMask::of(kKick));
  EXPECT_FALSE(mask_of(member_, channel_).has(kSend));
  EXPECT_TRUE(mask_of(member_, channel_).has(kKick));
}

TEST_P(AccessTest, ASyncedChannelFollowsItsCategory) {
  const ChannelId category = make_channel(owner_, community_, ChannelKind::kCategory);
  const ChannelId inside = make_channel(owner_, community_, {.name = Name("in"), .parent_id = category});
  override_for(owner_, category, everyone(community_), PermissionMask::of(kView), {});
  EXPECT_FALSE(mask_of(member_, inside).has(kView));
  EXPECT_TRUE(mask_of(member_, channel_).has(kView));
}

TEST_P(AccessTest, OfADeletedChannelOrCommunityNobodyIsAMember) {
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return delete_channel(tx, a, channel_); }));
  EXPECT_EQ(mask_of(owner_, channel_), PermissionMask());
  const ChannelId other = make_channel(owner_, community_);
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return delete_community(tx, a, community_); }));
  EXPECT_EQ(mask_of(owner_, other), PermissionMask());
  EXPECT_FALSE(read([&](Tx& tx) { return access_in(tx, owner_, community_, now_).is_member(); }));
}

TEST_P(AccessTest, ATimeoutEndsByItself) {
  ASSERT_TRUE(act(
      owner_, [&](Tx& tx, const Acting& a) { return time_out(tx, a, community_, member_, TimeDelta::seconds(60)); }));
  EXPECT_EQ(mask_of(member_, channel_), access::kTimedOutPermissions);
  EXPECT_EQ(read([&](Tx& tx) { return access_of(tx, member_, channel_, now_).timed_out_until; }),
            WallTime{now_.unix_us + 60'000'000});
  advance(TimeDelta::seconds(61));
  EXPECT_EQ(read([&](Tx& tx) { return access_of(tx, member_, channel_, now_).timed_out_until; }), std::nullopt);
  EXPECT_EQ(mask_of(member_, channel_), access::kDefaultPermissions);
}

TEST_P(AccessTest, ALockdownOfTheCategoryOrTheCommunityHoldsInItsChannels) {
  const ChannelId category = make_channel(owner_, community_, ChannelKind::kCategory);
  const ChannelId inside = make_channel(owner_, community_, {.name = Name("in"), .parent_id = category});
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return lock_channel(tx, a, category, true); }));
  EXPECT_FALSE(mask_of(member_, inside).has(kSend));
  EXPECT_TRUE(mask_of(member_, channel_).has(kSend));
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return set_lockdown(tx, a, community_, true); }));
  EXPECT_FALSE(mask_of(member_, channel_).has(kSend));
  EXPECT_TRUE(mask_of(member_, channel_).has(kView));
}

TEST_P(AccessTest, AnswersForManyAsForEachAndInTheirOrder) {
  const RoleId role = make_role(owner_, community_, PermissionMask::of(kMute));
  override_for(owner_, channel_, role, {}, PermissionMask::of(kDeafen));
  std::vector<UserId> users{owner_, user("stranger"), member_, member_};
  for (int i = 0; i < 12; ++i) users.push_back(make_member("m" + std::to_string(i), owner_, community_));
  give_role(owner_, community_, users.back(), role);
  override_for(owner_, channel_, users[5], PermissionMask::of(kSpeak), {});
  const auto together = read([&](Tx& tx) { return access_of_all(tx, channel_, users, now_); });
  ASSERT_EQ(together.size(), users.size());
  for (size_t i = 0; i < users.size(); ++i) {
    EXPECT_EQ(together[i].user, users[i]);
    EXPECT_EQ(together[i].mask, mask_of(users[i], channel_)) << i;
  }
}

TEST_P(AccessTest, TheNumberOfStatementsDoesNotGrowWithTheUsers) {
  std::vector<UserId> users;
  for (int i = 0; i < 20; ++i) users.push_back(make_member("m" + std::to_string(i), owner_, community_));
  for (const size_t size : {size_t{1}, size_t{5}, users.size()}) {
    const uint64_t before = store_->statement_count();
    read([&](Tx& tx) { return access_of_all(tx, channel_, std::span(users).first(size), now_); });
    EXPECT_EQ(store_->statement_count() - before, 3u) << size;
  }
  const uint64_t before = store_->statement_count();
  read([&](Tx& tx) { return visible_channels(tx, member_, community_, now_).size(); });
  EXPECT_EQ(store_->statement_count() - before, 5u);
}

TEST_P(AccessTest, WhatIsVisibleIsWhatMayBeViewedInEachChannel) {
  const RoleId role = make_role(owner_, community_, {});
  const ChannelId category = make_channel(owner_, community_, ChannelKind::kCategory);
  std::vector<ChannelId> channels{channel_, category};
  for (int i = 0; i < 6; ++i) {
    NewChannel wanted{.name = Name("c"), .kind = i % 2 == 0 ? ChannelKind::kVoice : ChannelKind::kText};
    if (i > 2) wanted.parent_id = category;
    channels.push_back(make_channel(owner_, community_, wanted));
  }
  override_for(owner_, category, everyone(community_), PermissionMask::of(kView), {});
  override_for(owner_, channels[2], role, PermissionMask::of(kConnect), {});
  override_for(owner_, channels[6], member_, {}, PermissionMask::of(kView));
  give_role(owner_, community_, member_, role);
  const auto visible = read([&](Tx& tx) { return visible_channels(tx, member_, community_, now_); });
  for (const ChannelId& channel : channels) {
    const auto at = std::ranges::find_if(visible, [&](const ChannelStanding& c) { return c.channel.id == channel; });
    EXPECT_EQ(at == visible.end() ? PermissionMask() : at->mask, mask_of(member_, channel));
  }
  EXPECT_EQ(visible.size(), 5u);
}

TEST_P(AccessTest, MoreUsersThanOneStatementTakesAreAskedForInParts) {
  std::vector<UserId> users;
  for (size_t i = 0; i <= 512; ++i) users.emplace_back("nobody-" + std::to_string(i));
  users.push_back(member_);
  const auto all_of_them = read([&](Tx& tx) { return access_of_all(tx, channel_, users, now_); });
  EXPECT_TRUE(all_of_them.back().is_member());
  EXPECT_FALSE(all_of_them.front().is_member());
}

PARLEY_ON_BOTH_DATABASES(AccessTest);

}  // namespace
}  // namespace parley::product::community

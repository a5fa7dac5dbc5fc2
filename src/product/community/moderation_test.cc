#include "product/community/moderation.h"

#include <boost/json.hpp>

#include "product/community/test_community.h"

namespace parley::product::community {
namespace {

using enum access::Permission;

constexpr TimeDelta kDay = TimeDelta::seconds(86'400);

class ModerationTest : public CommunityTest {
 protected:
  Outcome<void> kick(const UserId& who, const UserId& whom) {
    return act(who, [&](Tx& tx, const Acting& a) { return kick_member(tx, a, community_, whom); });
  }
  Outcome<Ban> ban(const UserId& who, const UserId& whom, const NewBan& wanted = {}) {
    return act(who, [&](Tx& tx, const Acting& a) { return ban_user(tx, a, community_, whom, wanted); }, "spam");
  }
  Outcome<void> unban(const UserId& who, const UserId& whom) {
    return act(who, [&](Tx& tx, const Acting& a) { return unban_user(tx, a, community_, whom); });
  }
  Outcome<Member> silence(const UserId& who, const UserId& whom, TimeDelta duration = kDay) {
    return act(who, [&](Tx& tx, const Acting& a) { return time_out(tx, a, community_, whom, duration); });
  }
  Outcome<Member> mute(const UserId& who, const UserId& whom, const VoiceRestriction& change) {
    return act(who, [&](Tx& tx, const Acting& a) { return restrict_voice(tx, a, community_, whom, change); });
  }
  Outcome<void> move(const UserId& who, const UserId& whom, const ChannelId& to) {
    return act(who, [&](Tx& tx, const Acting& a) { return request_move(tx, a, community_, whom, to); });
  }
  Outcome<void> disconnect(const UserId& who, const UserId& whom) {
    return act(who, [&](Tx& tx, const Acting& a) { return request_disconnect(tx, a, community_, whom); });
  }
  Outcome<Joined> join(const UserId& who) {
    const auto invite = act(owner_, [&](Tx& tx, const Acting& a) { return create_invite(tx, a, community_, {}); });
    return act(who, [&](Tx& tx, const Acting& a) { return accept_invite(tx, a, invite->code); });
  }
  bool is_member(const UserId& who) {
    return read([&](Tx& tx) { return access_in(tx, who, community_, now_).is_member(); });
  }

  UserId owner_ = user("owner");
  CommunityId community_ = make_community(owner_);
  UserId moderator_ = make_member("moderator", owner_, community_);
  UserId peer_ = make_member("peer", owner_, community_);
  UserId member_ = make_member("member", owner_, community_);
  ChannelId voice_ = make_channel(owner_, community_, ChannelKind::kVoice);
  RoleId moderates_ = make_role(owner_, community_, PermissionMask::of(kKick, kBan, kTimeout, kMute, kDeafen, kMove));
  void SetUp() override {
    give_role(owner_, community_, moderator_, moderates_);
    give_role(owner_, community_, peer_, moderates_);
  }
};

TEST_P(ModerationTest, NeedsTheRight) {
  for (const ProblemCode code :
       {code_of(kick(member_, moderator_)), code_of(ban(member_, moderator_)), code_of(silence(member_, moderator_)),
        code_of(mute(member_, moderator_, {.server_muted = true})), code_of(move(member_, moderator_, voice_)),
        code_of(disconnect(member_, moderator_)), code_of(unban(member_, moderator_))})
    EXPECT_EQ(code, ProblemCode::kForbidden);
}

TEST_P(ModerationTest, ActsOnLowerMembersOnly) {
  for (const UserId& whom : {owner_, peer_, moderator_}) {
    for (const ProblemCode code :
         {code_of(kick(moderator_, whom)), code_of(ban(moderator_, whom)), code_of(silence(moderator_, whom)),
          code_of(mute(moderator_, whom, {.server_muted = true})), code_of(move(moderator_, whom, voice_)),
          code_of(disconnect(moderator_, whom))})
      EXPECT_EQ(code, ProblemCode::kHierarchy);
  }
  EXPECT_EQ(code_of(ban(owner_, owner_)), ProblemCode::kHierarchy);
}

TEST_P(ModerationTest, OneWhoIsKickedMayComeBackWithoutWhatHeHad) {
  const RoleId low = make_role(owner_, community_, PermissionMask::of(kKick));
  give_role(owner_, community_, member_, low);
  override_for(owner_, voice_, member_, {}, PermissionMask::of(kMove));
  ASSERT_TRUE(kick(moderator_, member_));
  EXPECT_FALSE(is_member(member_));
  EXPECT_EQ(code_of(kick(moderator_, member_)), ProblemCode::kNotFound);
  ASSERT_TRUE(join(member_));
  EXPECT_EQ(mask_of(member_, voice_), access::kDefaultPermissions);
}

TEST_P(ModerationTest, OneWhoIsBannedIsOutUntilTheBanIsLifted) {
  ASSERT_TRUE(ban(moderator_, member_));
  EXPECT_FALSE(is_member(member_));
  EXPECT_EQ(code_of(join(member_)), ProblemCode::kBanned);
  ASSERT_TRUE(unban(moderator_, member_));
  EXPECT_EQ(code_of(unban(moderator_, member_)), ProblemCode::kNotFound);
  EXPECT_TRUE(join(member_));
}

TEST_P(ModerationTest, ABanEndsAtItsTime) {
  ASSERT_TRUE(ban(moderator_, member_, {.expires_in_seconds = json::Number<60, 315'360'000>(60)}));
  EXPECT_EQ(code_of(join(member_)), ProblemCode::kBanned);
  advance(TimeDelta::seconds(60));
  const auto bans = act(owner_, [&](Tx& tx, const Acting& a) { return list_bans(tx, a, community_, {}); });
  EXPECT_TRUE(bans->items.empty());
  EXPECT_TRUE(join(member_));
  EXPECT_EQ(count("bans"), 0);
}

TEST_P(ModerationTest, BansThatAreOverAreLiftedAndTold) {
  ASSERT_TRUE(ban(moderator_, member_, {.expires_in_seconds = json::Number<60, 315'360'000>(60)}));
  ASSERT_TRUE(ban(moderator_, user("stranger")));
  const auto lift = [&] {
    return store_->write(soon(), [&](Tx& tx) -> Outcome<int64_t> { return lift_expired_bans(tx, now_); }).value();
  };
  EXPECT_EQ(lift(), 0);
  advance(TimeDelta::seconds(60));
  EXPECT_EQ(lift(), 1);
  EXPECT_EQ(lift(), 0);
  EXPECT_EQ(count("bans"), 1);
  EXPECT_EQ(take_events().back(), "ban.removed");
}

TEST_P(ModerationTest, OneWhoIsNoMemberIsBannedAheadAndABanIsMadeAnew) {
  const UserId stranger = user("stranger");
  EXPECT_EQ(ban(moderator_, stranger, {.expires_in_seconds = json::Number<60, 315'360'000>(60)})->reason, "spam");
  EXPECT_FALSE(ban(moderator_, stranger)->expires_at.has_value());
  EXPECT_EQ(code_of(join(stranger)), ProblemCode::kBanned);
  EXPECT_EQ(code_of(ban(moderator_, UserId("nobody"))), ProblemCode::kNotFound);
}

TEST_P(ModerationTest, ATimeoutIsForAtMost28DaysAndCanBeEnded) {
  EXPECT_EQ(code_of(silence(moderator_, member_, kMaxTimeout + TimeDelta::micros(1))), ProblemCode::kInvalidRequest);
  ASSERT_TRUE(silence(moderator_, member_, kMaxTimeout));
  EXPECT_EQ(mask_of(member_, voice_), access::kTimedOutPermissions);
  ASSERT_TRUE(act(moderator_, [&](Tx& tx, const Acting& a) { return end_timeout(tx, a, community_, member_); }));
  EXPECT_EQ(mask_of(member_, voice_), access::kDefaultPermissions);
}

TEST_P(ModerationTest, OneWhoIsTimedOutIsToldSo) {
  ASSERT_TRUE(silence(owner_, moderator_));
  EXPECT_EQ(code_of(kick(moderator_, member_)), ProblemCode::kTimedOut);
  EXPECT_EQ(code_of(act(moderator_, [&](Tx& tx, const Acting& a) { return create_invite(tx, a, community_, {}); })),
            ProblemCode::kTimedOut);
}

TEST_P(ModerationTest, MutingAndDeafeningNeedARightEach) {
  give_role(owner_, community_, member_, make_role(owner_, community_, PermissionMask::of(kMute)));
  const UserId low = make_member("low", owner_, community_);
  EXPECT_EQ(code_of(mute(member_, low, {.server_muted = true, .server_deafened = true})), ProblemCode::kForbidden);
  const auto muted = mute(member_, low, {.server_muted = true});
  EXPECT_TRUE(muted->server_muted);
  EXPECT_FALSE(muted->server_deafened);
  EXPECT_EQ(code_of(mute(moderator_, low, {})), ProblemCode::kInvalidRequest);
}

TEST_P(ModerationTest, AMoveIsToldWhenAllItNeedsIsThere) {
  const ChannelId text = make_channel(owner_, community_);
  const ChannelId closed = make_channel(owner_, community_, ChannelKind::kVoice);
  override_for(owner_, closed, member_, PermissionMask::of(kConnect), {});
  const CommunityId other = make_community(owner_);
  EXPECT_EQ(code_of(move(moderator_, member_, text)), ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(move(moderator_, member_, closed)), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(move(owner_, member_, make_channel(owner_, other, ChannelKind::kVoice))), ProblemCode::kNotFound);
  take_events();
  ASSERT_TRUE(move(moderator_, member_, voice_));
  ASSERT_TRUE(disconnect(moderator_, member_));
  EXPECT_EQ(take_events(), (std::vector<std::string>{"voice.move_requested", "voice.disconnect_requested"}));
}

TEST_P(ModerationTest, MembersAreFoundByHowTheirNamesBegin) {
  const UserId isil = make_member("Işıl", owner_, community_);
  ASSERT_TRUE(act(
      member_, [&](Tx& tx, const Acting& a) { return set_nickname(tx, a, community_, member_, Nickname("Şəki%")); }));
  const auto find = [&](std::string_view search) {
    std::vector<UserId> out;
    const auto found = act(peer_, [&](Tx& tx, const Acting& a) { return list_members(tx, a, community_, search, {}); });
    for (const MemberProfile& profile : found->items) out.push_back(profile.user_id);
    return out;
  };
  EXPECT_EQ(find("ISI"), std::vector{isil});
  EXPECT_EQ(find("seki"), std::vector{member_});
  EXPECT_EQ(find("MEMBER"), std::vector{member_});
  EXPECT_TRUE(find("%").empty());
  EXPECT_EQ(find("").size(), 5u);
}

TEST_P(ModerationTest, MembersAreListedInPagesEachOnce) {
  give_role(owner_, community_, member_, make_role(owner_, community_, {}));
  std::vector<UserId> found;
  PagePlace place{.after = {}, .limit = 3};
  while (true) {
    const auto page = act(member_, [&](Tx& tx, const Acting& a) { return list_members(tx, a, community_, "", place); });
    for (const MemberProfile& profile : page->items) {
      found.push_back(profile.user_id);
      EXPECT_EQ(profile.roles.size(), profile.user_id == owner_ ? 0u : 1u) << profile.username;
    }
    if (!page->next) break;
    place.after = *page->next;
  }
  std::vector<UserId> wanted{owner_, moderator_, peer_, member_};
  std::ranges::sort(wanted);
  EXPECT_EQ(found, wanted);
}

TEST_P(ModerationTest, EveryoneNamesHimselfAndManagersNameLowerOnes) {
  const auto name = [&](const UserId& who, const UserId& whom) {
    return act(who, [&](Tx& tx, const Acting& a) { return set_nickname(tx, a, community_, whom, Nickname("n")); });
  };
  EXPECT_TRUE(name(member_, member_));
  EXPECT_EQ(code_of(name(moderator_, member_)), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(name(user("stranger"), member_)), ProblemCode::kNotFound);
  EXPECT_EQ(name(owner_, member_)->nickname, "n");
}

TEST_P(ModerationTest, AllLeaveButTheOwner) {
  const auto leave = [&](const UserId& who) {
    return act(who, [&](Tx& tx, const Acting& a) { return leave_community(tx, a, community_); });
  };
  EXPECT_EQ(code_of(leave(owner_)), ProblemCode::kConflict);
  EXPECT_TRUE(leave(member_));
  EXPECT_EQ(code_of(leave(member_)), ProblemCode::kNotFound);
}

TEST_P(ModerationTest, AnErasedOwnersCommunityGoesToTheMightiestWhoJoinedFirst) {
  const CommunityId alone = make_community(owner_);
  const auto leave = [&](const UserId& who) {
    return act(who, [&](Tx& tx, const Acting& a) { return leave_everything(tx, a); });
  };
  advance(TimeDelta::seconds(1));
  give_role(owner_, community_, make_member("late", owner_, community_), moderates_);
  ASSERT_TRUE(leave(owner_));
  EXPECT_FALSE(is_member(owner_));
  const UserId heir = read([&](Tx& tx) { return find_community(tx, community_)->owner_id; });
  EXPECT_TRUE(heir == moderator_ || heir == peer_);
  EXPECT_FALSE(read([&](Tx& tx) { return find_community(tx, alone).has_value(); }));
  ASSERT_TRUE(leave(member_));
  EXPECT_FALSE(is_member(member_));
}

PARLEY_ON_BOTH_DATABASES(ModerationTest);

}  // namespace
}  // namespace parley::product::community

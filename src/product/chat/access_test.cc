#include "product/chat/access.h"

#include "product/chat/test_chat.h"
#include "product/community/audit.h"

namespace parley::product::chat {
namespace {

using access::Permission;
using access::PermissionMask;

class ChannelTest : public ChatTest {
 protected:
  Outcome<ConversationView> get(const UserId& who) {
    return act(who, [&](Tx& tx, const Acting& acting) { return get_conversation(tx, acting, talk_); });
  }
  void deny(const UserId& whom, PermissionMask mask) { override_for(owner_, channel_, whom, mask, {}); }

  UserId owner_ = user("owner");
  CommunityId community_ = make_community(owner_);
  ChannelId channel_ = make_channel(owner_, community_);
  ConversationId talk_ = conversation_of_channel(channel_);
  UserId member_ = make_member("member", owner_, community_);
};

TEST(Rights, OfTwoPeopleAreThoseOfEquals) {
  const RightSet rights = decide_rights({.kind = ConversationKind::kDirect, .is_member = true});
  EXPECT_TRUE(rights.has(Right::kSend) && rights.has(Right::kPin) && rights.has(Right::kHistory));
  EXPECT_FALSE(rights.has(Right::kModerate) || rights.has(Right::kAddPeople) || rights.has(Right::kMentionAll));
}

TEST(Rights, OfWhoIsRefusedAreToReadAlone) {
  const RightSet rights = decide_rights({.kind = ConversationKind::kDirect, .is_member = true, .is_refused = true});
  EXPECT_EQ(rights, RightSet::of(Right::kView, Right::kHistory));
}

TEST(Rights, OfAStrangerAreNone) {
  for (const auto kind : {ConversationKind::kDirect, ConversationKind::kGroup, ConversationKind::kChannel})
    EXPECT_EQ(decide_rights({.kind = kind, .is_owner = true}), RightSet());
}

TEST(Rights, InAChannelFollowItsPermissions) {
  const RightSet rights = decide_rights(
      {.kind = ConversationKind::kChannel, .mask = PermissionMask::of(Permission::kView, Permission::kManageMessages)});
  EXPECT_EQ(rights, RightSet::of(Right::kView, Right::kPin, Right::kModerate));
  EXPECT_EQ(decide_rights({.kind = ConversationKind::kChannel, .mask = PermissionMask::of(Permission::kSend)}),
            RightSet());
}

TEST_P(ChannelTest, AChannelHasAConversationBeforeAnythingIsSaid) {
  EXPECT_EQ(get(member_)->last_seq, 0);
  EXPECT_EQ(say(member_, talk_, "first").seq, 1);
  EXPECT_EQ(get(owner_)->last_seq, 1);
  EXPECT_EQ(code_of(get(user("stranger"))), ProblemCode::kNotFound);
}

TEST_P(ChannelTest, VoiceChannelsAndCategoriesHaveNone) {
  for (const auto kind : {community::ChannelKind::kVoice, community::ChannelKind::kCategory}) {
    const ConversationId where = conversation_of_channel(make_channel(owner_, community_, kind));
    EXPECT_EQ(code_of(try_send(owner_, where, "hello")), ProblemCode::kNotFound);
  }
}

TEST_P(ChannelTest, ATakenPermissionActsAtOnceOnReadingAndOnWriting) {
  say(owner_, talk_, "hello");
  deny(member_, PermissionMask::of(Permission::kSend));
  EXPECT_EQ(code_of(try_send(member_, talk_, "hello")), ProblemCode::kForbidden);
  EXPECT_TRUE(history(member_, talk_));
  deny(member_, PermissionMask::of(Permission::kHistory));
  EXPECT_EQ(code_of(history(member_, talk_)), ProblemCode::kForbidden);
  EXPECT_FALSE(get(member_)->last_message.has_value());
  deny(member_, PermissionMask::of(Permission::kView));
  EXPECT_EQ(code_of(history(member_, talk_)), ProblemCode::kNotFound);
}

TEST_P(ChannelTest, AThreadInheritsTheRightsOfItsChannel) {
  const MessageId parent = say(owner_, talk_, "topic").id;
  const auto thread = act(member_, [&](Tx& tx, const Acting& a) { return open_thread(tx, a, parent, {}); });
  ASSERT_TRUE(thread);
  say(member_, thread->id, "inside");
  deny(member_, PermissionMask::of(Permission::kView));
  EXPECT_EQ(code_of(history(member_, thread->id)), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(try_send(member_, thread->id, "more")), ProblemCode::kNotFound);
}

TEST_P(ChannelTest, WhoIsTimedOutReadsAndKeepsSilent) {
  const auto done = act(owner_, [&](Tx& tx, const Acting& a) {
    return community::time_out(tx, a, community_, member_, TimeDelta::seconds(60));
  });
  ASSERT_TRUE(done);
  EXPECT_EQ(code_of(try_send(member_, talk_, "hello")), ProblemCode::kTimedOut);
  EXPECT_TRUE(history(member_, talk_));
  advance(TimeDelta::seconds(61));
  EXPECT_TRUE(try_send(member_, talk_, "hello"));
}

TEST_P(ChannelTest, ALockdownLeavesOnlyThoseWhoManageChannels) {
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return community::lock_channel(tx, a, channel_, true); }));
  EXPECT_EQ(code_of(try_send(member_, talk_, "hello")), ProblemCode::kForbidden);
  EXPECT_TRUE(try_send(owner_, talk_, "calm"));
}

TEST_P(ChannelTest, SlowModeMakesMembersWaitAndNotModerators) {
  const auto done = act(owner_, [&](Tx& tx, const Acting& a) {
    return community::update_channel(tx, a, channel_, {.slow_mode_seconds = community::SlowMode(30)});
  });
  ASSERT_TRUE(done);
  ASSERT_TRUE(try_send(member_, talk_, "one"));
  advance(TimeDelta::seconds(10));
  const auto refused = try_send(member_, talk_, "two");
  EXPECT_EQ(code_of(refused), ProblemCode::kRateLimited);
  EXPECT_EQ(refused.error().retry_after, TimeDelta::seconds(20));
  advance(TimeDelta::seconds(20));
  EXPECT_TRUE(try_send(member_, talk_, "two"));
  EXPECT_TRUE(try_send(owner_, talk_, "one"));
  EXPECT_TRUE(try_send(owner_, talk_, "two"));
}

TEST_P(ChannelTest, AModeratorsDeletionIsInTheAuditLogWithItsReasonAndWithoutTheText) {
  advance(TimeDelta::seconds(1));
  const MessageId said = say(member_, talk_, "something bad").id;
  ASSERT_TRUE(remove(owner_, said, "spam"));
  const auto log =
      act(owner_, [&](Tx& tx, const Acting& a) { return community::list_audit(tx, a, community_, {}, {}); });
  const community::AuditEntry& entry = log->items.front();
  EXPECT_EQ(entry.action, "message.delete");
  EXPECT_EQ(entry.target_id, said.text());
  EXPECT_EQ(entry.reason, "spam");
  EXPECT_FALSE(json::to_json(entry).contains("something bad"));
  EXPECT_EQ(code_of(remove(member_, say(owner_, talk_, "mine").id)), ProblemCode::kForbidden);
}

TEST_P(ChannelTest, ABannedUsersLastMessagesCanBeTakenAway) {
  say(member_, talk_, "old");
  advance(TimeDelta::seconds(100));
  const WallTime since = now_;
  for (int i = 0; i < 3; ++i) say(member_, talk_, "spam");
  const auto take = [&] {
    return act(owner_, [&](Tx& tx, const Acting& a) -> Outcome<int64_t> {
      return delete_recent(tx, a, community_, member_, since, 2);
    });
  };
  EXPECT_EQ(take().value(), 2);
  EXPECT_EQ(take().value(), 1);
  EXPECT_EQ(take().value(), 0);
  EXPECT_FALSE(history(owner_, talk_)->items[0].is_deleted());
}

TEST_P(ChannelTest, MentionsAreResolvedToThoseWhoMayRead) {
  const UserId hidden = make_member("hidden", owner_, community_);
  const UserId stranger = user("stranger");
  deny(hidden, PermissionMask::of(Permission::kView));
  const MessageView sent = say(owner_, talk_, "@Member, <@" + stranger.text() + "> and @hidden; mail@member is none");
  EXPECT_EQ(sent.mentions, std::vector<UserId>{member_});
}

TEST_P(ChannelTest, ABlockIsStrongerThanAMention) {
  ASSERT_TRUE(block(member_, owner_));
  EXPECT_TRUE(say(owner_, talk_, "@member").mentions.empty());
}

TEST_P(ChannelTest, CallingEveryoneNeedsThePermission) {
  advance(TimeDelta::seconds(1));
  EXPECT_EQ(say(member_, talk_, "@everyone").mentions_all, MentionAll::kNone);
  EXPECT_EQ(look(owner_, talk_).mentions, 0);
  EXPECT_EQ(say(owner_, talk_, "look, @everyone").mentions_all, MentionAll::kEveryone);
  EXPECT_EQ(look(member_, talk_).mentions, 1);
}

TEST_P(ChannelTest, AnEditNotifiesOnlyTheNewlyMentioned) {
  const UserId other = make_member("other", owner_, community_);
  const MessageId said = say(owner_, talk_, "@member").id;
  take_events();
  ASSERT_TRUE(edit(owner_, said, "@member @other"));
  const auto told = store_->outbox().fetch(soon(), 10);
  ASSERT_EQ(told->size(), 1u);
  EXPECT_TRUE(told->front().payload.contains("\"newMentions\":[\"" + other.text() + "\"]")) << told->front().payload;
}

TEST_P(ChannelTest, ReactionsAreOnePerUserAndEmojiAndAtMostTwentyKinds) {
  const MessageId said = say(owner_, talk_, "vote").id;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(react(member_, said, "👍"));
  ASSERT_TRUE(react(owner_, said, "👍"));
  const auto shown = history(member_, talk_)->items[0].reactions;
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_EQ(shown[0].count, 2);
  EXPECT_TRUE(shown[0].is_mine);
  for (int i = 1; i < kMaxReactionKinds; ++i) ASSERT_TRUE(react(member_, said, ":e" + std::to_string(i) + ":"));
  EXPECT_EQ(code_of(react(member_, said, ":more:")), ProblemCode::kLimitReached);
  EXPECT_TRUE(react(owner_, said, ":e1:"));
  for (const char* bad : {"x", "12", "::", ":A:", " ", "👍 👍 👍 👍 👍 👍"})
    EXPECT_EQ(code_of(react(member_, said, bad)), ProblemCode::kInvalidRequest) << bad;
}

TEST_P(ChannelTest, AtMostFiftyMessagesArePinned) {
  const auto pin = [&](const UserId& who, const MessageId& id) {
    return act(who, [&](Tx& tx, const Acting& a) { return pin_message(tx, a, id); });
  };
  EXPECT_EQ(code_of(pin(member_, say(member_, talk_, "me").id)), ProblemCode::kForbidden);
  for (int64_t i = 0; i < kMaxPins; ++i) ASSERT_TRUE(pin(owner_, say(owner_, talk_, "pin").id));
  const MessageId more = say(owner_, talk_, "more").id;
  EXPECT_EQ(code_of(pin(owner_, more)), ProblemCode::kLimitReached);
  const auto pins = act(member_, [&](Tx& tx, const Acting& a) { return list_pins(tx, a, talk_); });
  ASSERT_EQ(std::ssize(*pins), kMaxPins);
  ASSERT_TRUE(remove(owner_, pins->front().id)) << "a deleted message is pinned no more";
  EXPECT_TRUE(pin(owner_, more));
}

PARLEY_ON_BOTH_DATABASES(ChannelTest);

}  // namespace
}  // namespace parley::product::chat

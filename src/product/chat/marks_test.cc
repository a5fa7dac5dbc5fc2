#include "product/chat/marks.h"

#include "product/chat/test_chat.h"

namespace parley::product::chat {
namespace {

class MarksTest : public ChatTest {
 protected:
  Outcome<Receipts> receipts(const UserId& who, const ConversationId& where, std::optional<int64_t> seq = {}) {
    return act(who, [&](Tx& tx, const Acting& acting) { return read_receipts(tx, acting, where, seq); });
  }
  Outcome<Marks> unread_from(const UserId& who, const ConversationId& where, int64_t seq) {
    return act(who, [&](Tx& tx, const Acting& acting) { return mark_unread(tx, acting, where, seq); });
  }

  UserId ada_ = user("ada");
  UserId bora_ = user("bora");
  ConversationId talk_ = direct(ada_, bora_);
};

TEST_P(MarksTest, MarksOnlyRiseAndNeverPassTheEnd) {
  for (int i = 0; i < 4; ++i) say(ada_, talk_, "text");
  EXPECT_EQ(read_up_to(bora_, talk_, 3)->read_seq, 3);
  EXPECT_EQ(read_up_to(bora_, talk_, 1)->read_seq, 3);
  const auto done = read_up_to(bora_, talk_, 1000);
  EXPECT_EQ(done->read_seq, 4);
  EXPECT_EQ(done->delivered_seq, 4) << "what is read was delivered";
  take_events();
  ASSERT_TRUE(read_up_to(bora_, talk_, 2));
  EXPECT_TRUE(take_events().empty()) << "nothing has changed";
}

TEST_P(MarksTest, UnreadAreOthersMessagesThatAreNotDeleted) {
  say(ada_, talk_, "one");
  const MessageId two = say(ada_, talk_, "two").id;
  say(bora_, talk_, "mine");
  say(ada_, talk_, "three @bora");
  EXPECT_EQ(look(bora_, talk_).unread, 3);
  EXPECT_EQ(look(bora_, talk_).mentions, 1);
  ASSERT_TRUE(remove(ada_, two));
  EXPECT_EQ(look(bora_, talk_).unread, 2);
  ASSERT_TRUE(read_up_to(bora_, talk_, 4));
  EXPECT_EQ(look(bora_, talk_).unread, 0);
  EXPECT_EQ(look(bora_, talk_).mentions, 0);
  EXPECT_EQ(look(ada_, talk_).unread, 1);
}

TEST_P(MarksTest, AConversationMarkedUnreadCountsFromThereUntilItIsReadAgain) {
  for (int i = 0; i < 4; ++i) say(ada_, talk_, "text");
  ASSERT_TRUE(read_up_to(bora_, talk_, 4));
  ASSERT_TRUE(unread_from(bora_, talk_, 3));
  EXPECT_EQ(look(bora_, talk_).unread, 2);
  EXPECT_EQ(look(bora_, talk_).marks.read_seq, 4) << "which others see, and which does not fall";
  ASSERT_TRUE(read_up_to(bora_, talk_, 2)) << "an older device";
  EXPECT_EQ(look(bora_, talk_).unread, 2);
  ASSERT_TRUE(read_up_to(bora_, talk_, 4));
  EXPECT_EQ(look(bora_, talk_).unread, 0);
  EXPECT_EQ(code_of(unread_from(bora_, talk_, 9)), ProblemCode::kInvalidRequest);
}

TEST_P(MarksTest, ReceiptsSayHowFarTheOtherIs) {
  say(ada_, talk_, "one");
  say(ada_, talk_, "two");
  ASSERT_TRUE(read_up_to(bora_, talk_, 1));
  const auto seen = receipts(ada_, talk_);
  ASSERT_EQ(seen->items.size(), 1u);
  EXPECT_EQ(seen->items[0].read_seq, 1);
  EXPECT_EQ(seen->read, 0) << "the last one is not";
  EXPECT_EQ(receipts(ada_, talk_, 1)->read, 1);
  EXPECT_EQ(code_of(receipts(user("stranger"), talk_)), ProblemCode::kNotFound);
}

TEST_P(MarksTest, WhoHidesHisReceiptsShowsNoneAndSeesNone) {
  say(ada_, talk_, "one");
  ASSERT_TRUE(read_up_to(ada_, talk_, 1));
  set_privacy(bora_, {.sends_read_receipts = false});
  take_events();
  ASSERT_TRUE(read_up_to(bora_, talk_, 1));
  const auto told = store_->outbox().fetch(soon(), 10);
  ASSERT_EQ(told->size(), 1u);
  EXPECT_EQ(told->front().resource, "user:" + bora_.text()) << "his own devices alone are told";
  EXPECT_TRUE(receipts(ada_, talk_)->items.empty());
  EXPECT_TRUE(receipts(bora_, talk_)->is_hidden);
  EXPECT_TRUE(receipts(bora_, talk_)->items.empty());
}

TEST_P(MarksTest, BlockedPeopleSeeNoReceiptsOfEachOther) {
  const ConversationId talk = group(ada_, {bora_});
  say(ada_, talk, "one");
  ASSERT_TRUE(read_up_to(bora_, talk, 1));
  EXPECT_EQ(receipts(ada_, talk)->items.size(), 1u);
  ASSERT_TRUE(block(bora_, ada_));
  EXPECT_TRUE(receipts(ada_, talk)->items.empty());
}

TEST_P(MarksTest, AmongVeryManyReceiptsAreCounted) {
  std::vector<UserId> others;
  for (int64_t i = 0; i < kMaxReceipts; ++i) others.push_back(user("u" + std::to_string(i)));
  const ConversationId talk = group(ada_, others);
  say(ada_, talk, "one");
  for (size_t i = 0; i < 3; ++i) ASSERT_TRUE(read_up_to(others[i], talk, 1));
  const auto seen = receipts(ada_, talk);
  EXPECT_TRUE(seen->is_counted);
  EXPECT_TRUE(seen->items.empty());
  EXPECT_EQ(seen->read, 3);
}

TEST_P(MarksTest, WhoJoinsACommunityBeginsWhereItsChannelsAre) {
  const CommunityId community = make_community(ada_);
  const ConversationId talk = conversation_of_channel(make_channel(ada_, community));
  say(ada_, talk, "before");
  advance(TimeDelta::seconds(1));
  const UserId late = make_member("late", ada_, community);
  advance(TimeDelta::seconds(1));
  EXPECT_EQ(look(late, talk).unread, 0);
  say(ada_, talk, "after");
  EXPECT_EQ(look(late, talk).unread, 1);
}

TEST_P(MarksTest, DraftsAreKeptForOneselfAlone) {
  const auto put = [&](const UserId& who, const std::string& text) {
    return act(who, [&](Tx& tx, const Acting& a) { return set_draft(tx, a, talk_, {.text = Body(text)}); });
  };
  const auto list = [&](const UserId& who) {
    return act(who, [&](Tx& tx, const Acting& a) { return list_drafts(tx, a); }).value();
  };
  ASSERT_TRUE(put(ada_, "begun"));
  ASSERT_TRUE(put(ada_, "begun again"));
  ASSERT_EQ(list(ada_).size(), 1u);
  EXPECT_EQ(list(ada_)[0].text.text(), "begun again");
  EXPECT_TRUE(list(bora_).empty());
  EXPECT_EQ(code_of(put(user("stranger"), "x")), ProblemCode::kNotFound);
  ASSERT_TRUE(put(ada_, ""));
  EXPECT_TRUE(list(ada_).empty());
}

PARLEY_ON_BOTH_DATABASES(MarksTest);

}  // namespace
}  // namespace parley::product::chat

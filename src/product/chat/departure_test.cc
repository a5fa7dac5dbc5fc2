#include "product/chat/departure.h"

#include "product/chat/search.h"
#include "product/chat/test_chat.h"

namespace parley::product::chat {
namespace {

class DepartureTest : public ChatTest {
 protected:
  void erase(const UserId& who, OwnMessages own) {
    bool is_done = false;
    for (int i = 0; i < 50 && !is_done; ++i) {
      is_done =
          act(who, [&](Tx& tx, const Acting& a) -> Outcome<bool> { return erase_from_chat(tx, a, own, 2); }).value();
    }
    EXPECT_TRUE(is_done);
  }
  size_t found(const UserId& who, const std::string& q) {
    const auto page =
        act(who, [&](Tx& tx, const Acting& a) { return search_messages(tx, a, {.q = json::Text<1, 256>(q)}, {}); });
    return page->items.size();
  }

  UserId ada_ = user("ada");
  UserId bora_ = user("bora");
  ConversationId talk_ = direct(ada_, bora_);
  ConversationId group_ = group(ada_, {bora_});
};

TEST_P(DepartureTest, AnExportHoldsWhatTheUserSaidAndNothingOfOthers) {
  const MessageId mine = say(ada_, talk_, "mine").id;
  const MessageId gone = say(ada_, talk_, "gone").id;
  const MessageId theirs = say(bora_, talk_, "theirs").id;
  ASSERT_TRUE(remove(ada_, gone));
  ASSERT_TRUE(react(ada_, theirs, "👍"));
  ASSERT_TRUE(try_send(ada_, group_, with_file(file(ada_))));
  ASSERT_TRUE(act(ada_, [&](Tx& tx, const Acting& a) { return set_draft(tx, a, talk_, {.text = Body("begun")}); }));
  const ChatExport taken = read([&](Tx& tx) { return export_chat(tx, ada_); });
  ASSERT_EQ(taken.messages.size(), 2u);
  EXPECT_EQ(taken.messages[1].id, mine);
  EXPECT_EQ(taken.attachments.size(), 1u);
  EXPECT_EQ(taken.reactions.size(), 1u);
  EXPECT_EQ(taken.drafts.size(), 1u);
  EXPECT_EQ(taken.conversations.size(), 2u);
  EXPECT_FALSE(json::to_json(taken).contains("theirs"));
  EXPECT_FALSE(taken.next.has_value());
  const ChatExport older = read([&](Tx& tx) { return export_chat(tx, ada_, taken.messages[0].id); });
  ASSERT_EQ(older.messages.size(), 1u);
  EXPECT_EQ(older.messages[0].id, mine);
}

TEST_P(DepartureTest, WhoGoesAndKeepsHisMessagesIsFoundNoMore) {
  say(ada_, talk_, "treasure");
  for (int i = 0; i < 5; ++i) say(ada_, group_, "treasure");
  ASSERT_TRUE(react(ada_, say(bora_, talk_, "treasure of mine").id, "👍"));
  erase(ada_, OwnMessages::kKeep);
  EXPECT_EQ(found(bora_, "treasure"), 1u);
  EXPECT_EQ(history(bora_, talk_)->items.at(0).text.text(), "treasure");
  EXPECT_TRUE(history(bora_, talk_)->items.at(1).reactions.empty());
  EXPECT_EQ(look(bora_, group_).people, std::vector<UserId>{bora_});
  EXPECT_EQ(look(bora_, group_).owner_id, bora_);
}

TEST_P(DepartureTest, WhoGoesAndTakesHisMessagesLeavesTombstones) {
  for (int i = 0; i < 5; ++i) say(ada_, talk_, "secret");
  erase(ada_, OwnMessages::kBlank);
  for (const MessageView& message : history(bora_, talk_)->items) EXPECT_TRUE(message.is_deleted());
  EXPECT_EQ(found(bora_, "secret"), 0u);
  EXPECT_EQ(read([&](Tx& tx) { return one<int64_t>(tx, "select count(*) from messages where body <> ''"); }), 0);
}

PARLEY_ON_BOTH_DATABASES(DepartureTest);

}  // namespace
}  // namespace parley::product::chat

#include "product/chat/messages.h"

#include "product/chat/test_chat.h"

namespace parley::product::chat {
namespace {

class MessagesTest : public ChatTest {
 protected:
  int64_t pending() { return count("outbox"); }

  UserId ada_ = user("ada");
  UserId bora_ = user("bora");
  ConversationId talk_ = direct(ada_, bora_);
};

TEST_P(MessagesTest, SeqsBeginAtOneAndHaveNoHoles) {
  for (int64_t i = 1; i <= 5; ++i) EXPECT_EQ(say(i % 2 == 0 ? ada_ : bora_, talk_, "text").seq, i);
  EXPECT_EQ(seqs(history(ada_, talk_)->items), (std::vector<int64_t>{1, 2, 3, 4, 5}));
}

TEST_P(MessagesTest, AUnitThatFailsLeavesNoHole) {
  say(ada_, talk_, "one");
  const auto failed = act(ada_, [&](Tx& tx, const Acting& acting) -> Outcome<void> {
    EXPECT_EQ(send_message(tx, acting, talk_, {.text = Body("lost")})->message.seq, 2);
    return refuse(ProblemCode::kConflict);
  });
  EXPECT_FALSE(failed);
  const auto broken = act(ada_, [&](Tx& tx, const Acting& acting) -> Outcome<void> {
    EXPECT_TRUE(send_message(tx, acting, talk_, {.text = Body("lost")}));
    execute(tx, "insert into messages (id) values (null)");
    return {};
  });
  EXPECT_FALSE(broken);
  EXPECT_EQ(say(bora_, talk_, "two").seq, 2);
}

TEST_P(MessagesTest, TheSameClientIdIsTheSameMessageAndNothingIsTold) {
  const NewMessage wanted{.text = Body("once"), .client_id = ClientId("c1")};
  const auto first = try_send(ada_, talk_, wanted);
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->is_repeat);
  const int64_t before = pending();
  const auto again = try_send(ada_, talk_, {.text = Body("something else"), .client_id = ClientId("c1")});
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->is_repeat);
  EXPECT_EQ(json::to_json(again->message), json::to_json(first->message));
  EXPECT_EQ(pending(), before);
  // Another sender's, and another conversation's, is another one.
  EXPECT_EQ(try_send(bora_, talk_, wanted)->message.seq, 2);
  EXPECT_EQ(try_send(ada_, direct(ada_, user("cem")), wanted)->message.seq, 1);
}

TEST_P(MessagesTest, ARepeatOfWhatWasEditedOrDeletedIsThatMessage) {
  const NewMessage wanted{.text = Body("once"), .client_id = ClientId("c1")};
  const MessageId id = try_send(ada_, talk_, wanted)->message.id;
  ASSERT_TRUE(edit(ada_, id, "better"));
  EXPECT_EQ(try_send(ada_, talk_, wanted)->message.text.text(), "better");
  ASSERT_TRUE(remove(ada_, id));
  const auto again = try_send(ada_, talk_, wanted);
  EXPECT_EQ(again->message.id, id);
  EXPECT_TRUE(again->is_repeat);
  EXPECT_TRUE(again->message.is_deleted());
  EXPECT_EQ(history(ada_, talk_)->items.size(), 1u);
}

TEST_P(MessagesTest, ATextIsStoredInNormalFormAndMeasuredInIt) {
  // "é" and "ş" in two code points each.
  EXPECT_EQ(say(ada_, talk_, "caf\u0065\u0301 s\u0327eki").text.text(), "caf\u00e9 \u015feki");
  std::string longest;
  for (size_t i = 0; i < kMaxText; ++i) longest += "ə";
  EXPECT_EQ(say(ada_, talk_, longest).text.text(), longest);
  // In normal form each of these is two.
  std::string grows;
  for (size_t i = 0; i < kMaxText; ++i) grows += "\u0958";
  EXPECT_EQ(code_of(try_send(ada_, talk_, grows)), ProblemCode::kInvalidRequest);
}

TEST_P(MessagesTest, WhatShowsNothingIsRefused) {
  for (const char* text : {"", " ", "\n\t", "\u200b\u2060", "\u00a0\u3000", "\u3164"})
    EXPECT_EQ(code_of(try_send(ada_, talk_, text)), ProblemCode::kInvalidRequest);
  EXPECT_TRUE(try_send(ada_, talk_, "."));
}

TEST_P(MessagesTest, AttachmentsNeedNoTextAndKeepTheirOrder) {
  const FileId first = file(ada_);
  const FileId second = file(ada_, MediaKind::kImage);
  ASSERT_TRUE(try_send(ada_, talk_, {.attachments = json::List<FileId, kMaxFiles>{second, first}}));
  const auto held = history(bora_, talk_)->items.at(0).attachments;
  ASSERT_EQ(held.size(), 2u);
  EXPECT_EQ(held[0].id, second);
  EXPECT_EQ(held[0].kind, MediaKind::kImage);
  EXPECT_EQ(held[1].id, first);
}

TEST_P(MessagesTest, OnlyOnesOwnFilesMayBeSentAndEachOnce) {
  const FileId adas = file(ada_);
  EXPECT_EQ(code_of(try_send(bora_, talk_, with_file(adas))), ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(try_send(ada_, talk_, with_file(FileId("nothing")))), ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(try_send(ada_, talk_, {.attachments = json::List<FileId, kMaxFiles>{adas, adas}})),
            ProblemCode::kInvalidRequest);
}

TEST_P(MessagesTest, MSG3_AVoiceMessageIsOneSoundAndNothingElse) {
  const FileId voice = file(ada_, MediaKind::kAudio, true);
  const FileId other = file(ada_);
  EXPECT_EQ(code_of(try_send(ada_, talk_, with_file(voice, "with words"))), ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(try_send(ada_, talk_, {.attachments = json::List<FileId, kMaxFiles>{voice, other}})),
            ProblemCode::kInvalidRequest);
  ASSERT_TRUE(try_send(ada_, talk_, with_file(voice)));
  EXPECT_TRUE(history(bora_, talk_)->items.at(0).attachments.at(0).is_voice);
}

TEST_P(MessagesTest, AReplyShowsWhatItAnswersAsItIsNow) {
  const MessageId asked = say(ada_, talk_, "When?").id;
  ASSERT_TRUE(try_send(bora_, talk_, {.text = Body("Now."), .reply_to = asked}));
  EXPECT_EQ(history(ada_, talk_)->items.at(1).reply->snippet.text(), "When?");
  ASSERT_TRUE(edit(ada_, asked, "Where?"));
  EXPECT_EQ(history(ada_, talk_)->items.at(1).reply->snippet.text(), "Where?");
  ASSERT_TRUE(remove(ada_, asked));
  const MessageView answer = history(ada_, talk_)->items.at(1);
  EXPECT_TRUE(answer.reply->is_deleted);
  EXPECT_EQ(answer.reply->snippet.text(), "");
}

TEST_P(MessagesTest, AReplyToAMessageOfElsewhereIsRefused) {
  const UserId cem = user("cem");
  const MessageId elsewhere = say(ada_, direct(ada_, cem), "secret").id;
  EXPECT_EQ(code_of(try_send(bora_, talk_, {.text = Body("x"), .reply_to = elsewhere})), ProblemCode::kInvalidRequest);
}

TEST_P(MessagesTest, AnEditRaisesTheVersionAndKeepsWhatWas) {
  const MessageView sent = say(ada_, talk_, "first");
  advance(TimeDelta::seconds(5));
  const auto edited = edit(ada_, sent.id, "second");
  ASSERT_TRUE(edited);
  EXPECT_EQ(edited->version, 2);
  EXPECT_EQ(edited->seq, sent.seq);
  EXPECT_TRUE(edited->edited_at.has_value());
  EXPECT_EQ(edit(ada_, sent.id, "second")->version, 2) << "the same text is no edit";
  const auto versions = act(ada_, [&](Tx& tx, const Acting& a) { return list_versions(tx, a, sent.id); });
  ASSERT_EQ(versions->size(), 1u);
  EXPECT_EQ(versions->front().text.text(), "first");
  const auto others = act(bora_, [&](Tx& tx, const Acting& a) { return list_versions(tx, a, sent.id); });
  EXPECT_EQ(code_of(others), ProblemCode::kForbidden);
}

TEST_P(MessagesTest, OnlyTheAuthorEditsAndOnlyWhatHeHasSeen) {
  const MessageId id = say(ada_, talk_, "first").id;
  EXPECT_EQ(code_of(edit(bora_, id, "mine")), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(edit(user("stranger"), id, "mine")), ProblemCode::kNotFound);
  ASSERT_TRUE(edit(ada_, id, "second"));
  const auto stale = act(ada_, [&](Tx& tx, const Acting& a) {
    return edit_message(tx, a, id, {.text = Body("third"), .version = seen(1)});
  });
  EXPECT_EQ(code_of(stale), ProblemCode::kConflict);
}

TEST_P(MessagesTest, ADeletedMessageIsATombstoneWithoutAnythingInIt) {
  const MessageView sent = say(ada_, talk_, "see https://example.com @bora");
  ASSERT_TRUE(edit(ada_, sent.id, "see https://example.com @bora!"));
  ASSERT_TRUE(react(bora_, sent.id, "👍"));
  ASSERT_TRUE(remove(ada_, sent.id));
  ASSERT_TRUE(remove(ada_, sent.id)) << "again is no mistake";
  const MessageView gone = history(bora_, talk_)->items.at(0);
  EXPECT_TRUE(gone.is_deleted());
  EXPECT_EQ(gone.seq, 1);
  EXPECT_EQ(gone.text.text(), "");
  EXPECT_TRUE(gone.mentions.empty() && gone.reactions.empty());
  for (const char* table : {"message_versions", "message_mentions", "message_reactions"})
    EXPECT_EQ(count(table), 0) << table;
  EXPECT_EQ(code_of(edit(ada_, sent.id, "back")), ProblemCode::kNotFound);
  EXPECT_EQ(say(ada_, talk_, "next").seq, 2);
}

TEST_P(MessagesTest, InADirectConversationNobodyDeletesTheOthers) {
  EXPECT_EQ(code_of(remove(bora_, say(ada_, talk_, "mine").id)), ProblemCode::kForbidden);
}

TEST_P(MessagesTest, HistoryLeadsForthAndBack) {
  for (int i = 0; i < 10; ++i) say(ada_, talk_, "text");
  const auto page = [&](const HistoryPlace& place) { return history(bora_, talk_, place).value(); };
  const History newest = page({.limit = 3});
  EXPECT_EQ(seqs(newest.items), (std::vector<int64_t>{8, 9, 10}));
  EXPECT_FALSE(newest.next.has_value());
  EXPECT_EQ(newest.prev, 8);
  const History before = page({.before = 8, .limit = 3});
  EXPECT_EQ(seqs(before.items), (std::vector<int64_t>{5, 6, 7}));
  EXPECT_EQ(before.next, 7);
  const History first = page({.before = 3, .limit = 5});
  EXPECT_EQ(seqs(first.items), (std::vector<int64_t>{1, 2}));
  EXPECT_FALSE(first.prev.has_value());
  EXPECT_EQ(seqs(page({.after = 9, .limit = 5}).items), (std::vector<int64_t>{10}));
  EXPECT_TRUE(page({.after = 10, .limit = 5}).items.empty());
  EXPECT_EQ(seqs(page({.around = 5, .limit = 4}).items), (std::vector<int64_t>{3, 4, 5, 6}));
  EXPECT_EQ(code_of(history(ada_, talk_, {.before = 3, .after = 1})), ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(history(user("stranger"), talk_)), ProblemCode::kNotFound);
}

TEST_P(MessagesTest, ChangesSinceAPointAreExactlyWhatTheCallerLacks) {
  std::vector<MessageId> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(say(ada_, talk_, "text").id);
  const int64_t point = look(bora_, talk_).change;
  ASSERT_TRUE(edit(ada_, ids[1], "edited"));
  ASSERT_TRUE(remove(ada_, ids[4]));
  ASSERT_TRUE(react(bora_, ids[0], "🎉"));
  say(bora_, talk_, "new");
  ASSERT_TRUE(edit(ada_, ids[1], "edited again"));
  std::vector<int64_t> found;
  int64_t at = point;
  for (bool has_more = true; has_more;) {
    const auto page = act(bora_, [&](Tx& tx, const Acting& a) { return read_changes(tx, a, talk_, at, 2); });
    ASSERT_TRUE(page);
    for (const MessageView& item : page->items) found.push_back(item.seq);
    at = page->change;
    has_more = page->has_more;
  }
  EXPECT_EQ(found, (std::vector<int64_t>{5, 1, 7, 2}));
  EXPECT_EQ(at, look(bora_, talk_).change);
}

PARLEY_ON_BOTH_DATABASES(MessagesTest);

}  // namespace
}  // namespace parley::product::chat

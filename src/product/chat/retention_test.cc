#include "product/chat/retention.h"

#include "product/chat/search.h"
#include "product/chat/snapshot.h"
#include "product/chat/test_chat.h"

namespace parley::product::chat {
namespace {

constexpr TimeDelta kDay = TimeDelta::seconds(86'400);

class RetentionTest : public ChatTest {
 protected:
  static RetentionChange days(int64_t count) { return {.days = json::Number<1, kMaxRetentionDays>(count)}; }
  void keep(const ConversationId& where, int64_t count) {
    const auto done = act(owner_, [&](Tx& tx, const Acting& a) { return set_retention(tx, a, where, days(count)); });
    EXPECT_TRUE(done) << done.error().detail;
  }
  void keep_in_community(int64_t count) {
    EXPECT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return set_retention(tx, a, community_, days(count)); }));
  }
  void hold(bool is_held) {
    EXPECT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return set_hold(tx, a, community_, is_held); }));
  }
  std::vector<RetentionReport> run(int64_t limit = 100) {
    return act(owner_,
               [&](Tx& tx, const Acting& a) -> Outcome<std::vector<RetentionReport>> {
                 return run_retention(tx, a.now, a.rng, limit);
               })
        .value();
  }
  std::vector<int64_t> left() { return seqs(history(owner_, talk_)->items); }

  UserId owner_ = user("owner");
  CommunityId community_ = make_community(owner_);
  ConversationId talk_ = conversation_of_channel(make_channel(owner_, community_));
};

TEST_P(RetentionTest, WhatIsOverIsGoneWithAllThatBelongsToItAndCounted) {
  const MessageId old = say(owner_, talk_, "old words").id;
  ASSERT_TRUE(edit(owner_, old, "older words"));
  ASSERT_TRUE(react(owner_, old, "👍"));
  say(owner_, talk_, "old too @owner");
  advance(kDay * 8);
  say(owner_, talk_, "young words");
  EXPECT_TRUE(run().empty()) << "without a rule all is kept";
  keep(talk_, 7);
  const auto reports = run();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].messages, 2);
  EXPECT_EQ(reports[0].versions, 1);
  EXPECT_EQ(reports[0].reactions, 1);
  EXPECT_EQ(reports[0].up_to_seq, 2);
  EXPECT_TRUE(run().empty());
  EXPECT_EQ(left(), std::vector<int64_t>{3});
  EXPECT_EQ(look(owner_, talk_).first_seq, 3);
  for (const char* table : {"message_versions", "message_reactions", "message_mentions"}) EXPECT_EQ(count(table), 0);
  const auto found = act(
      owner_, [&](Tx& tx, const Acting& a) { return search_messages(tx, a, {.q = json::Text<1, 256>("words")}, {}); });
  EXPECT_EQ(found->items.size(), 1u);
  EXPECT_EQ(say(owner_, talk_, "next").seq, 4) << "a seq is never given twice";
  const auto kept = act(owner_, [&](Tx& tx, const Acting& a) { return list_retention_reports(tx, a, talk_, {}); });
  EXPECT_EQ(kept->items.size(), 1u);
}

TEST_P(RetentionTest, TheShortestRuleWins) {
  say(owner_, talk_, "text");
  advance(kDay * 5);
  keep(talk_, 30);
  EXPECT_TRUE(run().empty());
  keep_in_community(4);
  const auto shown = act(owner_, [&](Tx& tx, const Acting& a) { return get_retention(tx, a, talk_); });
  EXPECT_EQ(shown->days, 30);
  EXPECT_EQ(shown->effective_days, 4);
  EXPECT_EQ(run().size(), 1u);
}

TEST_P(RetentionTest, ALegalHoldBeatsEveryRule) {
  say(owner_, talk_, "evidence");
  advance(kDay * 5);
  keep(talk_, 1);
  hold(true);
  EXPECT_TRUE(run().empty());
  // What is deleted by hand is gone for all, and kept where only the database has it.
  const MessageId more = say(owner_, talk_, "evidence too").id;
  ASSERT_TRUE(remove(owner_, more));
  EXPECT_EQ(history(owner_, talk_)->items.at(1).text.text(), "");
  EXPECT_EQ(count("message_versions"), 1);
  const auto versions = act(owner_, [&](Tx& tx, const Acting& a) { return list_versions(tx, a, more); });
  EXPECT_EQ(code_of(versions), ProblemCode::kNotFound);
  hold(false);
  EXPECT_EQ(run().size(), 1u);
}

TEST_P(RetentionTest, BatchesAreBoundedAndWorkThroughEverything) {
  const ConversationId other = conversation_of_channel(make_channel(owner_, community_));
  for (int i = 0; i < 7; ++i) say(owner_, i % 2 == 0 ? talk_ : other, "text");
  advance(kDay * 2);
  keep_in_community(1);
  int64_t deleted = 0;
  for (auto reports = run(2); !reports.empty(); reports = run(2)) {
    int64_t batch = 0;
    for (const RetentionReport& report : reports) batch += report.messages;
    EXPECT_LE(batch, 2);
    deleted += batch;
  }
  EXPECT_EQ(deleted, 7);
  EXPECT_EQ(count("messages"), 0);
}

TEST_P(RetentionTest, WhoHoldsASnapshotLearnsWhatIsGone) {
  say(owner_, talk_, "old");
  advance(kDay * 2);
  say(owner_, talk_, "young");
  keep(talk_, 1);
  ConversationSnapshot snapshot = read([&](Tx& tx) { return load_snapshot(tx, talk_); });
  take_events();
  ASSERT_EQ(run().size(), 1u);
  const auto pending = store_->outbox().fetch(soon(), 10);
  for (const auto& event : pending.value()) EXPECT_EQ(apply(snapshot, event.type, event.payload), Applied::kChanged);
  EXPECT_EQ(json::to_json(snapshot), json::to_json(read([&](Tx& tx) { return load_snapshot(tx, talk_); })));
}

TEST_P(RetentionTest, OnlyThoseWhoManageSetRules) {
  const UserId member = make_member("member", owner_, community_);
  const auto set = act(member, [&](Tx& tx, const Acting& a) { return set_retention(tx, a, talk_, days(1)); });
  EXPECT_EQ(code_of(set), ProblemCode::kForbidden);
  const auto all = act(member, [&](Tx& tx, const Acting& a) { return set_retention(tx, a, community_, days(1)); });
  EXPECT_EQ(code_of(all), ProblemCode::kForbidden);
}

PARLEY_ON_BOTH_DATABASES(RetentionTest);

}  // namespace
}  // namespace parley::product::chat

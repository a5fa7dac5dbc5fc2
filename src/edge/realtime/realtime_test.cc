#include "edge/realtime/test_realtime.h"
#include "product/voice/presence.h"

namespace parley::realtime {
namespace {

using product::ConversationId;
using product::Outcome;
using product::Tx;
using product::UserId;

TEST_P(RealtimeTest, TellsAMessageToEveryMemberAndToNobodyElse) {
  const UserId other = user("yad");
  TestListener inside(port(), guest_);
  TestListener outside(port(), other);
  inside.next("ready");
  outside.next("ready");
  say_and_tell(owner_, "salam");
  const ConversationId own = group(other, {});
  say(other, own, "mən");
  tell();
  EXPECT_EQ(text_of(inside.next("newMessage")), "salam");
  EXPECT_EQ(text_of(outside.next("newMessage")), "mən");
}

TEST_P(RealtimeTest, NamesAllConversationsWhenSomebodyConnects) {
  TestListener client(port(), guest_);
  const auto ready = client.next("ready");
  EXPECT_EQ(ready.at("userId").as_string(), guest_.text());
  ASSERT_EQ(ready.at("conversations").as_array().size(), 1U);
  EXPECT_EQ(ready.at("conversations").as_array()[0].at("conversationId").as_string(), group_.text());
}

TEST_P(RealtimeTest, StoresAMessageBeforeItAnswers) {
  TestListener client(port(), guest_);
  client.next("ready");
  const auto answer = client.ask("sendMessage", R"({"conversationId":")" + group_.text() + R"(","text":"bir"})");
  ASSERT_TRUE(answer.at("ok").as_bool()) << boost::json::serialize(answer);
  const auto stored = history(owner_, group_);
  ASSERT_TRUE(stored);
  ASSERT_EQ(stored->items.size(), 1U);
  EXPECT_EQ(stored->items[0].id.text(), answer.at("id").as_string());
  EXPECT_EQ(stored->items[0].seq, answer.at("seq").as_int64());
}

TEST_P(RealtimeTest, TellsWhatWasMissedSinceTheLastEventInOrderAndOnce) {
  TestListener first(port(), guest_);
  first.next("ready");
  say_and_tell(owner_, "0");
  const std::string last = event_id_of(first.next("newMessage"));
  first.drop();
  for (int i = 1; i <= 20; ++i) say_and_tell(owner_, std::to_string(i));
  TestListener again(port(), guest_, R"(,"lastEventId":")" + last + "\"");
  again.next("ready");
  for (int i = 1; i <= 20; ++i) EXPECT_EQ(text_of(again.next("newMessage")), std::to_string(i));
  EXPECT_GE(again.next("resumed").at("count").as_int64(), 20);
  say_and_tell(owner_, "21");
  EXPECT_EQ(text_of(again.next("newMessage")), "21");
}

TEST_P(RealtimeTest, LosesNothingBetweenTheLookAtTheDatabaseAndTheFirstEvent) {
  // Connecting while others write all the time: what `ready` does not cover must be told, once.
  std::atomic<bool> is_done = false;
  std::jthread writer([&] {
    for (int i = 1; !is_done; ++i) say_and_tell(owner_, std::to_string(i));
  });
  for (int round = 0; round < 10; ++round) {
    TestListener client(port(), guest_, R"(,"lastEventId":"0")");
    client.next("ready");
    int64_t seq = 0;
    for (int i = 0; i < 30; ++i) {
      const int64_t told = client.next("newMessage").at("seq").as_int64();
      EXPECT_EQ(told, seq + 1);
      seq = told;
    }
    client.drop();
  }
  is_done = true;
}

TEST_P(RealtimeTest, RestoresWhoComesBackSoonWithoutTellingAnythingTwice) {
  TestListener first(port(), guest_);
  first.next("ready");
  say_and_tell(owner_, "a");
  EXPECT_EQ(text_of(first.next("newMessage")), "a");
  first.drop();
  say_and_tell(owner_, "b");
  const std::string more = R"(,"pid":")" + first.pid + R"(","offset":")" + first.offset + R"(","lastEventId":"0")";
  TestListener again(port(), guest_, more);
  EXPECT_EQ(text_of(again.next("newMessage")), "b");
  EXPECT_TRUE(again.next("ready").at("recovered").as_bool());
  say_and_tell(owner_, "c");
  EXPECT_EQ(text_of(again.next("newMessage")), "c");
}

TEST_P(RealtimeTest, SendsToTheSyncWhoWasAwayForTooLong) {
  say_and_tell(owner_, "old");
  const WallTime later{now_.unix_us + product::events::kKept.us() * 100};
  ASSERT_TRUE(store_->write(soon(), [&](Tx& tx) -> Outcome<int64_t> { return product::events::sweep(tx, later); }));
  TestListener client(port(), guest_, R"(,"lastEventId":"0")");
  EXPECT_EQ(client.next("resync").at("reason").as_string(), "too_long_ago");
  say_and_tell(owner_, "new");
  EXPECT_EQ(text_of(client.next("newMessage")), "new");
}

TEST_P(RealtimeTest, LetsPeopleInAfterASleepInWhichEverythingWasForgotten) {
  say(owner_, group_, "old");
  const auto pending = store_->outbox().fetch(soon(), 10'000);
  ASSERT_TRUE(pending && !pending->empty());
  const WallTime later{now_.unix_us + product::events::kKept.us() * 100};
  // In one unit: the delivering thread never sees the events.
  ASSERT_TRUE(store_->write(soon(), [&](Tx& tx) -> Outcome<int64_t> {
    product::events::append(tx, pending->back().id);
    return product::events::sweep(tx, later);
  }));
  std::vector<int64_t> ids;
  for (const auto& event : *pending) ids.push_back(event.id);
  ASSERT_TRUE(store_->outbox().remove(soon(), ids));
  TestListener client(port(), guest_);
  client.next("ready");
  say_and_tell(owner_, "new");
  EXPECT_EQ(text_of(client.next("newMessage")), "new");
}

TEST_P(RealtimeTest, BringsInWhoIsAddedAndPutsOutWhoIsRemoved) {
  const UserId late = user("gec");
  TestListener client(port(), late);
  client.next("ready");
  say_and_tell(owner_, "before");
  const auto added =
      act(owner_, [&](Tx& tx, const auto& acting) { return product::chat::add_person(tx, acting, group_, late); });
  ASSERT_TRUE(added) << added.error().detail;
  tell();
  say_and_tell(owner_, "within");
  EXPECT_EQ(text_of(client.next("newMessage")), "within");
  const auto removed =
      act(owner_, [&](Tx& tx, const auto& acting) { return product::chat::remove_person(tx, acting, group_, late); });
  ASSERT_TRUE(removed) << removed.error().detail;
  tell();
  say_and_tell(owner_, "after");
  const ConversationId own = group(late, {});
  say(late, own, "mine");
  tell();
  EXPECT_EQ(text_of(client.next("newMessage")), "mine");
}

TEST_P(RealtimeTest, TellsAThreadToThoseWhoTakePartOrAskForIt) {
  const auto message = say(owner_, group_, "root");
  const auto opened =
      act(owner_, [&](Tx& tx, const auto& acting) { return product::chat::open_thread(tx, acting, message.id, {}); });
  ASSERT_TRUE(opened) << opened.error().detail;
  tell();
  TestListener writer(port(), owner_);
  TestListener reader(port(), guest_);
  writer.next("ready");
  reader.next("ready");
  const std::string thread = R"({"conversationId":")" + opened->id.text() + "\"}";
  EXPECT_TRUE(reader.ask("joinConversation", thread).at("ok").as_bool());
  say(owner_, opened->id, "within");
  tell();
  EXPECT_EQ(text_of(writer.next("newMessage")), "within");
  EXPECT_EQ(text_of(reader.next("newMessage")), "within");
}

TEST_P(RealtimeTest, PutsWhoLeavesAGroupOutOfItsThreads) {
  const auto message = say(owner_, group_, "root");
  const auto opened =
      act(guest_, [&](Tx& tx, const auto& acting) { return product::chat::open_thread(tx, acting, message.id, {}); });
  ASSERT_TRUE(opened) << opened.error().detail;
  say(guest_, opened->id, "mine");
  tell();
  TestListener client(port(), guest_);
  client.next("ready");
  const auto left =
      act(guest_, [&](Tx& tx, const auto& acting) { return product::chat::remove_person(tx, acting, group_, guest_); });
  ASSERT_TRUE(left) << left.error().detail;
  tell();
  say(owner_, opened->id, "later");
  tell();
  const ConversationId own = group(guest_, {});
  say(guest_, own, "elsewhere");
  tell();
  EXPECT_EQ(text_of(client.next("newMessage")), "elsewhere");
}

TEST_P(RealtimeTest, TellsTypingToOthersOnly) {
  TestListener writer(port(), owner_);
  TestListener reader(port(), guest_);
  writer.next("ready");
  reader.next("ready");
  const std::string argument = R"({"conversationId":")" + group_.text() + R"(","isTyping":true})";
  EXPECT_TRUE(writer.ask("typing", argument).at("ok").as_bool());
  say_and_tell(owner_, "end");
  reader.next("newMessage");
  EXPECT_EQ(std::ranges::count(reader.skipped, "userTyping"), 1);
  writer.next("newMessage");
  EXPECT_EQ(std::ranges::count(writer.skipped, "userTyping"), 0);
}

TEST_P(RealtimeTest, DoesNotTellTypingToWhoIsBlockedNorOfWhoHidesIt) {
  ASSERT_TRUE(block(owner_, guest_));
  const UserId third = user("üçüncü");
  const auto added =
      act(owner_, [&](Tx& tx, const auto& acting) { return product::chat::add_person(tx, acting, group_, third); });
  ASSERT_TRUE(added);
  set_privacy(third, {.sends_typing = false});
  tell();
  TestListener writer(port(), owner_);
  TestListener hidden(port(), third);
  TestListener reader(port(), guest_);
  for (TestListener* client : {&writer, &hidden, &reader}) client->next("ready");
  const std::string argument = R"({"conversationId":")" + group_.text() + R"(","isTyping":true})";
  EXPECT_TRUE(writer.ask("typing", argument).at("ok").as_bool());
  EXPECT_TRUE(hidden.ask("typing", argument).at("ok").as_bool());
  say_and_tell(owner_, "end");
  reader.next("newMessage");
  EXPECT_EQ(std::ranges::count(reader.skipped, "userTyping"), 0);
}

TEST_P(RealtimeTest, EndsTheSocketsOfASessionThatEnds) {
  TestListener client(port(), guest_);
  client.next("ready");
  const auto ended = store_->write(soon(), [&](Tx& tx) -> Outcome<void> {
    tx.emit({"user.session_ended", "user:" + guest_.text(),
             R"({"userId":")" + guest_.text() + R"(","sessionId":"session-of-)" + guest_.text() +
                 R"(","reason":"revoked"})"});
    return {};
  });
  ASSERT_TRUE(ended);
  tell();
  EXPECT_EQ(client.next("sessionEnded").at("reason").as_string(), "revoked");
  std::string packet = client.next_packet();
  while (packet.starts_with("42[")) packet = client.next_packet();
  EXPECT_TRUE(packet.starts_with("41") || packet.starts_with("closed")) << packet;
}

TEST_P(RealtimeTest, AnnouncesTheEndOfATokenAndGoesOnWithANewOne) {
  tokens_.life = TimeDelta::seconds(30);
  TestListener client(port(), guest_);
  client.next("ready");
  client.next("auth:expiring");
  tokens_.life = TimeDelta::seconds(900);
  const auto answer = client.ask("auth:refresh", R"({"token":")" + guest_.text() + "\"}");
  EXPECT_TRUE(answer.at("ok").as_bool()) << boost::json::serialize(answer);
  const auto foreign = client.ask("auth:refresh", R"({"token":")" + owner_.text() + "\"}");
  EXPECT_FALSE(foreign.at("ok").as_bool());
}

TEST_P(RealtimeTest, TellsVoicePresenceToWhoMayViewTheChannel) {
  const auto community = make_community(owner_);
  const UserId member = make_member("üzv", owner_, community);
  const auto channel = make_channel(owner_, community, product::community::ChannelKind::kVoice);
  tell();
  TestListener inside(port(), member);
  inside.next("ready");
  const auto told = store_->write(soon(), [&](Tx& tx) -> Outcome<void> {
    product::voice::apply(tx,
                          {.kind = product::voice::RoomEvent::Kind::kJoined,
                           .channel = channel,
                           .sid = "PA_1",
                           .user = owner_,
                           .at = now_},
                          now_);
    return {};
  });
  ASSERT_TRUE(told);
  tell();
  const auto state = inside.next("voiceState");
  EXPECT_EQ(state.at("userId").as_string(), owner_.text());
  EXPECT_EQ(state.at("event").as_string(), "voice.state_changed");
}

PARLEY_ON_BOTH_DATABASES(RealtimeTest);

}  // namespace
}  // namespace parley::realtime

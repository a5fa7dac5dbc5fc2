#include "product/voice/presence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "adapters/store/test_store.h"
#include "base/rng.h"

namespace parley::product::voice {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = RoomEvent::Kind;

const ChannelId kLobby("lobby");

RoomEvent event(Kind kind, const std::string& sid, int64_t at, const std::string& user = "ada") {
  RoomEvent out;
  out.kind = kind;
  out.channel = kLobby;
  out.room_sid = "RM_1";
  out.sid = sid;
  out.user = UserId(user);
  out.at = WallTime{at};
  return out;
}

RoomEvent track_event(Kind kind, const std::string& sid, const std::string& track, TrackSource source, int64_t at) {
  RoomEvent out = event(kind, sid, at);
  out.room_sid = "";  // Track events name the participant only.
  out.track = {.sid = track, .source = source};
  return out;
}

class Presence : public store::OnBothDatabases {
 protected:
  template <class F>
  auto write(F body) {
    auto done = store_->write(soon(), [&](Tx& tx) -> Outcome<int> {
      body(tx);
      return 0;
    });
    EXPECT_TRUE(done.has_value()) << done.error().detail;
  }
  void SetUp() override {
    write([](Tx& tx) {
      execute(tx, "insert into users (id, created_at, updated_at) values ('owner', 1, 1)");
      execute(tx,
              "insert into communities (id, name, owner_id, created_at, updated_at)"
              " values ('community', 'Home', 'owner', 1, 1)");
      execute(tx,
              "insert into channels (id, community_id, kind, name, position, created_at)"
              " values ($1, 'community', 2, 'Lobby', 1, 1)",
              kLobby);
    });
  }

  void take(const RoomEvent& one, int64_t now = 1000) {
    write([&](Tx& tx) { apply(tx, one, WallTime{now}); });
  }
  std::vector<VoiceState> present() {
    auto states =
        store_->read(soon(), [&](Tx& tx) -> Outcome<std::vector<VoiceState>> { return who_is_in(tx, kLobby); });
    EXPECT_TRUE(states.has_value());
    return states ? *states : std::vector<VoiceState>{};
  }
  std::vector<std::string> told() {
    std::vector<std::string> types;
    const auto events = store_->outbox().fetch(soon(), 1000);
    EXPECT_TRUE(events.has_value());
    for (const auto& pending : *events) types.push_back(pending.type);
    return types;
  }
  void forget_everything() {
    write([](Tx& tx) {
      for (const char* table : {"voice_sessions", "voice_tracks", "voice_finished_rooms", "outbox"}) {
        execute(tx, std::string("delete from ") + table);
      }
    });
  }
};
PARLEY_ON_BOTH_DATABASES(Presence);

TEST_P(Presence, AJoinIsSeenAndALeaveEndsIt) {
  take(event(Kind::kJoined, "PA_1", 5));
  ASSERT_THAT(present(), SizeIs(1));
  const VoiceState state = present().front();
  EXPECT_EQ(state.user_id, UserId("ada"));
  EXPECT_EQ(state.joined_at.unix_us, 5);
  EXPECT_TRUE(state.is_muted);
  take(event(Kind::kLeft, "PA_1", 9));
  EXPECT_THAT(present(), IsEmpty());
  EXPECT_THAT(told(), ElementsAre("voice.state_changed", "voice.left"));
}

TEST_P(Presence, TracksTellMicrophoneCameraAndScreen) {
  take(event(Kind::kJoined, "PA_1", 5));
  take(track_event(Kind::kTrackPublished, "PA_1", "TR_m", TrackSource::kMicrophone, 6));
  take(track_event(Kind::kTrackPublished, "PA_1", "TR_c", TrackSource::kCamera, 7));
  take(track_event(Kind::kTrackPublished, "PA_1", "TR_s", TrackSource::kScreenShare, 8));
  VoiceState state = present().front();
  EXPECT_FALSE(state.is_muted);
  EXPECT_TRUE(state.has_camera && state.has_screen);
  take(track_event(Kind::kTrackMuted, "PA_1", "TR_m", TrackSource::kMicrophone, 9));
  take(track_event(Kind::kTrackUnpublished, "PA_1", "TR_s", TrackSource::kScreenShare, 9));
  state = present().front();
  EXPECT_TRUE(state.is_muted);
  EXPECT_FALSE(state.has_screen);
}

TEST_P(Presence, WHK4_RepeatedEventsChangeAndTellNothing) {
  for (int i = 0; i < 3; ++i) take(event(Kind::kJoined, "PA_1", 5));
  for (int i = 0; i < 3; ++i) take(track_event(Kind::kTrackPublished, "PA_1", "TR_m", TrackSource::kMicrophone, 6));
  EXPECT_THAT(present(), SizeIs(1));
  EXPECT_THAT(told(), SizeIs(2));
}

TEST_P(Presence, ALeaveThatComesBeforeItsJoinLeavesNoGhost) {
  take(event(Kind::kLeft, "PA_1", 9));
  take(event(Kind::kJoined, "PA_1", 5));
  EXPECT_THAT(present(), IsEmpty());
}

TEST_P(Presence, AFinishedRoomIsEmptyAndItsLateJoinsToo) {
  take(event(Kind::kJoined, "PA_1", 5));
  take(event(Kind::kRoomFinished, "", 10));
  EXPECT_THAT(present(), IsEmpty());
  take(event(Kind::kJoined, "PA_2", 6, "bob"));
  EXPECT_THAT(present(), IsEmpty());
  RoomEvent next = event(Kind::kJoined, "PA_3", 12);
  next.room_sid = "RM_2";
  take(next);
  EXPECT_THAT(present(), SizeIs(1));
}

TEST_P(Presence, AUserWithTwoConnectionsAppearsOnceWithTheNewer) {
  take(event(Kind::kJoined, "PA_1", 5));
  take(event(Kind::kJoined, "PA_2", 6));
  ASSERT_THAT(present(), SizeIs(1));
  EXPECT_EQ(present().front().sid, "PA_2");
  take(event(Kind::kLeft, "PA_2", 7));
  EXPECT_EQ(present().front().sid, "PA_1");
}

// With each event perhaps doubled.
TEST_P(Presence, WHK4_EveryOrderOfTwoSessionsEventsEndsTheSame) {
  // Ada left and came back; her first connection's leave may come last.
  std::vector<RoomEvent> events{
      event(Kind::kJoined, "PA_1", 1),
      track_event(Kind::kTrackPublished, "PA_1", "TR_1", TrackSource::kMicrophone, 2),
      event(Kind::kLeft, "PA_1", 3),
      event(Kind::kJoined, "PA_2", 4),
      track_event(Kind::kTrackPublished, "PA_2", "TR_2", TrackSource::kCamera, 5),
  };
  std::vector<size_t> order{0, 1, 2, 3, 4};
  std::optional<std::vector<VoiceState>> expected;
  do {
    forget_everything();
    write([&](Tx& tx) {
      for (const size_t i : order) {
        apply(tx, events[i], WallTime{1000});
        if (i % 2 == 0) apply(tx, events[i], WallTime{1000});
      }
    });
    const auto end = present();
    if (!expected) expected = end;
    ASSERT_EQ(end, *expected) << testing::PrintToString(order.size());
  } while (std::next_permutation(order.begin(), order.end()));
  ASSERT_THAT(*expected, SizeIs(1));
  EXPECT_EQ(expected->front().sid, "PA_2");
  EXPECT_TRUE(expected->front().has_camera);
}

TEST_P(Presence, WHK5_ReconciliationRemovesGhostsAndAddsTheMissed) {
  take(event(Kind::kJoined, "PA_gone", 1, "bob"), 100);
  RoomMember ada{.room = room_of(kLobby), .sid = "PA_ada", .identity = "ada", .joined_at = WallTime{50}};
  ada.tracks = {{.sid = "TR_1", .source = TrackSource::kMicrophone, .is_muted = false}};
  write([&](Tx& tx) { reconcile(tx, std::vector{ada}, WallTime{200}, WallTime{210}); });
  ASSERT_THAT(present(), SizeIs(1));
  EXPECT_EQ(present().front().user_id, UserId("ada"));
  EXPECT_FALSE(present().front().is_muted);
  ada.tracks = {};
  write([&](Tx& tx) { reconcile(tx, std::vector{ada}, WallTime{300}, WallTime{310}); });
  EXPECT_TRUE(present().front().is_muted);
}

TEST_P(Presence, WhatHappenedAfterTheQuestionIsNewerThanItsAnswer) {
  take(event(Kind::kJoined, "PA_new", 1, "bob"), 250);
  const RoomMember left{.room = room_of(kLobby), .sid = "PA_left", .identity = "ada", .joined_at = WallTime{50}};
  take(event(Kind::kJoined, "PA_left", 50), 100);
  take(event(Kind::kLeft, "PA_left", 60), 260);
  // Asked at 200, answered with the state of then.
  write([&](Tx& tx) { reconcile(tx, std::vector{left}, WallTime{200}, WallTime{300}); });
  ASSERT_THAT(present(), SizeIs(1));
  EXPECT_EQ(present().front().sid, "PA_new");
}

TEST_P(Presence, RoomsThatAreNoChannelsAreNotOurs) {
  const RoomMember stranger{.room = "webinar", .sid = "PA_x", .identity = "eve", .joined_at = WallTime{1}};
  write([&](Tx& tx) { reconcile(tx, std::vector{stranger}, WallTime{2}, WallTime{3}); });
  EXPECT_EQ(channel_of("webinar"), std::nullopt);
  EXPECT_EQ(channel_of(room_of(kLobby)), kLobby);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_P(Presence, ClearingTellsThatAllHaveLeft) {
  take(event(Kind::kJoined, "PA_1", 5));
  take(event(Kind::kJoined, "PA_2", 5, "bob"));
  write([](Tx& tx) { clear(tx, WallTime{2000}); });
  EXPECT_THAT(present(), IsEmpty());
  EXPECT_THAT(told(), ElementsAre("voice.state_changed", "voice.state_changed", "voice.left", "voice.left"));
}

TEST_P(Presence, WhatEndedLongAgoIsForgotten) {
  take(event(Kind::kJoined, "PA_1", 5));
  take(track_event(Kind::kTrackPublished, "PA_1", "TR_m", TrackSource::kMicrophone, 6));
  take(event(Kind::kLeft, "PA_1", 9));
  take(event(Kind::kJoined, "PA_2", 5, "bob"));
  write([](Tx& tx) {
    EXPECT_EQ(forget_ended(tx, WallTime{100}), 1);
    EXPECT_EQ(all<int64_t>(tx, "select count(*) from voice_tracks"), std::vector<int64_t>{0});
  });
  EXPECT_THAT(present(), SizeIs(1));
}

TEST_P(Presence, WHK3_WhoIsWhereIsOneStatement) {
  take(event(Kind::kJoined, "PA_1", 5));
  const uint64_t before = store_->statement_count();
  const auto states = store_->read(
      soon(), [](Tx& tx) -> Outcome<std::vector<VoiceState>> { return who_is_where(tx, CommunityId("community")); });
  ASSERT_TRUE(states.has_value());
  EXPECT_EQ(store_->statement_count() - before, 1u);
  EXPECT_THAT(*states, SizeIs(1));
}

TEST_P(Presence, RoomsOfOthersOnTheSameMediaServerAreNotNoted) {
  RoomEvent foreign = event(Kind::kJoined, "PA_1", 5);
  foreign.channel = ChannelId("unknown");
  take(foreign);
  write([](Tx& tx) {
    const std::vector<RoomMember> members{{.room = "vc_unknown", .sid = "PA_2", .identity = "ada"}};
    reconcile(tx, members, WallTime{100}, WallTime{100});
    EXPECT_THAT(everyone(tx), IsEmpty());
  });
}

TEST_P(Presence, WhoeverConnectsAgainBeforeTheOldOneHasEndedIsSeenOnceAsTheNewest) {
  for (const auto& [sid, at, user] : {std::tuple("PA_1", 5, "ada"), {"PA_2", 6, "bob"}, {"PA_3", 7, "ada"}}) {
    take(event(Kind::kJoined, sid, at, user));
  }
  const auto states = present();
  ASSERT_THAT(states, SizeIs(2));
  EXPECT_EQ(states[0].sid, "PA_2");
  EXPECT_EQ(states[1].sid, "PA_3");
}

// A random history, told in a random order with losses, and one reconciliation: always the truth.
TEST_P(Presence, WHK4_WHK5_LossesAndDisorderAreHealedByReconciliation) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    forget_everything();
    SeededRng rng(seed);
    std::vector<RoomEvent> history;
    std::vector<RoomMember> truth;
    for (int i = 0; i < 12; ++i) {
      const std::string sid = "PA_" + std::to_string(i);
      const std::string user = "user" + std::to_string(i);
      history.push_back(event(Kind::kJoined, sid, i, user));
      if (rng.below(2) == 0) {
        history.push_back(event(Kind::kLeft, sid, 100 + i, user));
      } else {
        truth.push_back({.room = room_of(kLobby), .sid = sid, .identity = user, .joined_at = WallTime{i}});
      }
    }
    for (size_t i = history.size(); i > 1; --i) std::swap(history[i - 1], history[rng.below(i)]);
    write([&](Tx& tx) {
      for (const RoomEvent& one : history) {
        if (rng.below(4) != 0) apply(tx, one, WallTime{1000});
      }
      reconcile(tx, truth, WallTime{2000}, WallTime{2001});
    });
    std::vector<std::string> expected;
    std::vector<std::string> found;
    for (const RoomMember& member : truth) expected.push_back(member.sid);
    for (const VoiceState& state : present()) found.push_back(state.sid);
    std::ranges::sort(expected);
    std::ranges::sort(found);
    ASSERT_EQ(found, expected) << "seed " << seed;
  }
}

}  // namespace
}  // namespace parley::product::voice

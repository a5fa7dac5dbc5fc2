#include "edge/voice/keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/writer.h"
#include "net/clock.h"
#include "product/community/test_community.h"

namespace parley::voice {
namespace {

namespace community = product::community;
using product::Outcome;
using product::RoomMember;

/// A media server that holds whom it is told to hold, takes every update, and counts them.
class Rooms : public product::RoomBackend {
 public:
  product::RoomTicket make_ticket(const std::string& room, const std::string& identity, const product::RoomProfile&,
                                  const product::RoomGrants&, WallTime) override {
    return {.url = "", .token = Redacted<std::string>(identity + " may enter " + room), .expires_at = {}};
  }
  Outcome<std::vector<RoomMember>> list_members(Timestamp) override { return members; }
  Outcome<void> remove_member(const std::string& room, const std::string& identity, Timestamp) override {
    std::erase_if(members, [&](const RoomMember& m) { return m.room == room && m.identity == identity; });
    ++removals;
    return {};
  }
  Outcome<void> update_member(const std::string&, const std::string& identity,
                              const std::optional<product::RoomProfile>& profile,
                              const std::optional<product::RoomGrants>& grants, Timestamp) override {
    ++updates;
    for (RoomMember& member : members) {
      if (member.identity != identity) continue;
      if (profile) member.profile = *profile;
      if (grants) member.grants = *grants;
    }
    return {};
  }
  Outcome<void> send_to_member(const std::string& room, const std::string& identity, std::string_view topic,
                               std::string_view payload, Timestamp) override {
    sent.push_back(room + " " + identity + " " + std::string(topic) + " " + std::string(payload));
    return {};
  }
  Outcome<void> close_room(const std::string&, Timestamp) override { return {}; }

  std::vector<RoomMember> members;
  std::vector<std::string> sent;
  int updates = 0;
  int removals = 0;
};

class KeeperTest : public community::CommunityTest {
 protected:
  void reconcile() {
    const auto done = keeper_.reconcile(soon());
    ASSERT_TRUE(done) << done.error().detail;
  }
  void seat(const product::UserId& user, const product::ChannelId& channel) {
    rooms_.members.push_back(
        {.room = product::voice::room_of(channel), .sid = "PA_" + user.text(), .identity = user.text()});
  }

  void ask_to_move(const product::UserId& actor, const product::CommunityId& place, const product::UserId& whom,
                   const product::ChannelId& to) {
    const community::MoveRequested wish{place, whom, to, actor};
    const auto done = keeper_.on_event({"voice.move_requested", "", json::to_json(wish)}, soon());
    ASSERT_TRUE(done) << done.error().detail;
  }

  TimeDelta later_;
  Rooms rooms_;
  Keeper keeper_{*store_, rooms_, [this] {
                   const Now now = net::read_clock();
                   return Now{now.mono, WallTime{now.wall.unix_us + later_.us()}};
                 }};
};
PARLEY_ON_BOTH_DATABASES(KeeperTest);

TEST_P(KeeperTest, ReconcilingTellsTheMediaServerOnlyWhatIsWrong) {
  const auto owner = user("owner");
  const auto place = make_community(owner);
  const auto channel = make_channel(owner, place, community::ChannelKind::kVoice);
  const auto guest = make_member("guest", owner, place);
  seat(guest, channel);
  reconcile();
  EXPECT_EQ(rooms_.updates, 1);
  EXPECT_EQ(rooms_.members.front().profile.name, "guest");
  EXPECT_TRUE(rooms_.members.front().grants.can_speak);
  rooms_.members.front().profile.attributes["hand"] = "raised";  // A client's own.
  reconcile();
  reconcile();
  EXPECT_EQ(rooms_.updates, 1);
  rooms_.members.front().grants.can_speak = false;
  reconcile();
  EXPECT_EQ(rooms_.updates, 2);
}

TEST_P(KeeperTest, ReconcilingRemovesWhoMayNotBeThere) {
  const auto owner = user("owner");
  const auto place = make_community(owner);
  const auto channel = make_channel(owner, place, community::ChannelKind::kVoice);
  seat(user("stranger"), channel);
  reconcile();
  EXPECT_EQ(rooms_.removals, 1);
  EXPECT_TRUE(rooms_.members.empty());
}

TEST_P(KeeperTest, OthersSeeTheMightiestRole) {
  const auto owner = user("owner");
  const auto place = make_community(owner);
  const auto channel = make_channel(owner, place, community::ChannelKind::kVoice);
  const auto guest = make_member("guest", owner, place);
  for (const char* name : {"one", "two"}) {
    const auto role = act(owner, [&](product::Tx& tx, const community::Acting& a) {
      return community::create_role(tx, a, place, {.name = community::Name(name)});
    });
    ASSERT_TRUE(role);
    give_role(owner, place, guest, role->id);
  }
  const auto mightiest = read([&](product::Tx& tx) { return community::roles_of(tx, place).front().name; });
  seat(guest, channel);
  reconcile();
  EXPECT_THAT(rooms_.members.front().profile.metadata, testing::HasSubstr("\"role\":\"" + mightiest + "\""));
}

TEST_P(KeeperTest, WhoeverIsMovedGetsATicketAndIsTakenOutWhenHeStays) {
  const auto owner = user("owner");
  const auto place = make_community(owner);
  const auto from = make_channel(owner, place, community::ChannelKind::kVoice);
  const auto to = make_channel(owner, place, community::ChannelKind::kVoice);
  const auto guest = make_member("guest", owner, place);
  seat(guest, from);
  reconcile();
  ask_to_move(owner, place, guest, to);
  ASSERT_EQ(rooms_.sent.size(), 1U);
  EXPECT_THAT(rooms_.sent[0], testing::StartsWith("vc_" + from.text() + " " + guest.text() + " parley.move {"));
  EXPECT_THAT(rooms_.sent[0], testing::HasSubstr("\"channelId\":\"" + to.text() + "\""));
  EXPECT_THAT(rooms_.sent[0], testing::HasSubstr(guest.text() + " may enter vc_" + to.text()));
  reconcile();
  EXPECT_EQ(rooms_.removals, 0) << "he has some seconds to go";
  later_ = kMoveGrace + TimeDelta::seconds(1);
  reconcile();
  EXPECT_EQ(rooms_.removals, 1);
  EXPECT_TRUE(rooms_.members.empty());
}

TEST_P(KeeperTest, NobodyIsMovedWhereHeMayNotBeOrAlreadyIs) {
  const auto owner = user("owner");
  const auto place = make_community(owner);
  const auto from = make_channel(owner, place, community::ChannelKind::kVoice);
  const auto elsewhere = make_channel(owner, make_community(owner), community::ChannelKind::kVoice);
  const auto guest = make_member("guest", owner, place);
  seat(guest, from);
  reconcile();
  ask_to_move(owner, place, guest, elsewhere);  // Not a member there.
  ask_to_move(owner, place, guest, from);
  EXPECT_TRUE(rooms_.sent.empty());
  later_ = kMoveGrace + TimeDelta::seconds(1);
  reconcile();
  EXPECT_EQ(rooms_.removals, 0);
}

}  // namespace
}  // namespace parley::voice

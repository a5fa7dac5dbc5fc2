#include "adapters/rooms/livekit_server.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "adapters/rooms/room_events.h"

namespace parley::rooms {
namespace {

using product::voice::RoomEvent;

const livekit::ApiKey kKey{"key", Redacted<std::string>("a secret of thirty-two characters")};
const WallTime kNow{1'700'000'000'000'000};

std::string body_of(const std::string& event, const std::string& room = "vc_lobby") {
  return R"({"event":")" + event + R"(","room":{"name":")" + room +
         R"(","sid":"RM_1"},"participant":{"sid":"PA_1","identity":"ada","joinedAt":"1700000000"},)"
         R"("createdAt":"1700000001","id":"EV_1","new_field_of_a_later_version":1})";
}

std::string sign(const std::string& body, const livekit::ApiKey& key = kKey) {
  livekit::Claims claims;
  claims.body_sha256 = livekit::body_hash(body);
  return livekit::make_token(claims, key, kNow, TimeDelta::seconds(300));
}

auto read(const std::string& token, const std::string& body) {
  return read_livekit_webhook(token, body, livekit::KeyStore({kKey}), kNow);
}

TEST(ApiHost, CFG1_IsDerivedFromTheUrlWhenAbsent) {
  EXPECT_EQ(livekit_api_host("wss://p.livekit.cloud", ""), "https://p.livekit.cloud");
  EXPECT_EQ(livekit_api_host("ws://127.0.0.1:7880/", ""), "http://127.0.0.1:7880");
  EXPECT_EQ(livekit_api_host("https://p.livekit.cloud", ""), "https://p.livekit.cloud");
  EXPECT_EQ(livekit_api_host("wss://p.livekit.cloud", "http://10.0.0.5:7880"), "http://10.0.0.5:7880");
  EXPECT_FALSE(livekit_api_host("p.livekit.cloud", "").has_value());
  EXPECT_FALSE(livekit_api_host("wss://", "").has_value());
}

TEST(Webhook, WHK1_IsTakenWhenItsSignatureAndItsBodyAreGood) {
  const std::string body = body_of("participant_joined");
  for (const std::string& header : {sign(body), "Bearer " + sign(body)}) {
    const auto event = read(header, body);
    ASSERT_TRUE(event.has_value() && event->has_value());
    EXPECT_EQ((*event)->kind, RoomEvent::Kind::kJoined);
    EXPECT_EQ((*event)->channel, product::ChannelId("lobby"));
    EXPECT_EQ((*event)->sid, "PA_1");
    EXPECT_EQ((*event)->at.unix_s(), 1'700'000'000);
  }
}

TEST(Webhook, WHK1_IsRefusedUnsignedForeignOrAltered) {
  const std::string body = body_of("participant_joined");
  EXPECT_EQ(read("", body).error(), HookRefusal::kUnsigned);
  EXPECT_EQ(read(sign(body, {"key", Redacted<std::string>("another secret of the same length")}), body).error(),
            HookRefusal::kUnsigned);
  EXPECT_EQ(read(sign(body, {"other", kKey.secret}), body).error(), HookRefusal::kUnsigned);
  EXPECT_EQ(read(sign(body), body + " ").error(), HookRefusal::kAltered);
  livekit::Claims no_hash;
  EXPECT_EQ(read(livekit::make_token(no_hash, kKey, kNow, TimeDelta::seconds(60)), body).error(),
            HookRefusal::kAltered);
  EXPECT_EQ(read(sign("not json"), "not json").error(), HookRefusal::kMalformed);
}

// All names of today are read, and none of tomorrow is an error.
TEST(Webhook, WHK6_UnknownEventsAndRoomsSayNothing) {
  for (const char* name : {"room_started", "egress_started", "egress_updated", "egress_ended", "ingress_started",
                           "ingress_ended", "something_new"}) {
    const std::string body = body_of(name);
    const auto event = read(sign(body), body);
    ASSERT_TRUE(event.has_value()) << name;
    EXPECT_FALSE(event->has_value()) << name;
  }
  const std::string foreign = body_of("participant_joined", "webinar");
  EXPECT_FALSE(read(sign(foreign), foreign)->has_value());
}

TEST(Webhook, WHK6_EveryEventOfACallHasItsKind) {
  using Kind = RoomEvent::Kind;
  for (const auto& [name, kind] : {std::pair{"participant_joined", Kind::kJoined},
                                   {"participant_left", Kind::kLeft},
                                   {"participant_connection_aborted", Kind::kLeft},
                                   {"track_published", Kind::kTrackPublished},
                                   {"track_unpublished", Kind::kTrackUnpublished},
                                   {"room_finished", Kind::kRoomFinished}}) {
    const std::string body = body_of(name);
    const auto event = read(sign(body), body);
    ASSERT_TRUE(event.has_value() && event->has_value()) << name;
    EXPECT_EQ((*event)->kind, kind) << name;
  }
}

Result<net::HttpClientResponse> answer_of(int status, TimeDelta other_clock = {}) {
  return net::HttpClientResponse{.status = status, .date = WallTime{kNow.unix_us + other_clock.us()}};
}

TEST(LivekitProbe, TRB2_ARefusalNamesKeyAndSecret) {
  const auto refused = judge_livekit(answer_of(401), kNow);
  EXPECT_EQ(refused.code(), "livekit_credentials_refused");
  EXPECT_NE(refused.text.find("LIVEKIT_API_SECRET"), std::string::npos);
  EXPECT_EQ(judge_livekit(answer_of(200), kNow).code(), "");
}

TEST(LivekitProbe, TRB6_ADifferenceOfClocksIsToldInSecondsInsteadOfARefusal) {
  const auto behind = judge_livekit(answer_of(401, TimeDelta::seconds(312)), kNow);
  EXPECT_EQ(behind.code(), "clock_difference");
  EXPECT_NE(behind.text.find("312 s behind"), std::string::npos) << behind.text;
  const auto ahead = judge_livekit(answer_of(200, TimeDelta::seconds(-45)), kNow);
  EXPECT_NE(ahead.text.find("45 s ahead of"), std::string::npos) << ahead.text;
  EXPECT_EQ(judge_livekit(answer_of(200, TimeDelta::seconds(29)), kNow).code(), "");
}

TEST(LivekitProbe, WhatIsNoLivekitIsSaidToBeNone) {
  EXPECT_EQ(judge_livekit(answer_of(404), kNow).code(), "livekit_unreachable");
  EXPECT_EQ(judge_livekit(fail(Error::Code::kUnavailable, "refused"), kNow).code(), "livekit_unreachable");
}

}  // namespace
}  // namespace parley::rooms

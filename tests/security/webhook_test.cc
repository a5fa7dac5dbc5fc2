// The route that takes an external LiveKit's webhooks, as the product has it: nobody but that LiveKit gets through.
#include "base/test_log.h"
#include "media/livekit/token.h"
#include "product/voice/presence.h"
#include "security/world.h"

namespace parley::security {
namespace {

class LivekitWebhookTest : public WorldTest {
 protected:
  std::string event(const std::string& name, const World& world) {
    return R"({"event":")" + name + R"(","room":{"name":")" +
           product::voice::room_of(product::ChannelId(world.things.at("voice"))) +
           R"(","sid":"RM_1"},"participant":{"sid":"PA_1","identity":")" + world.things.at("member") +
           R"("},"createdAt":")" + std::to_string(store::read_wall_clock().unix_s()) + R"(","id":"EV_1"})";
  }
  static std::string sign(const std::string& body, std::string_view secret = kRoomSecret,
                          TimeDelta life = TimeDelta::seconds(300)) {
    livekit::Claims claims;
    claims.body_sha256 = livekit::body_hash(body);
    return livekit::make_token(claims, {std::string(kRoomKey), Redacted(std::string(secret))}, store::read_wall_clock(),
                               life);
  }
  api::TestAnswer post(const std::string& body, const std::string& token,
                       const std::string& type = "application/webhook+json") {
    return call({.line = "POST /api/v1/webhooks/livekit",
                 .headers = token.empty() ? "" : "Authorization: " + token + "\r\n",
                 .body = body,
                 .content_type = type});
  }
  size_t occupants(const World& world) {
    const auto answer = call({.line = Fill{.world = world}("GET /api/v1/communities/{community}/voice-states"),
                              .headers = headers_of(world, "owner")});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.json().at("items").as_array().size();
  }
};
PARLEY_ON_BOTH_DATABASES(LivekitWebhookTest);

TEST_P(LivekitWebhookTest, WHK1_ASignedEventIsTakenInBothContentTypes) {
  const World world = build();
  for (const char* type : {"application/webhook+json", "application/json", "application/webhook+json; charset=utf-8"}) {
    const std::string body = event("participant_joined", world);
    EXPECT_EQ(post(body, sign(body), type).status, 200) << type;
  }
  const std::string body = event("participant_joined", world);
  EXPECT_EQ(result(post(body, sign(body), "text/plain")), "unsupported_media_type");
}

TEST_P(LivekitWebhookTest, WHK1_WhatIsUnsignedForeignAlteredOrExpiredChangesNothing) {
  const World world = build();
  const std::string body = event("participant_joined", world);
  const std::string good = sign(body);
  for (const std::string& token :
       {std::string(), std::string("Bearer "), std::string("garbage"), sign(body, std::string(40, 'x')),
        sign(body + " "), sign(body, kRoomSecret, TimeDelta::seconds(-3600)), good.substr(0, good.rfind('.') + 1),
        world.tokens.at("owner"), world.tokens.at("key")}) {
    const auto answer = post(body, token);
    EXPECT_EQ(answer.status, 401) << token;
    EXPECT_EQ(result(answer), "token_invalid") << token;
  }
  EXPECT_EQ(occupants(world), 0u);
}

TEST_P(LivekitWebhookTest, WHK2_WHK3_JoinsAndLeavesAreSeenAtOnceThoughTheLivekitIsAway) {
  const World world = build();
  const auto tell = [&](const char* name) {
    const std::string body = event(name, world);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(post(body, sign(body)).status, 200);
  };
  tell("participant_joined");
  EXPECT_EQ(occupants(world), 1u);
  tell("participant_left");
  EXPECT_EQ(occupants(world), 0u);
  tell("participant_joined");
  EXPECT_EQ(occupants(world), 0u) << "a join that was told late made a ghost";
}

TEST_P(LivekitWebhookTest, WHK6_AnEventOfALaterVersionIsAnsweredAndLogged) {
  const World world = build();
  LogCapture log(log::Level::kInfo);
  const std::string body = event("participant_teleported", world);
  EXPECT_EQ(post(body, sign(body)).status, 200);
  log.end();
  EXPECT_TRUE(log.text().contains("participant_teleported")) << log.text();
}

}  // namespace
}  // namespace parley::security

#include "media/livekit/admission.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/base64.h"

namespace parley::livekit {
namespace {

const ApiKey kKey{"devkey", Redacted<std::string>("secret")};
const KeyStore kKeys({kKey});
constexpr WallTime kNow{1'700'000'000'000'000};

Claims make_claims() {
  Claims claims;
  claims.identity = "ada";
  claims.video.emplace();
  claims.video->room_join = true;
  claims.video->room = "room";
  return claims;
}

SignalHttpRequest make_request(const Claims& claims, std::map<std::string, std::string> query = {}) {
  SignalHttpRequest request;
  request.query = std::move(query);
  request.query["access_token"] = make_token(claims, kKey, kNow, TimeDelta::seconds(600));
  request.remote_address = "192.0.2.7";
  return request;
}

std::string gzip(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  ByteVector in(as_bytes(plain).begin(), as_bytes(plain).end());
  ByteVector out(deflateBound(&stream, in.size()));
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return std::string(as_text(out));
}

std::string wrap(const std::string& join_request, pb::WrappedJoinRequest::Compression compression) {
  pb::WrappedJoinRequest wrapped;
  wrapped.set_compression(compression);
  wrapped.set_join_request(join_request);
  return base64url_encode(as_bytes(wrapped.SerializeAsString()));
}

SignalHttpRequest make_v1_request(const Claims& claims, const pb::JoinRequest& join) {
  auto request =
      make_request(claims, {{"join_request", wrap(gzip(join.SerializeAsString()), pb::WrappedJoinRequest::GZIP)}});
  request.is_v1 = true;
  return request;
}

std::string attributes_json(const std::string& json) { return base64url_encode(as_bytes(json)); }

int refusal_status(const SignalHttpRequest& request) {
  const auto params = admit(request, kKeys, kNow);
  return params ? 200 : params.error().status;
}

TEST(Admission, LetsAPlainTokenInWithTheDefaultsOfTheQuery) {
  const auto params = admit(make_request(make_claims()), kKeys, kNow);
  ASSERT_TRUE(params);
  EXPECT_EQ(params->claims.identity, "ada");
  EXPECT_EQ(params->claims.video->room, "room");
  EXPECT_TRUE(params->auto_subscribe);
  EXPECT_FALSE(params->adaptive_stream);
  EXPECT_FALSE(params->is_single_peer_connection);
  EXPECT_FALSE(params->is_reconnect);
  EXPECT_EQ(params->client.protocol(), 0);
  EXPECT_EQ(params->client.address(), "192.0.2.7");
}

TEST(Admission, ReadsTheQueryOfTheOldPath) {
  const auto params =
      admit(make_request(make_claims(), {{"protocol", "16"},
                                         {"client_protocol", "1"},
                                         {"sdk", "swift"},
                                         {"version", "2.16.0"},
                                         {"os", "ios"},
                                         {"os_version", "18.1"},
                                         {"device_model", "iPhone16,1"},
                                         {"network", "wifi"},
                                         {"capabilities", "CAP_PACKET_TRAILER,CAP_NEW,CAP_PACKET_TRAILER"},
                                         {"auto_subscribe", "0"},
                                         {"adaptive_stream", "true"},
                                         {"subscriber_allow_pause", "1"},
                                         {"reconnect", "1"},
                                         {"sid", "PA_x"}}),
            kKeys, kNow);
  ASSERT_TRUE(params);
  EXPECT_EQ(params->client.protocol(), 16);
  EXPECT_EQ(params->client.client_protocol(), 1);
  EXPECT_EQ(params->client.sdk(), pb::ClientInfo::SWIFT);
  EXPECT_EQ(params->client.version(), "2.16.0");
  EXPECT_EQ(params->client.os(), "ios");
  EXPECT_EQ(params->client.device_model(), "iPhone16,1");
  EXPECT_EQ(params->client.network(), "wifi");
  ASSERT_EQ(params->client.capabilities_size(), 1);
  EXPECT_EQ(params->client.capabilities(0), pb::ClientInfo::CAP_PACKET_TRAILER);
  EXPECT_FALSE(params->auto_subscribe);
  EXPECT_TRUE(params->adaptive_stream);
  EXPECT_TRUE(params->subscriber_allow_pause);
  EXPECT_TRUE(params->is_reconnect);
  EXPECT_EQ(params->participant_sid, "PA_x");
}

TEST(Admission, PrefersTheAuthorizationHeaderToTheQuery) {
  auto request = make_request(make_claims());
  request.authorization = "bearer " + request.query["access_token"];
  request.query["access_token"] = "broken";
  EXPECT_EQ(refusal_status(request), 200);
  request.query["access_token"] = request.authorization.substr(7);
  request.authorization = "Bearer broken";
  EXPECT_EQ(refusal_status(request), 401);
}

TEST(Admission, AnswersEachFaultWithItsStatus) {
  EXPECT_EQ(refusal_status({}), 401);
  auto expired = make_request(make_claims());
  expired.query["access_token"] = make_token(make_claims(), kKey, kNow, TimeDelta::seconds(-120));
  EXPECT_EQ(refusal_status(expired), 401);

  Claims claims = make_claims();
  claims.video.reset();
  EXPECT_EQ(refusal_status(make_request(claims)), 401);
  claims = make_claims();
  claims.video->room_join = false;
  EXPECT_EQ(refusal_status(make_request(claims)), 401);
  claims = make_claims();
  claims.identity.clear();
  EXPECT_EQ(refusal_status(make_request(claims)), 400);
  claims = make_claims();
  claims.video->room.clear();
  EXPECT_EQ(refusal_status(make_request(claims)), 400);
}

TEST(Admission, ChecksTheGrantBeforeTheNames) {
  Claims claims = make_claims();
  claims.video->room_join = false;
  claims.identity.clear();
  EXPECT_EQ(refusal_status(make_request(claims)), 401);
}

TEST(Admission, LimitsNamesTo256Bytes) {
  for (std::string Claims::* member : {&Claims::identity, &Claims::name}) {
    Claims claims = make_claims();
    claims.*member = std::string(256, 'x');
    EXPECT_EQ(refusal_status(make_request(claims)), 200);
    claims.*member += 'x';
    EXPECT_EQ(refusal_status(make_request(claims)), 400);
  }
  Claims claims = make_claims();
  claims.video->room = std::string(257, 'x');
  EXPECT_EQ(refusal_status(make_request(claims)), 400);
}

TEST(Admission, LimitsMetadataAndAttributesOfTheToken) {
  Claims claims = make_claims();
  claims.metadata = std::string(kMaxMetadataSize, 'x');
  EXPECT_EQ(refusal_status(make_request(claims)), 200);
  claims.metadata += 'x';
  EXPECT_EQ(refusal_status(make_request(claims)), 400);
  claims = make_claims();
  claims.attributes["key"] = std::string(kMaxAttributesSize - 3, 'x');
  EXPECT_EQ(refusal_status(make_request(claims)), 200);
  claims.attributes["key"] += 'x';
  EXPECT_EQ(refusal_status(make_request(claims)), 400);
}

TEST(Admission, TakesAttributesOfTheQueryOnlyWithTheGrant) {
  Claims claims = make_claims();
  claims.attributes = {{"a", "old"}, {"b", "kept"}};
  const std::map<std::string, std::string> query{{"attributes", attributes_json(R"({"a":"new","c":"ç"})")}};
  EXPECT_EQ(refusal_status(make_request(claims, query)), 401);
  claims.video->can_update_own_metadata = true;
  const auto params = admit(make_request(claims, query), kKeys, kNow);
  ASSERT_TRUE(params);
  EXPECT_EQ(params->claims.attributes, (std::map<std::string, std::string>{{"a", "new"}, {"b", "kept"}, {"c", "ç"}}));
}

TEST(Admission, RefusesAttributesThatAreNoStrings) {
  Claims claims = make_claims();
  claims.video->can_update_own_metadata = true;
  for (const char* json : {"[]", "{\"a\":1}", "{", "\"a\""}) {
    EXPECT_EQ(refusal_status(make_request(claims, {{"attributes", attributes_json(json)}})), 400) << json;
  }
  EXPECT_EQ(refusal_status(make_request(claims, {{"attributes", "***"}})), 400);
}

TEST(Admission, ReadsTheJoinRequest) {
  pb::JoinRequest join;
  join.mutable_client_info()->set_sdk(pb::ClientInfo::JS);
  join.mutable_client_info()->set_protocol(17);
  join.mutable_client_info()->set_address("203.0.113.1");
  join.mutable_connection_settings()->set_adaptive_stream(true);
  join.add_add_track_requests()->set_cid("track");
  join.mutable_publisher_offer()->set_sdp("v=0");
  join.set_reconnect(true);
  join.set_participant_sid("PA_x");
  const auto params = admit(make_v1_request(make_claims(), join), kKeys, kNow);
  ASSERT_TRUE(params);
  EXPECT_TRUE(params->is_single_peer_connection);
  EXPECT_EQ(params->client.sdk(), pb::ClientInfo::JS);
  EXPECT_EQ(params->client.protocol(), 17);
  EXPECT_EQ(params->client.address(), "192.0.2.7") << "a client does not choose its address";
  EXPECT_FALSE(params->auto_subscribe) << "unset means false in a join request";
  EXPECT_TRUE(params->adaptive_stream);
  ASSERT_EQ(params->add_tracks.size(), 1u);
  EXPECT_EQ(params->add_tracks[0].cid(), "track");
  EXPECT_EQ(params->publisher_offer->sdp(), "v=0");
  EXPECT_TRUE(params->is_reconnect);
  EXPECT_EQ(params->participant_sid, "PA_x");
}

TEST(Admission, AcceptsAnUncompressedJoinRequestOnTheOldPathToo) {
  pb::JoinRequest join;
  join.mutable_connection_settings()->set_auto_subscribe(true);
  const auto request =
      make_request(make_claims(), {{"join_request", wrap(join.SerializeAsString(), pb::WrappedJoinRequest::NONE)}});
  const auto params = admit(request, kKeys, kNow);
  ASSERT_TRUE(params);
  EXPECT_TRUE(params->is_single_peer_connection);
  EXPECT_TRUE(params->auto_subscribe);
}

TEST(Admission, TakesMetadataOfAJoinRequestOnlyWithTheGrant) {
  Claims claims = make_claims();
  claims.metadata = "old";
  pb::JoinRequest join;
  join.set_metadata("new");
  (*join.mutable_participant_attributes())["k"] = "v";
  EXPECT_EQ(refusal_status(make_v1_request(claims, join)), 401);
  claims.video->can_update_own_metadata = true;
  const auto params = admit(make_v1_request(claims, join), kKeys, kNow);
  ASSERT_TRUE(params);
  EXPECT_EQ(params->claims.metadata, "new");
  EXPECT_EQ(params->claims.attributes.at("k"), "v");
  join.set_metadata(std::string(kMaxMetadataSize + 1, 'x'));
  EXPECT_EQ(refusal_status(make_v1_request(claims, join)), 400);
}

TEST(Admission, RequiresAJoinRequestOnTheNewPath) {
  auto request = make_request(make_claims());
  request.is_v1 = true;
  EXPECT_EQ(refusal_status(request), 400);
}

TEST(Admission, RefusesBrokenJoinRequests) {
  const std::string good = gzip(pb::JoinRequest().SerializeAsString());
  for (const std::string& text :
       {std::string("*"), base64url_encode(as_bytes("\xff\xff")), wrap("no gzip", pb::WrappedJoinRequest::GZIP),
        wrap(good.substr(0, good.size() - 1), pb::WrappedJoinRequest::GZIP),
        wrap(good + "x", pb::WrappedJoinRequest::GZIP), wrap("\xff\xff", pb::WrappedJoinRequest::NONE),
        wrap("", static_cast<pb::WrappedJoinRequest::Compression>(7))}) {
    EXPECT_EQ(refusal_status(make_request(make_claims(), {{"join_request", text}})), 400);
  }
}

TEST(Admission, InflatesAJoinRequestToAMebibyteAndNotMore) {
  pb::JoinRequest join;
  join.mutable_publisher_offer()->set_sdp("");
  const size_t overhead = 12;  // Tags and lengths around the text.
  join.mutable_publisher_offer()->set_sdp(std::string(kMaxJoinRequestSize - overhead, 'x'));
  ASSERT_LE(join.ByteSizeLong(), kMaxJoinRequestSize);
  EXPECT_EQ(refusal_status(make_v1_request(make_claims(), join)), 200);
  join.mutable_publisher_offer()->set_sdp(std::string(kMaxJoinRequestSize, 'x'));
  EXPECT_EQ(refusal_status(make_v1_request(make_claims(), join)), 400);
}

TEST(Admission, FillsBrowserAndSystemFromTheUserAgent) {
  struct Case {
    const char* agent;
    const char* browser;
    const char* version;
    const char* os;
  };
  const Case cases[] = {
      {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
       "Safari/605.1.15",
       "Safari", "18.1", "Mac OS X"},
      {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox", "128.0", "Linux"},
      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 "
       "Safari/537.36 Edg/125.0.0.0",
       "Edge", "125.0.0.0", "Windows"},
      {"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile "
       "Safari/537.36",
       "Chrome", "125.0.0.0", "Android"},
      {"livekit-go", "", "", ""},
  };
  for (const Case& c : cases) {
    auto request = make_request(make_claims());
    request.user_agent = c.agent;
    const auto params = admit(request, kKeys, kNow);
    ASSERT_TRUE(params);
    EXPECT_EQ(params->client.browser(), c.browser);
    EXPECT_EQ(params->client.browser_version(), c.version);
    EXPECT_EQ(params->client.os(), c.os);
  }
}

TEST(Admission, KeepsTextThatIsNotUtf8OutOfTheClientInfo) {
  const auto params = admit(make_request(make_claims(), {{"os", "\xff"}, {"version", "1"}}), kKeys, kNow);
  ASSERT_TRUE(params);
  EXPECT_EQ(params->client.os(), "");
  EXPECT_EQ(params->client.version(), "1");
}

}  // namespace
}  // namespace parley::livekit

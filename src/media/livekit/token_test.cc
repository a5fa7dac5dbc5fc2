#include "media/livekit/token.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"

namespace parley::livekit {
namespace {

const ApiKey kKey{"devkey", Redacted<std::string>("secret")};
const ApiKey kOtherKey{"other", Redacted<std::string>("another secret")};
const KeyStore kKeys({kKey, kOtherKey});
constexpr WallTime kNow{1'700'000'000'000'000};

WallTime after(TimeDelta delta) { return WallTime{kNow.unix_us + delta.us()}; }

std::string sign(std::string_view header, std::string_view payload, std::string_view secret = "secret") {
  std::string token = base64url_encode(as_bytes(header)) + "." + base64url_encode(as_bytes(payload));
  uint8_t mac[32];
  unsigned size = sizeof mac;
  const ByteView text = as_bytes(token);
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), text.data(), text.size(), mac, &size);
  return token + "." + base64url_encode(ByteView(mac, size));
}

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT"})";

std::string sign_claims(std::string_view members) {
  return sign(kHeader, R"({"iss":"devkey","exp":1700000600)" + std::string(members) + "}");
}

Claims make_full_claims() {
  Claims claims;
  claims.identity = "ayşe";
  claims.name = "Ayşe \"A\"";
  claims.metadata = R"({"a":1})";
  claims.attributes = {{"k", "v"}, {"lk.agent.state", "listening"}};
  claims.kind = "agent";
  claims.kind_details = {"cloud_agent"};
  claims.room_preset = "preset";
  claims.body_sha256 = "abc=";
  claims.room_config = R"({"max_participants":3})";
  VideoGrant& video = claims.video.emplace();
  video.room_join = video.room_create = video.room_list = video.room_admin = video.room_record = true;
  video.ingress_admin = video.hidden = video.recorder = video.agent = true;
  video.room = "room";
  video.destination_room = "elsewhere";
  video.can_publish = false;
  video.can_subscribe = true;
  video.can_publish_data = false;
  video.can_publish_sources = {"camera", "screen_share_audio"};
  video.can_update_own_metadata = true;
  video.can_subscribe_metrics = true;
  return claims;
}

TEST(Token, CarriesEveryClaimThereAndBack) {
  const Claims claims = make_full_claims();
  const auto read = verify_token(make_token(claims, kKey, kNow, TimeDelta::seconds(600)), kKeys, kNow);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->issuer, "devkey");
  EXPECT_EQ(read->identity, claims.identity);
  EXPECT_EQ(read->name, claims.name);
  EXPECT_EQ(read->metadata, claims.metadata);
  EXPECT_EQ(read->attributes, claims.attributes);
  EXPECT_EQ(read->kind, claims.kind);
  EXPECT_EQ(read->kind_details, claims.kind_details);
  EXPECT_EQ(read->video, claims.video);
  EXPECT_EQ(read->room_config, claims.room_config);
  EXPECT_EQ(read->room_preset, claims.room_preset);
  EXPECT_EQ(read->body_sha256, claims.body_sha256);
  EXPECT_EQ(read->not_before_unix_s, kNow.unix_s());
  EXPECT_EQ(read->expires_unix_s, kNow.unix_s() + 600);
}

/// The example of RFC 7515 appendix A.1, whose key is not text and whose issuer is "joe"; it expired in 2011.
TEST(Token, AcceptsTheSignatureOfTheStandardsExample) {
  const auto secret =
      base64url_decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const KeyStore keys({{"joe", Redacted<std::string>(std::string(as_text(*secret)))}});
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  EXPECT_TRUE(verify_token(token, keys, WallTime{1'300'819'380'000'000}));
  EXPECT_EQ(verify_token(token, keys, kNow).error(), TokenError::kExpired);
}

TEST(Token, KeepsAbsentGrantsApartFromRefusedOnes) {
  const auto claims = verify_token(sign_claims(R"(,"video":{"canPublish":false,"canSubscribe":null})"), kKeys, kNow);
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->video->can_publish, false);
  EXPECT_EQ(claims->video->can_subscribe, std::nullopt);
  EXPECT_EQ(claims->video->can_publish_data, std::nullopt);
  EXPECT_FALSE(claims->video->room_join);
}

TEST(Token, TakesTheIdentityFromJtiWhenThereIsNoSubject) {
  EXPECT_EQ(verify_token(sign_claims(R"(,"jti":"j")"), kKeys, kNow)->identity, "j");
  EXPECT_EQ(verify_token(sign_claims(R"(,"sub":"","jti":"j")"), kKeys, kNow)->identity, "j");
  EXPECT_EQ(verify_token(sign_claims(R"(,"sub":"s","jti":"j")"), kKeys, kNow)->identity, "s");
  EXPECT_EQ(verify_token(sign_claims(R"(,"identity":"i")"), kKeys, kNow)->identity, "");
}

TEST(Token, IgnoresUnknownClaims) {
  EXPECT_TRUE(verify_token(sign_claims(R"(,"sip":{"admin":true},"video":{"new":[1]},"x":null)"), kKeys, kNow));
}

TEST(Token, RefusesClaimsOfAnotherType) {
  for (const std::string_view members :
       {R"(,"sub":1)", R"(,"video":true)", R"(,"video":{"roomJoin":"true"})", R"(,"attributes":{"a":1})",
        R"(,"attributes":[])", R"(,"video":{"canPublishSources":"camera"})", R"(,"roomConfig":"x")", R"(,"nbf":"1")"}) {
    EXPECT_EQ(verify_token(sign_claims(members), kKeys, kNow).error(), TokenError::kMalformed) << members;
  }
}

TEST(Token, ToleratesAMinuteOfClockDifferenceAndNotMore) {
  const std::string token = make_token({}, kKey, kNow, TimeDelta::seconds(600));
  EXPECT_TRUE(verify_token(token, kKeys, after(TimeDelta::seconds(660))));
  EXPECT_EQ(verify_token(token, kKeys, after(TimeDelta::seconds(661))).error(), TokenError::kExpired);
  EXPECT_TRUE(verify_token(token, kKeys, after(TimeDelta::seconds(-60))));
  EXPECT_EQ(verify_token(token, kKeys, after(TimeDelta::seconds(-61))).error(), TokenError::kNotYetValid);
}

TEST(Token, RequiresAnExpiry) {
  EXPECT_EQ(verify_token(sign(kHeader, R"({"iss":"devkey"})"), kKeys, kNow).error(), TokenError::kNoExpiry);
}

TEST(Token, ReadsTimesWithFractionsAndBeyondAllCalendars) {
  EXPECT_TRUE(verify_token(sign(kHeader, R"({"iss":"devkey","exp":1700000600.5,"nbf":1e3})"), kKeys, kNow));
  EXPECT_TRUE(verify_token(sign(kHeader, R"({"iss":"devkey","exp":1e300})"), kKeys, kNow));
  EXPECT_EQ(verify_token(sign(kHeader, R"({"iss":"devkey","exp":-1e300})"), kKeys, kNow).error(), TokenError::kExpired);
}

TEST(Token, RefusesEveryOtherAlgorithm) {
  const std::string payload = R"({"iss":"devkey","exp":1700000600})";
  for (const std::string_view algorithm : {"none", "None", "hs256", "HS384", "HS512", "RS256", "ES256", ""}) {
    const std::string header = R"({"alg":")" + std::string(algorithm) + R"("})";
    EXPECT_EQ(verify_token(sign(header, payload), kKeys, kNow).error(), TokenError::kBadAlgorithm) << algorithm;
  }
  EXPECT_EQ(verify_token(sign("{}", payload), kKeys, kNow).error(), TokenError::kBadAlgorithm);
  EXPECT_EQ(verify_token(sign(R"({"alg":["HS256"]})", payload), kKeys, kNow).error(), TokenError::kBadAlgorithm);
  EXPECT_EQ(verify_token(sign(R"({"alg":"HS256","crit":["x"]})", payload), kKeys, kNow).error(),
            TokenError::kBadAlgorithm);
}

TEST(Token, RefusesAnUnsignedToken) {
  const std::string unsigned_token = base64url_encode(as_bytes(R"({"alg":"none"})")) + "." +
                                     base64url_encode(as_bytes(R"({"iss":"devkey","exp":1700000600})")) + ".";
  EXPECT_EQ(verify_token(unsigned_token, kKeys, kNow).error(), TokenError::kBadAlgorithm);
}

TEST(Token, RefusesAnEmptyAndAForeignSignature) {
  std::string token = sign_claims("");
  EXPECT_EQ(verify_token(token.substr(0, token.rfind('.') + 1), kKeys, kNow).error(), TokenError::kBadSignature);
  EXPECT_EQ(
      verify_token(make_token({}, {"devkey", kOtherKey.secret}, kNow, TimeDelta::seconds(600)), kKeys, kNow).error(),
      TokenError::kBadSignature);
}

TEST(Token, RefusesAnyChangedCharacter) {
  const std::string token = make_token(make_full_claims(), kKey, kNow, TimeDelta::seconds(600));
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = token[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify_token(changed, kKeys, kNow)) << i;
  }
}

TEST(Token, SelectsTheSecretByIssuer) {
  EXPECT_EQ(verify_token(make_token({}, kOtherKey, kNow, TimeDelta::seconds(600)), kKeys, kNow)->issuer, "other");
  EXPECT_EQ(verify_token(make_token({}, {"third", kKey.secret}, kNow, TimeDelta::seconds(600)), kKeys, kNow).error(),
            TokenError::kUnknownKey);
  EXPECT_EQ(verify_token(sign(kHeader, R"({"exp":1700000600})"), kKeys, kNow).error(), TokenError::kUnknownKey);
}

TEST(Token, RefusesWhatIsNoToken) {
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("a.b"), std::string("a.b.c.d"),
        std::string("!.!.!"), sign("[]", "{}"), sign(kHeader, "[]"), sign(kHeader, "{\"iss\":\"devkey\""),
        sign(kHeader, "{\"iss\":\"\xff\"}"), std::string(kMaxTokenSize + 1, 'a')}) {
    EXPECT_EQ(verify_token(text, kKeys, kNow).error(), TokenError::kMalformed) << text.substr(0, 80);
  }
}

TEST(Token, RefusesJsonNestedTooDeeply) {
  EXPECT_EQ(verify_token(sign_claims(R"(,"x":)" + std::string(100, '[') + std::string(100, ']')), kKeys, kNow).error(),
            TokenError::kMalformed);
}

}  // namespace
}  // namespace parley::livekit

#include "product/webhooks/signature.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace parley::product::webhooks {
namespace {

Redacted<std::string> secret(const char* text) { return Redacted(std::string(text)); }

TEST(WebhookSignature, IsThatOfTheSchemesOwnExample) {
  EXPECT_EQ(sign(secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "msg_p5jXN8AQM9LWM0D4loKWxJek",
                 WallTime{1'614'265'330'000'000}, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

// printf 'msg_1.1614265330.{"ad":"Ayşə"}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102...1f -binary | base64
TEST(WebhookSignature, IsThatOfOpensslsProgramForOtherLetters) {
  EXPECT_EQ(sign(secret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), "msg_1", WallTime{1'614'265'330'999'999},
                 R"({"ad":"Ayşə"})"),
            "v1,+Kv5QbIa33G5vfBeRBOevCATPjiMZJaL7yZH0IqoWdM=");
}

TEST(WebhookSignature, ChangesWithEachOfItsParts) {
  SeededRng rng(7);
  const auto one = make_signing_secret(rng);
  const WallTime at{1'614'265'330'000'000};
  const std::string signature = sign(one, "a", at, "{}");
  EXPECT_NE(sign(one, "b", at, "{}"), signature);
  EXPECT_NE(sign(one, "a", WallTime{at.unix_us + 1'000'000}, "{}"), signature);
  EXPECT_NE(sign(one, "a", at, "{ }"), signature);
  EXPECT_NE(sign(make_signing_secret(rng), "a", at, "{}"), signature);
}

TEST(WebhookSignature, OfTwoSecretsStandsTwiceInTheHeader) {
  SeededRng rng(7);
  const Secrets secrets{make_signing_secret(rng), make_signing_secret(rng)};
  const WallTime at{1'614'265'330'000'000};
  EXPECT_EQ(signature_header(secrets, "a", at, "{}"),
            sign(secrets.current, "a", at, "{}") + " " + sign(*secrets.old, "a", at, "{}"));
  EXPECT_EQ(signature_header({secrets.current, {}}, "a", at, "{}"), sign(secrets.current, "a", at, "{}"));
}

TEST(WebhookSignature, SecretsHaveThirtyTwoRandomBytesBehindTheirPrefix) {
  SeededRng rng(7);
  const std::string made = make_signing_secret(rng).reveal();
  ASSERT_TRUE(made.starts_with("whsec_"));
  EXPECT_EQ(base64_decode(made.substr(6))->size(), 32u);
  EXPECT_NE(make_signing_secret(rng).reveal(), made);
}

}  // namespace
}  // namespace parley::product::webhooks

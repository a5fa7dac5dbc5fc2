#include "media/transport/dtls.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/rng.h"
#include "media/transport/dtls_test_util.h"

namespace parley::transport {
namespace {

using test::DtlsPair;
using test::make_dtls_context;

TEST(DtlsContext, HasASha256Fingerprint) {
  const auto context = make_dtls_context();
  EXPECT_EQ(context->fingerprint().algorithm, "sha-256");
  EXPECT_EQ(context->fingerprint().digest.size(), 32u);
}

TEST(DtlsContext, EveryProcessHasItsOwnCertificate) {
  EXPECT_NE(make_dtls_context()->fingerprint(), make_dtls_context()->fingerprint());
}

TEST(Dtls, AHandshakeWithoutLossTakesTwoRoundTripsAndNoTimer) {
  DtlsPair pair;
  pair.run_until_connected();
  EXPECT_EQ(pair.server.state(), DtlsState::kConnected);
  EXPECT_EQ(pair.client.state(), DtlsState::kConnected);
  EXPECT_EQ(pair.elapsed(), TimeDelta::millis(80));
  EXPECT_EQ(pair.server.counts().retransmissions + pair.client.counts().retransmissions, 0u);
  EXPECT_TRUE(pair.server.next_deadline().is_never());
  EXPECT_TRUE(pair.client.next_deadline().is_never());
}

TEST(Dtls, BothSidesDeriveTheSameKeysAndPreferGcm) {
  DtlsPair pair;
  pair.run_until_connected();
  const DtlsSrtpKeys& server = pair.server.srtp_keys().value();
  const DtlsSrtpKeys& client = pair.client.srtp_keys().value();
  EXPECT_EQ(server.local.profile, SrtpProfile::kAeadAes128Gcm);
  EXPECT_EQ(server.local.key, client.remote.key);
  EXPECT_EQ(server.local.salt, client.remote.salt);
  EXPECT_EQ(server.remote.key, client.local.key);
  EXPECT_EQ(server.remote.salt, client.local.salt);
  EXPECT_NE(server.local.key, server.remote.key);
}

TEST(Dtls, NoDatagramExceedsTheMtu) {
  DtlsPair pair;
  pair.run_until_connected();
  EXPECT_LE(pair.largest_datagram, kDtlsMtu);
  EXPECT_GT(pair.datagrams, 3u);
}

TEST(Dtls, LostFlightsAreRetransmittedInVirtualTime) {
  uint64_t retransmissions = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    DtlsPair pair({.loss_percent = 30, .seed = seed});
    pair.run_until_connected();
    ASSERT_EQ(pair.server.state(), DtlsState::kConnected) << "seed " << seed;
    ASSERT_EQ(pair.client.state(), DtlsState::kConnected) << "seed " << seed;
    retransmissions += pair.server.counts().retransmissions + pair.client.counts().retransmissions;
  }
  EXPECT_GT(retransmissions, 60u);
}

TEST(Dtls, RetransmissionsComeAt100MillisecondsAndDoubleToTheLimit) {
  DtlsPair pair({.loss_percent = 100});
  pair.run_for(TimeDelta::seconds(12));
  const std::vector<int64_t> expected{0, 100, 300, 700, 1500, 3100, 6100, 9100};
  EXPECT_EQ(pair.client_sent_at_ms, expected);
}

TEST(Dtls, AHandshakeThatNobodyAnswersFailsByTime) {
  DtlsPair pair({.loss_percent = 100});
  pair.run_for(TimeDelta::seconds(40));
  EXPECT_EQ(pair.client.state(), DtlsState::kFailed);
  EXPECT_EQ(pair.client.failure(), DtlsFailure::kTimeout);
  EXPECT_TRUE(pair.client.next_deadline().is_never());
}

TEST(Dtls, AServerWhoseClientVanishesMidwayFailsByTime) {
  DtlsPair pair;
  pair.run_for(TimeDelta::millis(30));
  EXPECT_EQ(pair.server.state(), DtlsState::kHandshake);
  pair.options.loss_percent = 100;
  pair.run_for(TimeDelta::seconds(40));
  EXPECT_EQ(pair.server.failure(), DtlsFailure::kTimeout);
}

TEST(Dtls, AnotherCertificateThanSignalledIsRefused) {
  DtlsPair pair;
  pair.server.set_remote_fingerprint(make_dtls_context()->fingerprint());
  pair.run_for(TimeDelta::seconds(1));
  EXPECT_EQ(pair.server.state(), DtlsState::kFailed);
  EXPECT_EQ(pair.server.failure(), DtlsFailure::kFingerprintMismatch);
  EXPECT_FALSE(pair.server.srtp_keys().has_value());
}

TEST(Dtls, AFingerprintByAnUnknownOrBrokenHashMatchesNothing) {
  for (const char* algorithm : {"sha-1", "md5", ""}) {
    DtlsPair pair;
    pair.server.set_remote_fingerprint({.algorithm = algorithm, .digest = {}});
    pair.run_for(TimeDelta::seconds(1));
    EXPECT_EQ(pair.server.failure(), DtlsFailure::kFingerprintMismatch) << algorithm;
  }
}

TEST(Dtls, AFingerprintThatComesAfterTheHandshakeIsStillChecked) {
  DtlsPair pair({.server_knows_fingerprint = false});
  pair.run_for(TimeDelta::seconds(1));
  EXPECT_EQ(pair.server.state(), DtlsState::kHandshake);
  ASSERT_TRUE(pair.send_from_client("early"));
  pair.run_for(TimeDelta::seconds(1));
  EXPECT_TRUE(pair.server_received.empty()) << "nothing is believed from an unverified peer";
  pair.server.set_remote_fingerprint(pair.client_context->fingerprint());
  EXPECT_EQ(pair.server.state(), DtlsState::kConnected);
}

TEST(Dtls, ApplicationDataPassesBothWays) {
  DtlsPair pair;
  pair.run_until_connected();
  ASSERT_TRUE(pair.send_from_client("ping"));
  ASSERT_TRUE(pair.send_from_server("pong"));
  ASSERT_TRUE(pair.send_from_server(std::string(1163, 'x')));
  pair.run_for(TimeDelta::millis(50));
  EXPECT_EQ(pair.server_received, (std::vector<std::string>{"ping"}));
  EXPECT_EQ(pair.client_received, (std::vector<std::string>{"pong", std::string(1163, 'x')}));
}

TEST(Dtls, DataThatDoesNotFitOneDatagramOrComesTooEarlyIsRefused) {
  DtlsPair pair;
  EXPECT_FALSE(pair.send_from_client("early"));
  pair.run_until_connected();
  EXPECT_FALSE(pair.send_from_client(std::string(1164, 'x')));
}

TEST(Dtls, CloseNotifyIsNoticed) {
  DtlsPair pair;
  pair.run_until_connected();
  pair.close_client();
  pair.run_for(TimeDelta::millis(50));
  EXPECT_EQ(pair.server.state(), DtlsState::kClosed);
  EXPECT_EQ(pair.client.state(), DtlsState::kClosed);
}

TEST(Dtls, GarbageIsCountedAndHarmless) {
  DtlsPair pair;
  SeededRng rng(5);
  for (int round = 0; round < 200; ++round) {
    ByteVector garbage(rng.below(100));
    rng.fill(garbage);
    pair.inject_to_server(garbage);
  }
  // A client hello that the garbage has not spoiled.
  pair.run_until_connected();
  EXPECT_EQ(pair.server.state(), DtlsState::kConnected);
  EXPECT_GT(pair.server.counts().ignored_datagrams, 0u);
  for (int round = 0; round < 200; ++round) {
    ByteVector garbage(13 + rng.below(100));
    rng.fill(garbage);
    garbage[0] = static_cast<uint8_t>(20 + rng.below(4));
    garbage[1] = 0xfe;
    garbage[2] = 0xfd;
    pair.inject_to_server(garbage);
  }
  EXPECT_EQ(pair.server.state(), DtlsState::kConnected);
  ASSERT_TRUE(pair.send_from_client("still here"));
  pair.run_for(TimeDelta::millis(50));
  EXPECT_EQ(pair.server_received, (std::vector<std::string>{"still here"}));
}

TEST(Dtls, AReplayedRecordIsDeliveredOnce) {
  DtlsPair pair({.duplicate_everything = true});
  pair.run_until_connected();
  ASSERT_TRUE(pair.send_from_client("once"));
  pair.run_for(TimeDelta::millis(50));
  EXPECT_EQ(pair.server_received, (std::vector<std::string>{"once"}));
}

TEST(Dtls, ManyEndpointsShareOneContext) {
  const auto context = make_dtls_context();
  std::vector<DtlsEndpoint> endpoints;
  for (int i = 0; i < 200; ++i) endpoints.emplace_back(*context, DtlsRole::kServer);
  for (const DtlsEndpoint& endpoint : endpoints) EXPECT_EQ(endpoint.state(), DtlsState::kNew);
}

}  // namespace
}  // namespace parley::transport

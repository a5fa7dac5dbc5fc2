#include "media/transport/peer.h"

#include <gtest/gtest.h>

#include "media/transport/peer_test_util.h"
#include "media/wire/stun.h"

namespace parley::transport {
namespace {

using test::PeerPair;
using test::RtpText;
using Kind = PeerEvent::Kind;

const Path kStranger{.remote = SocketAddress::v4(0xcb007101, 1234)};

TEST(Peer, TwoPeersConnectInThreeRoundTrips) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  EXPECT_LE((pair.now - Timestamp::seconds(1)).ms(), 150);
  EXPECT_EQ(pair.server.count(Kind::kConnected), 1u);
  EXPECT_EQ(pair.client.count(Kind::kConnected), 1u);
  EXPECT_EQ(pair.server.peer->path(), pair.client_address);
}

/// Everything a connection does, through loss.
class PeerThroughLoss : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(LossPercent, PeerThroughLoss, ::testing::Values(0, 5, 15, 30));

TEST_P(PeerThroughLoss, ConnectsAndCarriesMessagesAndMediaBothWays) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    PeerPair pair({.loss_percent = GetParam(), .seed = seed});
    ASSERT_TRUE(pair.connect());
    const auto channel = pair.client.peer->open_channel({.label = "_reliable"}, pair.client.outputs);
    ASSERT_TRUE(channel.has_value());
    pair.flush();
    for (const char* text : {"one", "two", "three"}) {
      ASSERT_TRUE(pair.run_until([&] {
        return pair.client.peer->send_data(*channel, DataKind::kString, as_bytes(text), pair.client.outputs)
            .has_value();
      }));
    }
    EXPECT_TRUE(pair.run_until([&] { return pair.server.messages().size() == 3; }));
    EXPECT_EQ(pair.server.messages(), (std::vector<std::string>{"one", "two", "three"}));

    for (uint16_t i = 0; i < 200; ++i) {
      ASSERT_TRUE(pair.send_rtp(pair.client, {.ssrc = 1, .sequence = i}));
      ASSERT_TRUE(pair.send_rtp(pair.server, {.ssrc = 2, .sequence = i}));
    }
    pair.send_rtcp(pair.client, test::make_rtcp(1, 6));
    pair.run_for(TimeDelta::millis(100));
    for (const test::PeerEnd* end : {&pair.server, &pair.client}) {
      EXPECT_GE(end->rtp.size(), 200u * (100 - GetParam()) / 100 - 40);
      EXPECT_EQ(end->verdicts(PeerVerdict::kDropSrtp), 0u);
    }
    EXPECT_EQ(pair.server.rtp.back().size(), test::make_rtp({}).size());
  }
}

TEST(Peer, MediaArrivesAsItWasSent) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  const RtpText text{.ssrc = 77, .sequence = 9, .payload_size = 1100, .extension_words = 2};
  ASSERT_TRUE(pair.send_rtp(pair.client, text));
  pair.send_rtcp(pair.server, test::make_rtcp(5, 10));
  pair.run_for(TimeDelta::millis(50));
  EXPECT_EQ(pair.server.rtp, (std::vector<ByteVector>{test::make_rtp(text)}));
  EXPECT_EQ(pair.client.rtcp, (std::vector<ByteVector>{test::make_rtcp(5, 10)}));
}

TEST(Peer, NothingButStunIsAnsweredBeforeACheck) {
  PeerPair pair;
  ByteVector hello(100);
  hello[0] = 22;
  hello[1] = 0xfe;
  EXPECT_EQ(pair.inject(kStranger, hello), PeerVerdict::kDropUnvalidated);
  EXPECT_EQ(pair.inject(kStranger, test::make_rtp({})), PeerVerdict::kDropUnvalidated);
  EXPECT_EQ(pair.inject(kStranger, test::make_rtcp(1, 1)), PeerVerdict::kDropUnvalidated);
  EXPECT_EQ(pair.inject(kStranger, ByteVector{}), PeerVerdict::kDropUnknown);
  EXPECT_EQ(pair.inject(kStranger, ByteVector(50, 0xff)), PeerVerdict::kDropUnknown);
  EXPECT_EQ(pair.inject(kStranger, ByteVector(50, 0)), PeerVerdict::kDropStun);
  EXPECT_EQ(pair.server.peer->dtls_state(), DtlsState::kNew);
}

TEST(Peer, MediaFromAnotherAddressIsDroppedEvenWhenConnected) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  const ByteVector packet = test::protect(*pair.client.peer->srtp(), RtpText{});
  EXPECT_EQ(pair.inject(kStranger, packet), PeerVerdict::kDropUnvalidated);
  EXPECT_EQ(pair.inject(pair.client_address, packet), PeerVerdict::kRtp);
}

TEST(Peer, MediaBeforeDtlsIsDroppedAndForgedMediaAfter) {
  PeerPair pair({.server_knows_fingerprint = false});
  pair.run_for(TimeDelta::seconds(1));
  EXPECT_EQ(pair.inject(pair.client_address, test::make_rtp({})), PeerVerdict::kDropEarlyMedia);
  pair.introduce_client();
  EXPECT_EQ(pair.inject(pair.client_address, test::make_rtp({})), PeerVerdict::kDropSrtp);
  EXPECT_EQ(pair.server.peer->srtp_errors()->at(static_cast<size_t>(SrtpError::kAuth)), 1u);
}

TEST(Peer, AFingerprintThatComesLateConnectsThen) {
  PeerPair pair({.server_knows_fingerprint = false});
  pair.run_for(TimeDelta::seconds(2));
  EXPECT_EQ(pair.server.count(Kind::kConnected), 0u);
  EXPECT_EQ(pair.server.peer->srtp(), nullptr);
  pair.introduce_client();
  EXPECT_EQ(pair.server.count(Kind::kConnected), 1u);
  const auto channel = pair.server.peer->open_channel({.label = "x"}, pair.server.outputs);
  pair.run_for(TimeDelta::seconds(2));
  EXPECT_TRUE(pair.server.peer->send_data(*channel, DataKind::kBinary, {}, pair.server.outputs).has_value());
}

TEST(Peer, AWrongFingerprintFailsDtlsForGood) {
  PeerPair pair;
  pair.server.peer->set_remote_fingerprint(test::make_dtls_context()->fingerprint(), pair.server.outputs);
  pair.run_for(TimeDelta::seconds(3));
  ASSERT_EQ(pair.server.count(Kind::kDtlsFailed), 1u);
  EXPECT_EQ(pair.server.count(Kind::kConnected), 0u);
  EXPECT_FALSE(pair.server.peer->is_connected());
  EXPECT_EQ(pair.server.peer->srtp(), nullptr);
}

TEST(Peer, FollowsAClientThatChangesItsAddress) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  pair.client_address.remote = SocketAddress::v4(0xc6336402, 50000);
  ASSERT_TRUE(pair.run_until([&] { return pair.server.peer->path() == pair.client_address; }));
  EXPECT_EQ(pair.server.count(Kind::kPathChanged), 1u);
  ASSERT_TRUE(pair.send_rtp(pair.server, {.ssrc = 3, .sequence = 1}));
  ASSERT_TRUE(pair.send_rtp(pair.client, {.ssrc = 4, .sequence = 1}));
  pair.run_for(TimeDelta::millis(50));
  EXPECT_EQ(pair.client.rtp.size(), 1u);
  EXPECT_EQ(pair.server.rtp.size(), 1u);
}

TEST(Peer, ReportsLossOfConsentItsReturnAndItsEnd) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  pair.options.loss_percent = 100;
  pair.run_for(TimeDelta::seconds(12));
  EXPECT_EQ(pair.server.count(Kind::kDisconnected), 1u);
  EXPECT_FALSE(pair.server.peer->is_connected());
  EXPECT_TRUE(pair.server.peer->may_send());  // A row of lost checks is no reason for silence.
  pair.options.loss_percent = 0;
  pair.run_for(TimeDelta::seconds(1));
  EXPECT_EQ(pair.server.count(Kind::kReconnected), 1u);
  EXPECT_TRUE(pair.server.peer->is_connected());
  pair.options.loss_percent = 100;
  pair.run_for(TimeDelta::seconds(20));
  EXPECT_EQ(pair.server.count(Kind::kFailed), 1u);
  EXPECT_FALSE(pair.server.peer->path().has_value());
  EXPECT_FALSE(pair.server.peer->may_send());
}

TEST(Peer, TakesTheOtherDTLSRoleBeforeTheHandshakeAndChannelsFollow) {
  for (const bool has_path_first : {false, true}) {
    PeerPair pair;
    pair.client.peer->set_dtls_role(DtlsRole::kServer, pair.now, pair.client.outputs);
    if (has_path_first) ASSERT_TRUE(pair.run_until([&] { return pair.server.peer->path().has_value(); }));
    pair.server.peer->set_dtls_role(DtlsRole::kClient, pair.now, pair.server.outputs);
    pair.flush();
    ASSERT_TRUE(pair.connect());
    const auto channel = pair.server.peer->open_channel({.label = "_reliable"}, pair.server.outputs);
    ASSERT_TRUE(channel.has_value());
    EXPECT_EQ(channel->value() % 2, 0);  // RFC 8832 section 6.
    pair.flush();
    EXPECT_TRUE(pair.run_until([&] {
      return pair.server.peer->send_data(*channel, DataKind::kString, as_bytes("hi"), pair.server.outputs).has_value();
    }));
    EXPECT_TRUE(pair.run_until([&] { return pair.client.messages() == std::vector<std::string>{"hi"}; }));
    ASSERT_TRUE(pair.send_rtp(pair.server, {.ssrc = 1, .sequence = 1}));
    EXPECT_TRUE(pair.run_until([&] { return pair.client.rtp.size() == 1; }));
  }
}

TEST(Peer, KeepsItsDTLSRoleOnceTheHandshakeHasBegun) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  pair.server.peer->set_dtls_role(DtlsRole::kClient, pair.now, pair.server.outputs);
  EXPECT_EQ(pair.server.peer->dtls_role(), DtlsRole::kServer);
  EXPECT_TRUE(pair.server.peer->is_connected());
}

TEST(Peer, AnIceRestartKeepsKeysAndChannelsWhileMediaFlows) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  const auto channel = pair.client.peer->open_channel({.label = "c"}, pair.client.outputs);
  ASSERT_TRUE(channel.has_value());
  pair.run_for(TimeDelta::seconds(1));
  pair.restart_ice();
  pair.client_address.remote = SocketAddress::v4(0xc6336403, 1);
  pair.run_for(TimeDelta::seconds(1));
  EXPECT_EQ(pair.server.peer->path(), pair.client_address);
  EXPECT_FALSE(pair.server.peer->previous_ice_credentials().has_value());
  ASSERT_TRUE(pair.send_rtp(pair.client, {.ssrc = 4, .sequence = 1}));
  ASSERT_TRUE(
      pair.client.peer->send_data(*channel, DataKind::kString, as_bytes("after"), pair.client.outputs).has_value());
  pair.run_for(TimeDelta::seconds(1));
  EXPECT_EQ(pair.server.rtp.size(), 1u);
  EXPECT_EQ(pair.server.messages(), (std::vector<std::string>{"after"}));
  EXPECT_EQ(pair.server.count(Kind::kConnected), 1u);
}

TEST(Peer, AnIceRestartRevivesAFailedPeer) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  pair.options.loss_percent = 100;
  pair.run_for(TimeDelta::seconds(20));
  ASSERT_EQ(pair.server.peer->ice_state(), IceState::kFailed);
  pair.options.loss_percent = 0;
  pair.restart_ice();
  ASSERT_TRUE(pair.connect());
  EXPECT_EQ(pair.server.count(Kind::kReconnected), 1u);
  ASSERT_TRUE(pair.send_rtp(pair.client, {.ssrc = 4, .sequence = 1}));
  pair.run_for(TimeDelta::millis(50));
  EXPECT_EQ(pair.server.rtp.size(), 1u);
}

TEST(Peer, CloseIsHeardButDoesNotEndMedia) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  pair.client.peer->close(pair.client.outputs);
  pair.run_for(TimeDelta::millis(100));
  EXPECT_EQ(pair.server.count(Kind::kDtlsClosed), 1u);
  ASSERT_TRUE(pair.send_rtp(pair.client, {}));
  pair.run_for(TimeDelta::millis(50));
  EXPECT_EQ(pair.server.rtp.size(), 1u);
}

TEST(Peer, WithoutAnSctpStackDataIsRefusedAndMediaFlows) {
  PeerPair pair({.has_data = false});
  ASSERT_TRUE(pair.connect());
  EXPECT_EQ(pair.client.peer->open_channel({}, pair.client.outputs).error(), SctpSendError::kNotConnected);
  EXPECT_EQ(pair.client.peer->buffered_amount(), 0u);
}

TEST(Peer, AnIdleConnectionNeedsFewDatagrams) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  pair.run_for(TimeDelta::seconds(5));
  const uint64_t before = pair.server.verdicts(PeerVerdict::kControl);
  pair.run_for(TimeDelta::seconds(60));
  // 30 consent checks and a few SCTP heartbeats.
  EXPECT_LE(pair.server.verdicts(PeerVerdict::kControl) - before, 40u);
}

TEST(Peer, RandomDatagramsFromAKnownAddressDoNoHarm) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  SeededRng rng(12);
  for (int i = 0; i < 3000; ++i) {
    ByteVector garbage(rng.below(300));
    rng.fill(garbage);
    pair.inject(pair.client_address, garbage);
  }
  ASSERT_TRUE(pair.send_rtp(pair.client, {}));
  pair.run_for(TimeDelta::millis(50));
  EXPECT_EQ(pair.server.rtp.size(), 1u);
  EXPECT_TRUE(pair.server.peer->is_connected());
}

}  // namespace
}  // namespace parley::transport

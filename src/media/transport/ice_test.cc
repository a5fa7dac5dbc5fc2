#include "media/transport/ice.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "media/wire/stun.h"

namespace parley::transport {
namespace {

const IceCredentials kLocal{"localuf1", "localpasswordlocalpassword123456"};
const IceCredentials kNewer{"localuf2", "anotherpasswordanotherpassword12"};

Path path(uint16_t port) { return {.remote = SocketAddress::v4(0xc0000201, port)}; }

struct CheckOptions {
  std::string ufrag = kLocal.ufrag;
  std::string pwd = kLocal.pwd;
  bool use_candidate = false;
  uint8_t transaction = 0;  ///< 0 takes a new one.
  wire::IceRole role = wire::IceRole::kControlling;
};

ByteVector serialized(const wire::StunMessage& message, const std::string& pwd) {
  ByteVector bytes(wire::kStunMaxSize);
  bytes.resize(wire::serialize_stun(message, as_bytes(pwd), bytes));
  return bytes;
}

wire::StunMessage make_check(const CheckOptions& options) {
  static uint8_t next_transaction = 100;
  const uint8_t transaction = options.transaction != 0 ? options.transaction : ++next_transaction;
  return wire::make_binding_request({.transaction_id = {1, 2, 3, transaction},
                                     .username = options.ufrag + ":remote",
                                     .priority = 5,
                                     .role = options.role,
                                     .tie_breaker = 77,
                                     .use_candidate = options.use_candidate});
}

class IceLiteTest : public ::testing::Test {
 protected:
  StunVerdict receive(const Path& from, ByteView datagram) {
    out_.clear();
    return agent_.on_stun(from, datagram, now_, out_);
  }
  StunVerdict check(const Path& from, const CheckOptions& options = {}) {
    return receive(from, serialized(make_check(options), options.pwd));
  }
  StunVerdict nominate(const Path& from, CheckOptions options = {}) {
    options.use_candidate = true;
    return check(from, options);
  }
  /// The one answer of the last check.
  wire::StunMessage answered() const {
    EXPECT_EQ(out_.size(), 1u);
    return wire::parse_stun(out_.datagram(out_.entries()[0])).value();
  }
  void advance(TimeDelta by) {
    now_ += by;
    agent_.on_timer(now_);
  }

  IceLite agent_{kLocal};
  Timestamp now_ = Timestamp::seconds(100);
  PacketBatch out_;
};

TEST_F(IceLiteTest, AnswersAnAuthenticCheckWithTheSendersAddress) {
  EXPECT_EQ(check(path(1), {.transaction = 9}), StunVerdict::kAccepted);
  const wire::StunMessage answer = answered();
  EXPECT_EQ(answer.message_class, wire::StunClass::kSuccess);
  EXPECT_EQ(answer.xor_mapped_address, path(1).remote);
  EXPECT_EQ(answer.transaction_id, (wire::StunTransactionId{1, 2, 3, 9}));
  EXPECT_EQ(out_.path(out_.entries()[0]), path(1));
  EXPECT_TRUE(wire::verify_integrity(out_.datagram(out_.entries()[0]), as_bytes(kLocal.pwd)));
  EXPECT_TRUE(agent_.is_validated(path(1)));
  EXPECT_FALSE(agent_.is_validated(path(2)));
}

TEST_F(IceLiteTest, AnswersNothingToStrangers) {
  EXPECT_EQ(check(path(1), {.pwd = "wrong"}), StunVerdict::kBadIntegrity);
  EXPECT_TRUE(out_.empty());
  EXPECT_EQ(check(path(1), {.ufrag = "someoneelse"}), StunVerdict::kWrongUser);
  EXPECT_TRUE(out_.empty());
  EXPECT_EQ(receive(path(1), as_bytes("garbage")), StunVerdict::kMalformed);
  auto plain = make_check({});
  plain.has_integrity = false;
  EXPECT_EQ(receive(path(1), serialized(plain, "")), StunVerdict::kMalformed);
  EXPECT_EQ(receive(path(1), serialized(wire::make_binding_indication({}), "")), StunVerdict::kIgnored);
  EXPECT_EQ(receive(path(1), serialized(wire::make_binding_success({}, path(1).remote), kLocal.pwd)),
            StunVerdict::kIgnored);
  EXPECT_TRUE(out_.empty());
  EXPECT_EQ(agent_.state(), IceState::kNew);
  EXPECT_FALSE(agent_.selected().has_value());
}

TEST_F(IceLiteTest, APeerThatAlsoClaimsToBeControlledIsToldToSwitch) {
  EXPECT_EQ(check(path(1), {.role = wire::IceRole::kControlled}), StunVerdict::kRefused);
  EXPECT_EQ(answered().error->code, wire::kStunRoleConflict);
  EXPECT_FALSE(agent_.is_validated(path(1)));
}

/// A check with attribute 0x7f24, which must be understood and which nobody knows, in the place of PRIORITY.
ByteVector make_check_with_unknown_attribute() {
  ByteVector bytes = serialized(make_check({}), kLocal.pwd);
  constexpr std::array<uint8_t, 4> kPriority{0x00, 0x24, 0x00, 0x04};
  std::ranges::search(bytes, kPriority).begin()[0] = 0x7f;
  // MESSAGE-INTEGRITY is the last but one (24 bytes), FINGERPRINT the last (8 bytes).
  const size_t integrity = bytes.size() - 32;
  ByteVector text(bytes.begin(), bytes.begin() + static_cast<long>(integrity));
  ByteWriter(MutableByteView(text).subspan(2)).u16(static_cast<uint16_t>(integrity + 24 - 20));
  unsigned size = 0;
  HMAC(EVP_sha1(), kLocal.pwd.data(), static_cast<int>(kLocal.pwd.size()), text.data(), text.size(),
       bytes.data() + integrity + 4, &size);
  uint32_t crc = 0xffffffff;
  for (const uint8_t byte : ByteView(bytes).first(bytes.size() - 8)) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  ByteWriter(MutableByteView(bytes).last(4)).u32(~crc ^ 0x5354554e);
  return bytes;
}

TEST_F(IceLiteTest, AnUnknownRequiredAttributeIsNamedInA420) {
  EXPECT_EQ(receive(path(1), make_check_with_unknown_attribute()), StunVerdict::kRefused);
  EXPECT_EQ(answered().error->code, wire::kStunUnknownAttribute);
  EXPECT_EQ(answered().unknown_attributes, (std::vector<uint16_t>{0x7f24}));
  EXPECT_FALSE(agent_.is_validated(path(1)));
}

TEST_F(IceLiteTest, TheFirstPathServesUntilNominationAndTheNewestNominationWins) {
  check(path(1));
  check(path(2));
  EXPECT_EQ(agent_.selected(), path(1));
  nominate(path(2));
  EXPECT_EQ(agent_.selected(), path(2));
  check(path(1));
  EXPECT_EQ(agent_.selected(), path(2));
  nominate(path(3));
  EXPECT_EQ(agent_.selected(), path(3));
}

TEST_F(IceLiteTest, TcpAndUdpPathsOfOneAddressAreDifferent) {
  const Path tcp{.remote = path(1).remote, .tcp_connection = 9, .protocol = PathProtocol::kTcp};
  check(path(1));
  EXPECT_FALSE(agent_.is_validated(tcp));
  nominate(tcp);
  EXPECT_EQ(agent_.selected(), tcp);
}

TEST_F(IceLiteTest, ConsentExpiresAfterTenSecondsAndFailsFiveLater) {
  nominate(path(1));
  EXPECT_EQ(agent_.next_deadline(), now_ + TimeDelta::seconds(10));
  advance(TimeDelta::micros(9'999'999));
  EXPECT_EQ(agent_.state(), IceState::kConnected);
  advance(TimeDelta::micros(1));
  EXPECT_EQ(agent_.state(), IceState::kDisconnected);
  EXPECT_EQ(agent_.selected(), path(1));
  advance(TimeDelta::seconds(5));
  EXPECT_EQ(agent_.state(), IceState::kFailed);
  EXPECT_FALSE(agent_.selected().has_value());
  EXPECT_FALSE(agent_.is_validated(path(1)));
  EXPECT_TRUE(agent_.next_deadline().is_never());
}

TEST_F(IceLiteTest, ACheckRenewsConsentAndRevivesADisconnectedAgent) {
  nominate(path(1));
  advance(TimeDelta::seconds(9));
  check(path(1));
  advance(TimeDelta::seconds(9));
  EXPECT_EQ(agent_.state(), IceState::kConnected);
  advance(TimeDelta::seconds(3));
  EXPECT_EQ(agent_.state(), IceState::kDisconnected);
  check(path(1));
  EXPECT_EQ(agent_.state(), IceState::kConnected);
}

TEST_F(IceLiteTest, OneLateTimerPassesThroughBothStates) {
  nominate(path(1));
  advance(TimeDelta::seconds(60));
  EXPECT_EQ(agent_.state(), IceState::kFailed);
}

TEST_F(IceLiteTest, OnlyARestartRevivesAFailedAgent) {
  nominate(path(1));
  advance(TimeDelta::seconds(60));
  EXPECT_EQ(nominate(path(1)), StunVerdict::kIgnored);
  agent_.restart(kNewer);
  EXPECT_EQ(nominate(path(4), {.ufrag = kNewer.ufrag, .pwd = kNewer.pwd}), StunVerdict::kAccepted);
  EXPECT_EQ(agent_.state(), IceState::kConnected);
  EXPECT_EQ(agent_.selected(), path(4));
}

TEST_F(IceLiteTest, ARestartKeepsTheOldPathUntilTheNewGenerationNominates) {
  nominate(path(1));
  agent_.restart(kNewer);
  EXPECT_EQ(agent_.local(), kNewer);
  EXPECT_EQ(agent_.previous(), kLocal);
  EXPECT_EQ(check(path(1)), StunVerdict::kAccepted) << "the old generation is still answered";
  EXPECT_EQ(check(path(2), {.ufrag = kNewer.ufrag, .pwd = kNewer.pwd}), StunVerdict::kAccepted);
  EXPECT_EQ(agent_.selected(), path(1));
  EXPECT_EQ(nominate(path(2), {.ufrag = kNewer.ufrag, .pwd = kNewer.pwd}), StunVerdict::kAccepted);
  EXPECT_EQ(agent_.selected(), path(2));
  EXPECT_EQ(check(path(1)), StunVerdict::kWrongUser) << "the old generation is over";
}

TEST_F(IceLiteTest, TheOldPasswordDoesNotOpenTheNewUfrag) {
  agent_.restart(kNewer);
  EXPECT_EQ(check(path(1), {.ufrag = kNewer.ufrag, .pwd = kLocal.pwd}), StunVerdict::kBadIntegrity);
}

TEST_F(IceLiteTest, ASecondRestartBeforeNominationKeepsTheGenerationInUse) {
  nominate(path(1));
  agent_.restart(kNewer);
  agent_.restart({"localuf3", "yetanotherpasswordyetanotherpass"});
  EXPECT_EQ(agent_.previous(), kLocal);
  EXPECT_EQ(check(path(1)), StunVerdict::kAccepted);
}

TEST_F(IceLiteTest, ARecordedCheckSentFromElsewhereMovesNothing) {
  EXPECT_EQ(nominate(path(1), {.transaction = 7}), StunVerdict::kAccepted);
  EXPECT_EQ(nominate(path(2), {.transaction = 7}), StunVerdict::kIgnored);
  EXPECT_EQ(out_.size(), 0u);
  EXPECT_EQ(agent_.selected(), path(1));
  EXPECT_FALSE(agent_.is_validated(path(2)));
}

TEST_F(IceLiteTest, ARetransmittedCheckIsAnsweredAndAnOldOneIsNot) {
  EXPECT_EQ(check(path(1), {.transaction = 7}), StunVerdict::kAccepted);
  EXPECT_EQ(check(path(1), {.transaction = 7}), StunVerdict::kAccepted);
  for (int i = 0; i < 25; ++i) {
    advance(TimeDelta::seconds(2));
    EXPECT_EQ(check(path(1)), StunVerdict::kAccepted);
  }
  EXPECT_EQ(check(path(1), {.transaction = 7}), StunVerdict::kIgnored);
}

TEST_F(IceLiteTest, PathsAreBoundedAndTheSelectedOneStays) {
  nominate(path(1));
  for (uint16_t port = 2; port < 200; ++port) {
    now_ += TimeDelta::millis(1);
    check(path(port));
  }
  EXPECT_EQ(agent_.selected(), path(1));
  EXPECT_TRUE(agent_.is_validated(path(1)));
  EXPECT_TRUE(agent_.is_validated(path(199)));
  EXPECT_FALSE(agent_.is_validated(path(50)));
}

TEST(IceCredentialsTest, AreLongAndDifferEachTime) {
  SeededRng rng(1);
  const IceCredentials a = IceCredentials::make(rng);
  EXPECT_EQ(a.ufrag.size(), 8u);
  EXPECT_EQ(a.pwd.size(), 32u);
  EXPECT_NE(a, IceCredentials::make(rng));
}

/// A client and a lite agent that hear each other at once, or not.
class IceClientTest : public ::testing::Test {
 protected:
  void run_for(TimeDelta time) {
    const Timestamp end = now_ + time;
    while (client_.next_deadline() <= end) {
      now_ = std::max(now_, client_.next_deadline());
      client_.on_timer(now_, to_server_);
      if (is_cut_) to_server_.clear();
      exchange();
    }
    now_ = end;
    server_.on_timer(now_);
  }
  void exchange() {
    for (const auto& entry : to_server_.entries()) {
      server_.on_stun(client_address_, to_server_.datagram(entry), now_, to_client_);
      ++checks_;
    }
    to_server_.clear();
    for (const auto& entry : to_client_.entries()) {
      client_.on_stun(server_address_, to_client_.datagram(entry), now_, to_server_);
    }
    to_client_.clear();
  }

  SeededRng rng_{4};
  IceLite server_{kLocal};
  IceClient client_{{"clientuf", "clientpasswordclientpassword1234"}, rng_};
  Path client_address_ = path(1000);
  Path server_address_ = path(7882);
  Timestamp now_ = Timestamp::seconds(50);
  PacketBatch to_server_, to_client_;
  bool is_cut_ = false;
  int checks_ = 0;
};

TEST_F(IceClientTest, ConnectsAndKeepsConsentWithAFewChecks) {
  client_.connect(server_address_, kLocal, now_);
  run_for(TimeDelta::seconds(60));
  EXPECT_EQ(client_.state(), IceState::kConnected);
  EXPECT_EQ(server_.state(), IceState::kConnected);
  EXPECT_EQ(server_.selected(), client_address_);
  EXPECT_NEAR(checks_, 31, 2);
}

TEST_F(IceClientTest, AServerFollowsAClientWhoseAddressChanges) {
  client_.connect(server_address_, kLocal, now_);
  run_for(TimeDelta::seconds(5));
  client_address_ = path(2000);
  run_for(TimeDelta::seconds(3));
  EXPECT_EQ(server_.selected(), path(2000));
}

TEST_F(IceClientTest, ACutIsNoticedByBothSides) {
  client_.connect(server_address_, kLocal, now_);
  run_for(TimeDelta::seconds(5));
  is_cut_ = true;
  run_for(TimeDelta::seconds(11));
  EXPECT_EQ(client_.state(), IceState::kDisconnected);
  EXPECT_EQ(server_.state(), IceState::kDisconnected);
  is_cut_ = false;
  run_for(TimeDelta::seconds(2));
  EXPECT_EQ(client_.state(), IceState::kConnected);
  is_cut_ = true;
  run_for(TimeDelta::seconds(16));
  EXPECT_EQ(client_.state(), IceState::kFailed);
  EXPECT_TRUE(client_.next_deadline().is_never());
}

TEST_F(IceClientTest, AnAnswerNobodyAskedForIsIgnored) {
  client_.connect(server_address_, kLocal, now_);
  const ByteVector forged = serialized(wire::make_binding_success({9}, path(1).remote), kLocal.pwd);
  EXPECT_EQ(client_.on_stun(server_address_, forged, now_, to_server_), StunVerdict::kIgnored);
  EXPECT_EQ(client_.state(), IceState::kNew);
}

TEST(HostCandidates, UdpComesBeforePassiveTcpAndTheTextIsAsInTheRfc) {
  const std::array udp{SocketAddress::v4(0xc0000201, 7882), SocketAddress::parse("2001:db8::1", 7882).value()};
  const std::array tcp{SocketAddress::v4(0xc0000201, 7881)};
  const auto candidates = make_host_candidates(udp, tcp);
  ASSERT_EQ(candidates.size(), 3u);
  EXPECT_EQ(wire::serialize(candidates[0]), "candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host");
  EXPECT_EQ(wire::serialize(candidates[1]), "candidate:2 1 udp 2130706175 2001:db8::1 7882 typ host");
  EXPECT_TRUE(wire::serialize(candidates[2]).ends_with("192.0.2.1 7881 typ host tcptype passive"));
  EXPECT_GT(candidates[1].priority, candidates[2].priority);
}

}  // namespace
}  // namespace parley::transport

#include "media/wire/ice_candidate.h"

#include <gtest/gtest.h>

namespace parley::wire {
namespace {

TEST(IceCandidate, ReadsAHostCandidateAsChromiumWritesIt) {
  const auto c = parse_candidate(
      "candidate:842163049 1 udp 1677729535 203.0.113.5 51234 typ srflx raddr 10.0.0.2 rport 40000 generation 0 ufrag "
      "Ab+/ network-id 1 network-cost 10");
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(c->foundation, "842163049");
  EXPECT_EQ(c->component, 1);
  EXPECT_EQ(c->transport, CandidateTransport::kUdp);
  EXPECT_EQ(c->priority, 1677729535u);
  EXPECT_EQ(c->connection.address(), SocketAddress::parse("203.0.113.5", 51234));
  EXPECT_EQ(c->type, CandidateType::kServerReflexive);
  EXPECT_EQ(c->related->address(), SocketAddress::parse("10.0.0.2", 40000));
  EXPECT_EQ(c->ufrag, "Ab+/");
  EXPECT_FALSE(c->tcp_type.has_value());
}

TEST(IceCandidate, AnMdnsNameHasNoAddress) {
  const auto c = parse_candidate(
      "a=candidate:1 1 UDP 2122260223 0d3f1e4c-7a52-4a47-9a36-5c1f5e7e2f11.local 50000 typ host generation 0");
  ASSERT_TRUE(c.has_value());
  EXPECT_FALSE(c->connection.address().has_value());
}

TEST(IceCandidate, ReadsTcpCandidates) {
  const auto c = parse_candidate("candidate:2 1 tcp 1518280447 2001:db8::1 9 typ host tcptype active");
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(c->transport, CandidateTransport::kTcp);
  EXPECT_EQ(c->tcp_type, TcpType::kActive);
}

TEST(IceCandidate, SurvivesTheRoundTrip) {
  IceCandidate c;
  c.foundation = "4";
  c.transport = CandidateTransport::kTcp;
  c.priority = candidate_priority(CandidateType::kHost, 65535);
  c.connection = CandidateHost::from(*SocketAddress::parse("2001:db8::1", 7881));
  c.related = CandidateHost{"0.0.0.0", 0};
  c.tcp_type = TcpType::kPassive;
  c.ufrag = "abcd";
  EXPECT_EQ(parse_candidate(serialize(c)), c);
  EXPECT_EQ(serialize(c),
            "candidate:4 1 tcp 2130706431 2001:db8::1 7881 typ host raddr 0.0.0.0 rport 0 tcptype passive ufrag abcd");
}

TEST(IceCandidate, MalformedLinesAreRefusedByCause) {
  const auto error = [](std::string_view text) { return parse_candidate(text).error(); };
  EXPECT_EQ(error(""), CandidateError::kMalformed) << "end of candidates is no candidate";
  EXPECT_EQ(error("candidate:1 1 udp 5 192.0.2.1 70000 typ host"), CandidateError::kMalformed);
  EXPECT_EQ(error("candidate:1 0 udp 5 192.0.2.1 7 typ host"), CandidateError::kMalformed);
  EXPECT_EQ(error("candidate:1 1 udp -5 192.0.2.1 7 typ host"), CandidateError::kMalformed);
  EXPECT_EQ(error("candidate:1 1 udp 5 192.0.2.1 7 host"), CandidateError::kMalformed);
  EXPECT_EQ(error("candidate:1 1 udp 5 192.0.2.1 7 typ host tcptype odd"), CandidateError::kMalformed);
  EXPECT_EQ(error("candidate:1 1 udp 5 192.0.2.1 7 typ host\r\na=x"), CandidateError::kMalformed);
  EXPECT_EQ(error("candidate:1 1 sctp 5 192.0.2.1 7 typ host"), CandidateError::kUnsupportedTransport);
  EXPECT_EQ(error("candidate:1 1 udp 5 192.0.2.1 7 typ odd"), CandidateError::kUnsupportedType);
  EXPECT_EQ(error(std::string(kCandidateMaxText + 1, 'x')), CandidateError::kTooLong);
}

TEST(IceCandidate, PriorityOrdersTypesThenPreferences) {
  EXPECT_EQ(candidate_priority(CandidateType::kHost, 65535, 1), 2130706431u);
  EXPECT_GT(candidate_priority(CandidateType::kHost, 0), candidate_priority(CandidateType::kPeerReflexive, 65535));
  EXPECT_GT(candidate_priority(CandidateType::kPeerReflexive, 0),
            candidate_priority(CandidateType::kServerReflexive, 65535));
  EXPECT_GT(candidate_priority(CandidateType::kRelay, 2), candidate_priority(CandidateType::kRelay, 1));
}

}  // namespace
}  // namespace parley::wire

#include "media/transport/dcep.h"

#include <gtest/gtest.h>

namespace parley::transport {
namespace {

DataChannelParameters round_trip(const DataChannelParameters& parameters) {
  const auto message = parse_dcep(serialize_dcep_open(parameters));
  EXPECT_TRUE(message && std::holds_alternative<DcepOpen>(*message));
  return std::get<DcepOpen>(*message).parameters;
}

TEST(Dcep, EveryKindOfChannelRoundTrips) {
  for (const DataOrder order : {DataOrder::kOrdered, DataOrder::kUnordered}) {
    DataChannelParameters p{.label = "_reliable", .protocol = "proto", .order = order, .priority = 512};
    EXPECT_EQ(round_trip(p), p);
    p.max_retransmits = 0;
    EXPECT_EQ(round_trip(p), p);
    p.max_retransmits.reset();
    p.max_lifetime_ms = 3000;
    EXPECT_EQ(round_trip(p), p);
  }
}

TEST(Dcep, AnOpenIsLaidOutAsInTheRfc) {
  const DataChannelParameters p{.label = "ab", .protocol = "c", .order = DataOrder::kUnordered, .max_retransmits = 7};
  EXPECT_EQ(serialize_dcep_open(p), (ByteVector{0x03, 0x81, 0x01, 0x00, 0, 0, 0, 7, 0, 2, 0, 1, 'a', 'b', 'c'}));
}

TEST(Dcep, AnAckIsOneByte) {
  const auto message = parse_dcep(serialize_dcep_ack());
  EXPECT_TRUE(message && std::holds_alternative<DcepAck>(*message));
}

TEST(Dcep, MalformedMessagesAreRefused) {
  const ByteVector good = serialize_dcep_open({.label = "label", .protocol = "protocol"});
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(parse_dcep(ByteView(good).first(size))) << size;
  }
  EXPECT_FALSE(parse_dcep(ByteVector{0x00}));
  ByteVector unknown = good;
  unknown[1] = 0x03;
  EXPECT_FALSE(parse_dcep(unknown));
  EXPECT_FALSE(parse_dcep(serialize_dcep_open({.label = std::string(kSctpMaxLabel + 1, 'x'), .protocol = ""})));
}

}  // namespace
}  // namespace parley::transport

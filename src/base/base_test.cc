#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/packet_batch.h"
#include "base/rng.h"
#include "base/sequence.h"
#include "base/socket_address.h"
#include "base/spsc_ring.h"
#include "base/units.h"

namespace parley {
namespace {

TEST(ByteReader, ReadingPastTheEndFailsForGoodAndYieldsZero) {
  const ByteVector bytes{1, 2, 3};
  ByteReader r(bytes);
  EXPECT_EQ(r.u16(), 0x0102);
  EXPECT_EQ(r.u16(), 0);
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.u8(), 0) << "the third byte must not appear after a failure";
  EXPECT_EQ(r.remaining(), 0u);
}

TEST(ByteWriter, RefusesToWritePastTheEnd) {
  uint8_t buffer[3] = {};
  ByteWriter w(buffer);
  w.u16(0xabcd);
  w.u16(0xffff);
  EXPECT_FALSE(w.ok());
  EXPECT_EQ(w.size(), 2u);
  EXPECT_EQ(buffer[2], 0);
}

TEST(Unwrapper, FollowsWrapsForwardsAndReorderingBackwards) {
  Unwrapper<uint16_t> u;
  EXPECT_EQ(u.unwrap(65534), 65534);
  EXPECT_EQ(u.unwrap(1), 65537);
  EXPECT_EQ(u.unwrap(65535), 65535);
  EXPECT_EQ(u.unwrap(2), 65538);
}

TEST(IsNewer, ComparesAcrossTheWrap) {
  EXPECT_TRUE(is_newer<uint16_t>(1, 65535));
  EXPECT_FALSE(is_newer<uint16_t>(65535, 1));
  EXPECT_FALSE(is_newer<uint16_t>(7, 7));
}

TEST(SocketAddress, ParsesAndPrintsBothFamilies) {
  const auto v4 = SocketAddress::parse("192.0.2.7", 5000);
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->to_string(), "192.0.2.7:5000");
  EXPECT_TRUE(v4->is_v4());
  const auto v6 = SocketAddress::parse("2001:db8::1", 443);
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->to_string(), "[2001:db8::1]:443");
  EXPECT_FALSE(SocketAddress::parse("a1b2.local", 1));
  EXPECT_EQ(SocketAddress::parse("::ffff:192.0.2.7", 5000), v4) << "a v4-mapped address is the IPv4 address";
  EXPECT_TRUE(SocketAddress::parse("::1", 1)->is_loopback());
}

TEST(PacketBatch, GroupsConsecutiveDatagramsToOnePathIntoRuns) {
  PacketBatch batch(16);
  const Path a{*SocketAddress::parse("192.0.2.1", 1)};
  const Path b{*SocketAddress::parse("192.0.2.2", 1)};
  batch.append(a, ByteVector(10, 1));
  batch.append(a, ByteVector(20, 2));
  batch.append(b, ByteVector(30, 3));
  batch.append(a, ByteVector(40, 4));
  ASSERT_EQ(batch.runs().size(), 3u);
  EXPECT_EQ(batch.runs()[0].count, 2u);
  EXPECT_EQ(batch.datagram(batch.entries()[2]).size(), 30u);
  EXPECT_EQ(batch.datagram(batch.entries()[3])[0], 4);
  batch.clear();
  EXPECT_TRUE(batch.empty());
}

TEST(SpscRing, RefusesWhenFullAndKeepsOrder) {
  SpscRing<int> ring(2);
  const auto push = [&ring](int value) {
    int* slot = ring.begin_push();
    if (!slot) return false;
    *slot = value;
    ring.end_push();
    return true;
  };
  EXPECT_TRUE(push(1));
  EXPECT_TRUE(push(2));
  EXPECT_FALSE(push(3));
  EXPECT_EQ(*ring.front(), 1);
  ring.pop();
  EXPECT_TRUE(push(3));
  EXPECT_EQ(*ring.front(), 2);
  ring.pop();
  EXPECT_EQ(*ring.front(), 3);
  ring.pop();
  EXPECT_EQ(ring.front(), nullptr);
}

TEST(SeededRng, RepeatsFromItsSeed) {
  SeededRng a(7), b(7), c(8);
  const uint64_t first = a.next_u64();
  EXPECT_EQ(first, b.next_u64());
  EXPECT_NE(first, c.next_u64());
  EXPECT_EQ(a.base62(12).size(), 12u);
}

std::string g_line;

TEST(Log, EscapesTextSoThatALineIsOneJsonObject) {
  log::set_sink([](log::Level, std::string_view line) { g_line = line; }, log::Level::kInfo);
  log::info("room_created", {{"room", "a\"b\n"}, {"count", 3}});
  log::set_sink(nullptr, log::Level::kInfo);
  EXPECT_EQ(g_line, R"({"level":"info","event":"room_created","room":"a\"b\u000a","count":3})");
}

TEST(Units, RateTimesTimeIsSize) {
  EXPECT_EQ((DataRate::kbps(8) * TimeDelta::seconds(2)).bytes(), 2000);
  EXPECT_EQ((DataSize::bytes(1000) / TimeDelta::seconds(1)).bps(), 8000);
}

}  // namespace
}  // namespace parley

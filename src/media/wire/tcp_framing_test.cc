#include "media/wire/tcp_framing.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "media/wire/test_bytes.h"

namespace parley::wire {
namespace {

/// All packets that come out when `stream` arrives in pieces of `piece` bytes.
std::vector<ByteVector> deframe(TcpDeframer& deframer, ByteView stream, size_t piece) {
  std::vector<ByteVector> packets;
  while (!stream.empty() && !deframer.failed()) {
    const size_t taken = deframer.append(stream.first(std::min(piece, stream.size())));
    stream = stream.subspan(taken);
    while (const auto packet = deframer.next()) packets.emplace_back(packet->begin(), packet->end());
  }
  return packets;
}

ByteVector frame(ByteView packet) {
  ByteVector out(kTcpFramePrefixSize);
  write_tcp_frame_prefix(out, packet.size());
  out.insert(out.end(), packet.begin(), packet.end());
  return out;
}

TEST(TcpDeframer, CutsAStreamWhateverThePieces) {
  const ByteVector stream = from_hex("0003 010203 0001 04 0002 0506");
  const std::vector<ByteVector> expected{{1, 2, 3}, {4}, {5, 6}};
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    TcpDeframer deframer;
    EXPECT_EQ(deframe(deframer, stream, piece), expected) << piece;
  }
}

TEST(TcpDeframer, EmptyPacketsAreSkipped) {
  TcpDeframer deframer;
  EXPECT_EQ(deframe(deframer, from_hex("0000 0000 0001 07"), 100), (std::vector<ByteVector>{{7}}));
}

TEST(TcpDeframer, APacketAboveTheLimitFailsTheStream) {
  TcpDeframer deframer(1500);
  EXPECT_EQ(deframe(deframer, from_hex("05dd 00"), 100).size(), 0u);
  EXPECT_TRUE(deframer.failed());
  EXPECT_EQ(deframer.append(from_hex("00")), 0u) << "a failed stream takes nothing more";
}

TEST(TcpDeframer, TheLargestPacketPassesAndTheBufferStaysBounded) {
  SeededRng rng(1);
  ByteVector packet(kTcpFrameMaxSize);
  rng.fill(packet);
  ByteVector stream = frame(packet);
  const ByteVector second = frame(ByteView(packet).first(9));
  stream.insert(stream.end(), second.begin(), second.end());
  TcpDeframer deframer;
  EXPECT_EQ(deframer.append(stream), kTcpFrameMaxSize + kTcpFramePrefixSize) << "no more than one packet is held";
  const auto first = deframer.next();
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(std::equal(first->begin(), first->end(), packet.begin(), packet.end()));
  EXPECT_EQ(deframe(deframer, second, 4).size(), 1u);
}

}  // namespace
}  // namespace parley::wire

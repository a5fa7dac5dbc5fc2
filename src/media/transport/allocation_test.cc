// The packet path allocates nothing in steady state: asserted by counting calls of operator new. Sanitizers bring their
// own operator new, so there the test is not compiled.

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !__has_feature(address_sanitizer) && \
    !__has_feature(thread_sanitizer)

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "media/transport/peer_test_util.h"

namespace {
std::atomic<uint64_t> allocations{0};

void* counted_allocation(size_t size, size_t alignment) {
  ++allocations;
  void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) std::abort();
  return memory;
}
}  // namespace

void* operator new(size_t size) { return counted_allocation(size, alignof(std::max_align_t)); }
void* operator new(size_t size, std::align_val_t alignment) {
  return counted_allocation(size, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace parley::transport {
namespace {

TEST(PacketPath, AllocatesNothing) {
  test::PeerPair pair({.has_data = false});
  ASSERT_TRUE(pair.connect());
  SrtpSender& sender = *pair.client.peer->srtp();
  const SrtpStream stream = sender.stream(1).value();
  const ByteVector payload(1000, 5);
  std::array<uint8_t, kSrtpMaxPacket> packet{};
  std::array<uint8_t, kSrtpMaxPacket> plain{};
  std::array<uint8_t, 64> rtcp{0x80, 201, 0, 7};
  uint64_t before = 0;
  for (uint16_t sequence = 0; sequence < 2000; ++sequence) {
    if (sequence == 100) before = allocations;
    packet.fill(0);
    ByteWriter header(packet);
    header.u16(0x8060);
    header.u16(sequence);
    header.u32(0);
    header.u32(1);
    const size_t size = sender.protect(stream, packet.data(), 12, payload).value();
    const ByteView datagram(packet.data(), size);
    ASSERT_EQ(pair.server.peer->on_datagram(pair.client_address, datagram, plain.data(), pair.now, pair.server.outputs)
                  .verdict,
              PeerVerdict::kRtp);
    const size_t rtcp_size = pair.server.peer->srtp()->protect_rtcp(rtcp.data(), 32).value();
    ASSERT_EQ(pair.client.peer
                  ->on_datagram(pair.server_address, ByteView(rtcp.data(), rtcp_size), plain.data(), pair.now,
                                pair.client.outputs)
                  .verdict,
              PeerVerdict::kRtcp);
  }
  EXPECT_EQ(allocations - before, 0u);
}

}  // namespace
}  // namespace parley::transport

#endif

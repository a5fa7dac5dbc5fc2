// Forwarding allocates nothing: counted, in a program of its own, with every operator new.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "sim/world.h"

namespace {

std::atomic<uint64_t> allocations{0};

void* count_and_allocate(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(size_t size) { return count_and_allocate(size); }
void* operator new[](size_t size) { return count_and_allocate(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t) noexcept { std::free(p); }

namespace parley::sim {
namespace {

using client::PublishSpec;

World::PathAllocations run(const LinkOptions& link) {
  World world(run_seed(41));
  SeatOptions options{.up = link, .down = link};
  for (int i = 0; i < 4; ++i) {
    options.identity = "p" + std::to_string(i);
    options.client.mode = i % 2 ? ConnectionMode::kDual : ConnectionMode::kSingle;
    options.client.publish = {PublishSpec::microphone(), PublishSpec::camera_simulcast()};
    world.join(options);
  }
  EXPECT_TRUE(world.run_until_connected());
  // Warm: batches, rings and slabs have their size.
  world.run_for(TimeDelta::seconds(20));
  world.count_allocations([] { return allocations.load(std::memory_order_relaxed); });
  world.run_for(TimeDelta::seconds(20));
  return world.path_allocations();
}

TEST(Allocation, TheCounterCounts) {
  const uint64_t before = allocations;
  ::operator delete(::operator new(1));
  EXPECT_GT(allocations, before);
}

TEST(Allocation, ForwardingAllocatesNothing) {
  const auto counted = run(LinkOptions::clean());
  EXPECT_GT(counted.media_packets, 20'000u);
  EXPECT_EQ(counted.server_media, 0u);
  EXPECT_EQ(counted.server_pass, 0u);
  EXPECT_EQ(counted.client_media, 0u);
}

TEST(Allocation, NeitherDoesRepairingLosses) {
  const auto counted = run(LinkOptions::lossy(0.05));
  EXPECT_GT(counted.media_packets, 20'000u);
  EXPECT_EQ(counted.server_media, 0u);
  EXPECT_EQ(counted.server_pass, 0u);
  EXPECT_EQ(counted.client_media, 0u);
}

}  // namespace
}  // namespace parley::sim

#include "media/shard/clock.h"

#include <ctime>

namespace parley::shard {
namespace {

int64_t read_us(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<int64_t>(t.tv_sec) * 1'000'000 + t.tv_nsec / 1000;
}

}  // namespace

Now read_clock() { return {Timestamp::micros(read_us(CLOCK_MONOTONIC)), WallTime{read_us(CLOCK_REALTIME)}}; }

}  // namespace parley::shard

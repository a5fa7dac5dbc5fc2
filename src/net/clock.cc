#include "net/clock.h"

#include <chrono>

#include "net/loop.h"

namespace parley::net {

Now read_clock() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {Loop::now(), WallTime{std::chrono::duration_cast<std::chrono::microseconds>(wall).count()}};
}

}  // namespace parley::net

#pragma once

#include "base/time.h"

namespace parley::net {

/// The monotonic clock of Loop::now() and the wall clock, read together.
Now read_clock();

}  // namespace parley::net

#pragma once

#include "base/time.h"

namespace parley::shard {

/// Reads both clocks. The only place of the media side that does.
Now read_clock();

}  // namespace parley::shard

#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/rng.h"
#include "base/time.h"
#include "product/model/ids.h"

namespace parley::product::community {

/// Who does something, when, and why: what every operation that changes something is given.
struct Acting {
  /// `now` is kept to the millisecond, as clients are told it, so that events and rows say the same.
  Acting(UserId who, WallTime when, Rng& random, std::string_view why = {})
      : user(std::move(who)), now{when.unix_ms() * 1000}, rng(random), reason(why) {}

  UserId user;
  WallTime now;
  Rng& rng;
  std::string reason;  ///< For the audit log; may be empty.
};

}  // namespace parley::product::community

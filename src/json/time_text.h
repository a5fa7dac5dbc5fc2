#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace parley::json {

/// RFC 3339 in UTC with milliseconds: "2026-11-20T12:36:00.123Z". Years outside 0 to 9999 are brought to the nearest
/// instant inside.
std::string format_time(WallTime time);
/// RFC 3339 section 5.6 with any offset and up to nine digits of a second (kept to the microsecond). No leap seconds.
std::optional<WallTime> parse_time(std::string_view text);

}  // namespace parley::json

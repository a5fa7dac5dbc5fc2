#include "media/sfu/counters.h"

namespace parley::sfu {

std::string_view to_string(Verdict verdict) {
  static constexpr std::array<std::string_view, kVerdicts> kNames{
      "forward",   "rtcp",      "control",        "unknown_path", "oversized", "no_cell",
      "transport", "malformed", "unknown_stream", "duplicate",    "too_old",   "muted"};
  return kNames[static_cast<size_t>(verdict)];
}

}  // namespace parley::sfu

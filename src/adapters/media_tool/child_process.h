#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

namespace parley::media_tool_adapter {

/// How a child process ended, and what it said.
struct ChildEnd {
  enum class How : unsigned char {
    kExited,     ///< With `code`.
    kSignalled,  ///< Died of the signal `code`.
    kTimedOut,   ///< Killed by us at the deadline.
    kFlooded,    ///< Killed by us because it wrote more than it may.
  };
  How how = How::kExited;
  int code = 0;
  std::string out;        ///< Standard output; at most the limit.
  std::string last_line;  ///< Of standard error; at most 200 bytes. May hold names out of the file.
};

/// Runs `arguments[0]` with an empty environment, "/" as it is, no descriptors but 0 (empty), 1 and 2 (read here),
/// default signals and a process group of its own, all of which is killed before this returns; no zombie stays. The
/// error is an errno: it could not be started. Safe in a process with threads.
std::expected<ChildEnd, int> run_child(const std::vector<std::string>& arguments, size_t max_output,
                                       std::chrono::steady_clock::time_point deadline);

}  // namespace parley::media_tool_adapter

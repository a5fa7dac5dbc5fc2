#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "product/ports/media_tool.h"

namespace parley::media_tool_adapter {

struct ProcessMediaToolOptions {
  std::string executable;  ///< Path of parley-media; empty or missing: every examine() is kNotConfigured.
  /// Processes at a time: each may take a core and 1.5 GiB for seconds.
  unsigned concurrent = 2;
  /// Callers that may wait for their turn. Beyond it: kOverloaded.
  unsigned waiting = 16;
  /// A process is killed after this time even where the caller's deadline is later.
  TimeDelta time_limit = TimeDelta::seconds(90);
};

/// Counted since the start; the sum of the causes and `finished` is `started`.
struct MediaToolStats {
  uint64_t started = 0;      ///< Processes.
  uint64_t finished = 0;     ///< With facts.
  uint64_t refused = 0;      ///< The tool named a problem.
  uint64_t crashed = 0;      ///< Died of a signal or of an exit code that is not its own.
  uint64_t timed_out = 0;    ///< Killed at the deadline.
  uint64_t garbled = 0;      ///< Answered what is no answer, or more than 64 KiB.
  uint64_t not_started = 0;  ///< No process could be made, or there is no executable.
  uint64_t overloaded = 0;   ///< Turned away before a process was started.
  uint64_t running = 0;      ///< Now.
  uint64_t waiting = 0;      ///< Now.
};

/// Runs parley-media, one process a file: its crashes, its memory and its licence stay outside of the server. The child
/// gets an empty environment, no descriptors but its standard ones, and a process group of its own that is killed at
/// the deadline; no zombie stays.
class ProcessMediaTool : public product::MediaTool {
 public:
  explicit ProcessMediaTool(ProcessMediaToolOptions options);

  product::Outcome<product::MediaFacts> examine(const product::MediaJob& job, Timestamp deadline) override;
  MediaToolStats stats() const;

  /// Where parley-media stands beside the running executable, or "" when there is none.
  static std::string beside_this_executable();

 private:
  class Place;
  /// False when there is none before `deadline`.
  bool take_place(Timestamp deadline);
  void give_place();

  const ProcessMediaToolOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable free_;
  MediaToolStats stats_;  ///< Under mutex_.
};

}  // namespace parley::media_tool_adapter

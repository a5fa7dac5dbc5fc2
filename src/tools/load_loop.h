#pragma once

#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "media/shard/udp_socket.h"
#include "tools/load_report.h"
#include "tools/tester.h"

namespace parley::tools {

/// The event loop of a load test: starts testers one by one, drives their sockets and timers, watches the clock.
class LoadLoop {
 public:
  static Result<std::unique_ptr<LoadLoop>> make(const LoadOptions& options, LoadPlan plan);

  /// Until the duration is over or the process is asked to end.
  LoadResult run();

 private:
  enum class Phase : uint8_t { kJoining, kWarmUp, kMeasuring, kDone };
  struct Due {
    Timestamp at;
    size_t tester;
    bool operator>(const Due& o) const { return at > o.at; }
  };
  LoadLoop(const LoadOptions& options, LoadPlan plan) : options_(options) { context_.plan = std::move(plan); }
  void make_testers();
  void wait(Now now);
  void on_epoll_event(uint64_t tag, uint32_t events, Now now);
  void start_testers(Now now);
  void run_timers(Now now);
  void run_sctp(Now now);
  void simulate_speaker(Now now);
  void schedule(size_t tester);
  void advance(Now now);
  LoadTotals sum() const;
  LoadResult finish(Now now);
  void say_goodbye(Timestamp until);

  LoadOptions options_;
  TesterContext context_;
  shard::Fd epoll_;
  shard::Fd signals_;
  std::vector<std::unique_ptr<Tester>> testers_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> timers_;
  std::vector<Timestamp> scheduled_;  ///< By tester: its entry in timers_ that counts.
  std::vector<uint64_t> sctp_tags_;
  size_t started_ = 0;
  Timestamp next_start_;
  Timestamp next_sctp_;
  Timestamp last_sctp_;
  Timestamp next_speaker_;
  Timestamp next_look_;
  Phase phase_ = Phase::kJoining;
  Timestamp phase_ends_;
  Timestamp measured_from_;
  LoadTotals before_;
  TimeDelta slowest_turn_;
};

}  // namespace parley::tools

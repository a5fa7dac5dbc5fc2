#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "edge/voice/keeper.h"

namespace parley::server {

/// Brings what happens in rooms into the database, in order, on a thread of its own; and reconciles at the start, every
/// `interval` and whenever events had to be dropped.
class VoiceFeed {
 public:
  /// What may wait while the database does not answer: some minutes of a busy server. Beyond it events are dropped, and
  /// the next reconciliation brings what they said.
  static constexpr size_t kMaxWaiting = 10'000;

  /// Whose rooms are reported: those of the SFU in this process begin empty.
  enum class Source : unsigned char { kEmbedded, kExternal };
  VoiceFeed(voice::Keeper& keeper, Source source, TimeDelta interval);
  ~VoiceFeed() { stop(); }

  /// From any thread; never blocks.
  void post(product::voice::RoomEvent event);
  void stop();
  uint64_t dropped() const;

 private:
  void work(const std::stop_token& stop);
  /// Takes up to `kBatch` without removing them: they go when they are written down.
  std::vector<product::voice::RoomEvent> peek() const;
  void drop_front(size_t count);
  bool is_due(Timestamp now) const { return needs_reconcile_ || now >= next_reconcile_; }

  voice::Keeper& keeper_;
  const Source source_;
  const TimeDelta interval_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<product::voice::RoomEvent> waiting_;  ///< Under mutex_.
  bool needs_reconcile_ = false;                   ///< Under mutex_.
  uint64_t dropped_ = 0;                           ///< Under mutex_.
  Timestamp next_reconcile_;                       ///< The thread's own.
  std::jthread thread_;
};

}  // namespace parley::server

#pragma once

#include <cstdint>
#include <vector>

#include "base/packet_batch.h"
#include "base/rng.h"
#include "base/time.h"
#include "base/units.h"

namespace parley::sim {

/// What one direction of a network path does to datagrams.
struct LinkOptions {
  double loss = 0;                          ///< Share lost, 0 to 1.
  double burst = 1;                         ///< Mean length of a burst of losses, packets.
  TimeDelta delay = TimeDelta::millis(10);  ///< One way.
  TimeDelta jitter;                         ///< Added at random, up to this; order is kept.
  double reorder = 0;                       ///< Share held back by `reorder_delay`, so that others overtake.
  TimeDelta reorder_delay = TimeDelta::millis(15);
  double duplicate = 0;                          ///< Share that comes twice.
  DataRate rate;                                 ///< Zero is without limit.
  TimeDelta max_queue = TimeDelta::millis(200);  ///< What would wait longer for the rate is dropped.

  static LinkOptions clean() { return {}; }
  static LinkOptions lossy(double loss) { return {.loss = loss}; }
};

/// One direction of a path, in virtual time, from a seed.
class Link {
 public:
  Link(LinkOptions options, uint64_t seed) : options_(options), rng_(seed) {}

  const LinkOptions& options() const { return options_; }
  void set_options(const LinkOptions& options) { options_ = options; }

  void send(const Path& from, const Path& to, ByteView datagram, Timestamp now);
  struct Delivery {
    Path from;
    Path to;
    ByteVector bytes;
  };
  /// The next datagram that has arrived by `now`, or null. Valid until the next call.
  const Delivery* receive(Timestamp now);

  uint64_t sent() const { return sent_; }
  uint64_t dropped() const { return dropped_; }

 private:
  struct Pending {
    Timestamp at;
    uint64_t order;
    size_t slot;
    bool operator>(const Pending& o) const { return at != o.at ? at > o.at : order > o.order; }
  };
  bool is_lost();
  Timestamp arrival_of(size_t size, Timestamp now);
  void put(const Path& from, const Path& to, ByteView datagram, Timestamp at);

  LinkOptions options_;
  SeededRng rng_;
  std::vector<Delivery> slots_;
  std::vector<size_t> free_;
  std::vector<Pending> pending_;  ///< A heap, earliest first.
  std::vector<size_t> taken_;     ///< The slot handed out last.
  uint64_t next_order_ = 0;
  Timestamp free_at_;  ///< When the rate lets the next datagram begin.
  Timestamp last_arrival_;
  bool is_in_burst_ = false;
  uint64_t sent_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace parley::sim

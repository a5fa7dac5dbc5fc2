#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace parley::client {

/// Plays the part of a VP8 decoder: which frames can be decoded given the packets that came, for how long the picture
/// stands still, and whether what comes is one continuous stream. Knows no bytes. Allocates only when made.
/// Owner: one received video stream.
class FrameChecker {
 public:
  /// Packets remembered; a key frame of 1080p has about 100.
  static constexpr size_t kWindow = 512;
  /// A picture that stands for longer is a freeze: the W3C's 150 ms and one frame at 30 fps.
  static constexpr TimeDelta kFreeze = TimeDelta::millis(183);

  FrameChecker();

  struct Packet {
    int64_t sequence = 0;  ///< Unwrapped.
    uint32_t timestamp = 0;
    uint16_t picture_id = 0;
    uint8_t tl0_picture_index = 0;
    uint8_t temporal_id = 0;
    bool starts_frame = false;
    bool is_key = false;  ///< In the packet that starts the frame.
    bool ends_frame = false;
  };
  enum class Outcome : uint8_t { kNew, kDuplicate, kTooOld };
  Outcome on_packet(const Packet& packet, Timestamp now);

  /// The picture is meant to stand: muted, paused. The time is no freeze.
  void pause();

  struct Counts {
    uint64_t frames = 0;  ///< Decoded.
    uint64_t key_frames = 0;
    uint64_t freezes = 0;
    TimeDelta longest_freeze;
    /// Breaks of what a decoder relies on between two decoded neighbours: picture id, TL0PICIDX, rising timestamps,
    /// frames that end before they begin. Any is a fault of the sender or of the server between.
    uint64_t discontinuities = 0;
    /// Of RTP time against arrival between neighbours, in either direction: a badly aligned switch shows here.
    TimeDelta largest_time_jump;
  };
  const Counts& counts() const { return counts_; }
  /// How long the present picture has stood; zero before the first and while paused.
  TimeDelta standing(Timestamp now) const { return last_decode_ ? now - *last_decode_ : TimeDelta(); }
  /// Since when packets came that no decoder can use yet; nullopt while all is well.
  std::optional<Timestamp> blocked_since() const { return blocked_since_; }
  bool has_picture() const { return counts_.frames > 0; }

 private:
  struct Slot {
    int64_t sequence = -1;
    uint32_t timestamp = 0;
    uint16_t picture_id = 0;
    uint8_t tl0_picture_index = 0;
    uint8_t temporal_id = 0;
    bool starts_frame = false;
    bool is_key = false;
    bool ends_frame = false;
  };
  struct Decoded {
    uint32_t timestamp = 0;
    uint16_t picture_id = 0;
    uint8_t tl0_picture_index = 0;
    Timestamp at;
  };
  Slot& slot(int64_t sequence) { return slots_[static_cast<size_t>(sequence) % kWindow]; }
  /// One past the last packet of the frame that begins at `first`, or nullopt while it is not complete.
  std::optional<int64_t> end_of_frame(int64_t first, int64_t& scanned);
  bool advance(Timestamp now);
  bool jump_to_key_frame(Timestamp now);
  enum class Link : uint8_t { kNext, kAfterGap };
  void decode(const Slot& first, Link link, Timestamp now);
  void check_link(const Slot& first, Link link, Timestamp now);

  std::vector<Slot> slots_;
  int64_t newest_ = -1;
  int64_t next_ = -1;     ///< First packet of the next frame to decode; -1 before a key frame.
  int64_t scanned_ = -1;  ///< Packets from next_ to before this one are there and end no frame.
  int64_t key_ = -1;      ///< First packet of the newest key frame seen; -1 when decoded or none.
  int64_t key_scanned_ = -1;
  std::optional<Decoded> last_;
  std::optional<Timestamp> last_decode_;
  std::optional<Timestamp> blocked_since_;
  Counts counts_;
};

}  // namespace parley::client

#include "media/client/frame_checker.h"

#include <algorithm>

#include "base/sequence.h"

namespace parley::client {
namespace {
constexpr int64_t kTicksPerMs = 90;
constexpr uint16_t kPictureIdMask = 0x7fff;
}  // namespace

FrameChecker::FrameChecker() : slots_(kWindow) {}

FrameChecker::Outcome FrameChecker::on_packet(const Packet& packet, Timestamp now) {
  if (newest_ >= 0 && packet.sequence <= newest_ - static_cast<int64_t>(kWindow)) return Outcome::kTooOld;
  Slot& place = slot(packet.sequence);
  if (place.sequence == packet.sequence) return Outcome::kDuplicate;
  place = {packet.sequence,    packet.timestamp,    packet.picture_id, packet.tl0_picture_index,
           packet.temporal_id, packet.starts_frame, packet.is_key,     packet.ends_frame};
  newest_ = std::max(newest_, packet.sequence);
  const bool is_ahead = next_ < 0 || packet.sequence > next_;
  if (packet.starts_frame && packet.is_key && is_ahead && packet.sequence > key_) {
    key_ = packet.sequence;
    key_scanned_ = packet.sequence;
  }
  bool has_decoded = false;
  while (advance(now)) has_decoded = true;
  if (jump_to_key_frame(now)) {
    has_decoded = true;
    while (advance(now)) {
    }
  }
  // A frame under way is no trouble; a packet behind a gap is.
  const bool is_blocked = next_ < 0 || newest_ >= scanned_;
  if (!is_blocked) blocked_since_.reset();
  if (is_blocked && (!blocked_since_ || has_decoded)) blocked_since_ = now;
  return Outcome::kNew;
}

std::optional<int64_t> FrameChecker::end_of_frame(int64_t first, int64_t& scanned) {
  if (slot(first).sequence != first) return std::nullopt;
  while (slot(scanned).sequence == scanned) {
    // A frame that breaks off, because its layer ended, never becomes whole.
    if (slot(scanned).timestamp != slot(first).timestamp) return std::nullopt;
    if (slot(scanned++).ends_frame) return scanned;
  }
  return std::nullopt;
}

bool FrameChecker::advance(Timestamp now) {
  if (next_ < 0) return false;
  scanned_ = std::max(scanned_, next_);
  const auto end = end_of_frame(next_, scanned_);
  if (!end) return false;
  if (key_ >= 0 && key_ < *end) key_ = -1;
  decode(slot(next_), Link::kNext, now);
  next_ = *end;
  scanned_ = *end;
  return true;
}

bool FrameChecker::jump_to_key_frame(Timestamp now) {
  if (key_ < 0) return false;
  const auto end = end_of_frame(key_, key_scanned_);
  if (!end) return false;
  const Slot& first = slot(key_);
  decode(first, next_ == first.sequence ? Link::kNext : Link::kAfterGap, now);
  next_ = *end;
  scanned_ = *end;
  key_ = -1;
  return true;
}

void FrameChecker::decode(const Slot& first, Link link, Timestamp now) {
  if (!first.starts_frame) ++counts_.discontinuities;
  check_link(first, link, now);
  ++counts_.frames;
  if (first.is_key) ++counts_.key_frames;
  if (last_decode_) {
    const TimeDelta stood = now - *last_decode_;
    counts_.longest_freeze = std::max(counts_.longest_freeze, stood);
    if (stood > kFreeze) ++counts_.freezes;
  }
  last_decode_ = now;
  last_ = {first.timestamp, first.picture_id, first.tl0_picture_index, now};
}

void FrameChecker::check_link(const Slot& first, Link link, Timestamp now) {
  if (!last_) return;
  const auto id_step = static_cast<uint16_t>((first.picture_id - last_->picture_id) & kPictureIdMask);
  const auto tl0_step = static_cast<uint8_t>(first.tl0_picture_index - last_->tl0_picture_index);
  const bool is_forward = id_step >= 1 && id_step < 0x4000 && is_newer(first.timestamp, last_->timestamp);
  bool is_good = is_forward;
  if (link == Link::kNext) {
    is_good = is_forward && id_step == 1 && tl0_step == (first.temporal_id == 0 ? 1 : 0);
  }
  if (!is_good) ++counts_.discontinuities;
  if (!last_decode_) return;  // After a pause time has passed that nothing says how much.
  const auto rtp_ms = static_cast<int32_t>(first.timestamp - last_->timestamp) / kTicksPerMs;
  const TimeDelta jump = TimeDelta::millis(rtp_ms) - (now - last_->at);
  counts_.largest_time_jump = std::max(counts_.largest_time_jump, jump < TimeDelta() ? -jump : jump);
}

void FrameChecker::pause() {
  last_decode_.reset();
  blocked_since_.reset();
}

}  // namespace parley::client

#include "media/client/reception.h"

#include <algorithm>

#include "media/client/stamp.h"
#include "media/wire/rtx.h"
#include "media/wire/vp8.h"

namespace parley::client {
namespace {

/// A decoder that cannot go on waits this long for a repair before it asks for a key frame, and repeats it this often:
/// about what libwebrtc does.
constexpr TimeDelta kPliPatience = TimeDelta::millis(200);
constexpr TimeDelta kPliInterval = TimeDelta::millis(500);
constexpr size_t kVp8HeaderSize = 10;
constexpr size_t kOpusHeaderSize = 1;
/// Numbers begin one cycle up, so that a packet from before the first one received is not negative.
constexpr int64_t kFirstCycle = 65536;

}  // namespace

Reception::Reception(ReceptionOptions options)
    : options_(std::move(options)), stats_(options_.is_audio ? 48'000 : 90'000), audio_(options_.audio_playout_delay) {
  if (!options_.is_audio) video_.emplace();
}

const FrameChecker::Counts& Reception::frames() const {
  static constexpr FrameChecker::Counts kNone;
  return video_ ? video_->counts() : kNone;
}

uint64_t Reception::lost() const {
  if (first_ < 0) return 0;
  const auto expected = static_cast<uint64_t>(newest_ - first_ + 1);
  return expected > counts_.packets ? expected - counts_.packets : 0;
}

void Reception::on_packet(const wire::RtpView& packet, Timestamp now) {
  const bool is_repair = packet.ssrc == options_.rtx_ssrc;
  Arrival arrival{packet.payload(), 0, is_repair};
  uint16_t sequence_number = packet.sequence_number;
  if (is_repair) {
    const auto rtx = wire::parse_rtx(packet.payload());
    if (!rtx || rtx->payload.empty()) return;  // Padding, to probe.
    sequence_number = rtx->original_sequence_number;
    arrival.payload = rtx->payload;
    if (first_ < 0) return;  // Repairs what was never here.
  }
  arrival.sequence = unwrapper_.unwrap(sequence_number) + kFirstCycle;
  if (first_ < 0) first_ = arrival.sequence;
  if (!is_repair) stats_.on_packet(arrival.sequence, packet.timestamp, now, packet.packet.size());
  if (options_.has_nack) nacks_.on_received(arrival.sequence, now);
  if (options_.is_audio) {
    check_audio(arrival, packet, now);
  } else {
    check_video(arrival, packet, now);
  }
}

void Reception::count_new(const Arrival& arrival) {
  ++counts_.packets;
  counts_.bytes += arrival.payload.size();
  if (arrival.is_repair) ++counts_.by_rtx;
  if (!arrival.is_repair && arrival.sequence < newest_) ++counts_.out_of_order;
  newest_ = std::max(newest_, arrival.sequence);
  first_ = std::min(first_, arrival.sequence);
}

void Reception::check_video(const Arrival& arrival, const wire::RtpView& packet, Timestamp now) {
  const auto descriptor = wire::parse_vp8(arrival.payload);
  if (!descriptor || !descriptor->picture_id || !descriptor->tl0_picture_index) {
    ++counts_.wrong_content;
    return;
  }
  const FrameChecker::Outcome outcome = video_->on_packet({.sequence = arrival.sequence,
                                                           .timestamp = packet.timestamp,
                                                           .picture_id = *descriptor->picture_id,
                                                           .tl0_picture_index = *descriptor->tl0_picture_index,
                                                           .temporal_id = descriptor->temporal_id.value_or(0),
                                                           .starts_frame = descriptor->is_frame_start(),
                                                           .is_key = descriptor->is_keyframe,
                                                           .ends_frame = packet.marker},
                                                          now);
  if (outcome == FrameChecker::Outcome::kDuplicate) ++counts_.duplicates;
  if (outcome == FrameChecker::Outcome::kTooOld) ++counts_.too_old;
  if (outcome != FrameChecker::Outcome::kNew) return;
  count_new(arrival);
  const size_t header = descriptor->size + (descriptor->is_frame_start() ? kVp8HeaderSize : 0);
  if (arrival.payload.size() < header) {
    ++counts_.wrong_content;
    return;
  }
  check_stamp(arrival.payload.subspan(header), now);
}

void Reception::check_audio(const Arrival& arrival, const wire::RtpView& packet, Timestamp now) {
  const AudioChecker::Outcome outcome = audio_.on_packet(arrival.sequence, packet.timestamp, now);
  if (outcome == AudioChecker::Outcome::kDuplicate) ++counts_.duplicates;
  if (outcome == AudioChecker::Outcome::kTooOld) ++counts_.too_old;
  if (outcome != AudioChecker::Outcome::kNew) return;
  count_new(arrival);
  if (arrival.payload.size() >= kOpusHeaderSize) check_stamp(arrival.payload.subspan(kOpusHeaderSize), now);
}

void Reception::check_stamp(ByteView bytes, Timestamp now) {
  const auto stamp = Stamp::read(bytes);
  if (!stamp) {
    ++counts_.unstamped;
    return;
  }
  const ByteView filler = bytes.subspan(Stamp::kSize);
  const auto is_right = [&](uint8_t byte) { return byte == stamp->filler(); };
  const bool is_whole =
      filler.empty() || (options_.verifies_all_bytes ? std::ranges::all_of(filler, is_right)
                                                     : is_right(filler.front()) && is_right(filler.back()));
  const bool is_same_publisher = publisher_id_ == 0 || publisher_id_ == stamp->publisher;
  if (!is_whole || !is_same_publisher) ++counts_.wrong_content;
  publisher_id_ = stamp->publisher;
  latency_.add(now - stamp->sent);
}

void Reception::pause() {
  if (video_) video_->pause();
  audio_.pause();
}

bool Reception::take_pli(Timestamp now) {
  if (!video_) return false;
  const bool gave_up = nacks_.take_gave_up();
  const auto blocked = video_->blocked_since();
  if (!blocked) return false;
  if (!gave_up && now - *blocked < kPliPatience) return false;
  if (last_pli_ && now - *last_pli_ < kPliInterval) return false;
  last_pli_ = now;
  ++counts_.plis;
  return true;
}

Timestamp Reception::next_deadline() const {
  Timestamp at = nacks_.missing_count() > 0 ? nacks_.next_deadline() : Timestamp::never();
  if (!video_) return at;
  if (const auto blocked = video_->blocked_since()) {
    Timestamp pli = *blocked + kPliPatience;
    if (last_pli_) pli = std::max(pli, *last_pli_ + kPliInterval);
    at = earlier(at, pli);
  }
  return at;
}

}  // namespace parley::client

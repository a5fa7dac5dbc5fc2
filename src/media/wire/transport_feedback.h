#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/time.h"

namespace parley::wire {

/// Units of draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1.
inline constexpr TimeDelta kFeedbackDeltaUnit = TimeDelta::micros(250);
inline constexpr TimeDelta kFeedbackReferenceUnit = TimeDelta::millis(64);

/// What one feedback says of one packet.
struct PacketStatus {
  uint16_t sequence = 0;
  bool is_received = false;
  TimeDelta delta;    ///< Since the received packet before it, or since the reference time. 0 when not received.
  TimeDelta arrival;  ///< Reference time plus all deltas so far: on the receiver's clock. 0 when not received.
};

/// A transport-wide congestion control feedback (RTPFB, FMT 15) as a view. Made by RtcpReader, which has checked that
/// all statuses and deltas are there; for_each() therefore cannot fail.
struct TransportFeedback {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  uint16_t base_sequence = 0;
  uint16_t status_count = 0;    ///< Packets covered, 1 to 65535.
  int32_t reference_units = 0;  ///< 24 bits, signed, in kFeedbackReferenceUnit.
  uint8_t feedback_count = 0;   ///< Counts feedbacks, wraps.
  ByteView chunks;              ///< Packet chunks.
  ByteView deltas;              ///< Receive deltas (padding may follow).

  TimeDelta reference_time() const { return kFeedbackReferenceUnit * reference_units; }
  /// Calls `f(const PacketStatus&)` for each packet covered, in order.
  template <class F>
  void for_each(F&& f) const;
};

/// Reads the body of a feedback (behind the two SSRCs); nullopt when malformed.
std::optional<TransportFeedback> parse_transport_feedback(ByteView body);

struct PacketArrival {
  uint16_t sequence = 0;
  Timestamp arrival;
};

/// What identifies a feedback to write.
struct TransportFeedbackHeader {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  uint8_t feedback_count = 0;
};

/// More packets than this are not covered by one feedback: it keeps the packet below one MTU (at most about 1 KiB).
inline constexpr size_t kFeedbackMaxPackets = 400;

/// Writes one RTCP packet that covers the packets from `base_sequence` to the last of a leading part of `arrivals`,
/// which must rise strictly in sequence (modulo 2^16) from `base_sequence` on. Returns how many arrivals it covers:
/// fewer than given when a gap or a clock jump does not fit (make another feedback for the rest), 0 when `arrivals`
/// is empty, starts beyond reach of `base_sequence`, or the writer has no room.
size_t write_transport_feedback(ByteWriter& out, const TransportFeedbackHeader& header, uint16_t base_sequence,
                                std::span<const PacketArrival> arrivals);

// ---- Inline part ----

template <class F>
void TransportFeedback::for_each(F&& f) const {
  ByteReader chunk_reader(chunks);
  ByteReader delta_reader(deltas);
  TimeDelta arrival = reference_time();
  uint32_t done = 0;
  const auto emit = [&](unsigned symbol) {
    PacketStatus status{static_cast<uint16_t>(base_sequence + done), symbol == 1 || symbol == 2, {}, {}};
    if (status.is_received) {
      const int32_t units = symbol == 1 ? delta_reader.u8() : static_cast<int16_t>(delta_reader.u16());
      status.delta = kFeedbackDeltaUnit * units;
      arrival = arrival + status.delta;
      status.arrival = arrival;
    }
    f(status);
    ++done;
  };
  while (done < status_count && chunk_reader.remaining() >= 2) {
    const uint16_t chunk = chunk_reader.u16();
    if ((chunk & 0x8000) == 0) {  // Section 3.1.3: run length.
      for (uint32_t n = chunk & 0x1fff; n > 0 && done < status_count; --n) emit(chunk >> 13 & 3);
    } else if ((chunk & 0x4000) == 0) {  // Section 3.1.4: 14 one-bit symbols.
      for (int bit = 13; bit >= 0 && done < status_count; --bit) emit(chunk >> bit & 1);
    } else {  // Seven two-bit symbols.
      for (int bit = 12; bit >= 0 && done < status_count; bit -= 2) emit(chunk >> bit & 3);
    }
  }
}

}  // namespace parley::wire

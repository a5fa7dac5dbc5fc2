#include <vector>

#include "base/check.h"
#include "media/wire/rtcp.h"
#include "media/wire/transport_feedback.h"

/// The input is a list of arrivals (gap, signed time step); each must come back from the feedbacks written for them.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::wire;
  ByteReader input(ByteView(data, size));
  uint16_t sequence = input.u16();
  int64_t us = input.u32();
  std::vector<PacketArrival> arrivals;
  while (input.remaining() >= 3 && arrivals.size() < 2000) {
    sequence = static_cast<uint16_t>(sequence + 1 + input.u8() % 16);
    us += int64_t{static_cast<int16_t>(input.u16())} * 37;
    arrivals.push_back({sequence, Timestamp::micros(us)});
  }
  std::span<const PacketArrival> left = arrivals;
  while (!left.empty()) {
    uint8_t buffer[1100];
    ByteWriter w(buffer);
    const size_t taken = write_transport_feedback(w, {1, 2, 3}, left[0].sequence, left);
    PARLEY_CHECK(taken > 0 && w.ok() && w.size() % 4 == 0);
    RtcpReader reader(w.written());
    const auto packet = reader.next();
    PARLEY_CHECK(packet.has_value() && std::holds_alternative<TransportFeedback>(*packet));
    const auto& feedback = std::get<TransportFeedback>(*packet);
    size_t next = 0;
    TimeDelta shift;  // The reference time wraps at 24 bits; all arrivals of one feedback are shifted alike.
    feedback.for_each([&](const PacketStatus& status) {
      const bool is_next = next < taken && left[next].sequence == status.sequence;
      PARLEY_CHECK(status.is_received == is_next);
      if (!is_next) return;
      const int64_t at = left[next].arrival.us();
      const int64_t floored = at - ((at % 250) + 250) % 250;
      const TimeDelta difference = TimeDelta::micros(floored) - status.arrival;
      if (next == 0) shift = difference;
      PARLEY_CHECK(difference == shift);
      ++next;
    });
    PARLEY_CHECK(next == taken);
    left = left.subspan(taken);
  }
  return 0;
}

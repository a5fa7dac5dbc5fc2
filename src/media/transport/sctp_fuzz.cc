// Drives an association by packets of any content, packets of a real one with bytes changed, DCEP of any content, API
// calls and timers.

#include <usrsctp.h>

#include "media/transport/dcep.h"
#include "media/transport/fuzz_script.h"
#include "media/transport/sctp_test_util.h"
#include "media/transport/virtual_clock_impl.h"

namespace parley::transport {
namespace {

void expect_round_trip(ByteView bytes) {
  const auto message = parse_dcep(bytes);
  if (!message || !std::holds_alternative<DcepOpen>(*message)) return;
  const DataChannelParameters& parameters = std::get<DcepOpen>(*message).parameters;
  const auto again = parse_dcep(serialize_dcep_open(parameters));
  PARLEY_CHECK(again && std::get<DcepOpen>(*again).parameters == parameters);
}

/// The checksum is of no interest to a fuzzer, so it is made right.
void fix_checksum(ByteVector& packet) {
  if (packet.size() < 12) return;
  std::memset(packet.data() + 8, 0, 4);
  const uint32_t checksum = usrsctp_crc32c(packet.data(), packet.size());
  std::memcpy(packet.data() + 8, &checksum, 4);
}

class Run {
 public:
  Run() {
    ends_[0].association = stack().make_association(DtlsRole::kClient, nullptr, 0);
    ends_[1].association = stack().make_association(DtlsRole::kServer, nullptr, 1);
    for (auto& end : ends_) {
      SctpOutputs out = end.outputs();
      end.association->start(out);
    }
  }

  void play(FuzzScript script) {
    for (int step = 0; step < 200 && script.has_more(); ++step) {
      const uint8_t operation = script.byte();
      play(operation >> 1 & 7, ends_[operation & 1], ends_[1 - (operation & 1)], script);
      for (auto& end : ends_) end.events.clear();
    }
  }

 private:
  using End = test::SctpPair::End;
  static SctpStack& stack() {
    static SctpStack the_one;
    return the_one;
  }

  void play(int operation, End& to, End& from, FuzzScript& script) {
    SctpOutputs out = to.outputs();
    switch (operation) {
      case 0: {
        const ByteView bytes = script.bytes();
        ByteVector packet(bytes.begin(), bytes.end());
        fix_checksum(packet);
        return to.association->on_packet(packet, out);
      }
      case 1:
      case 2: {
        const uint16_t at = script.word();
        return hand_over(to, from, at, operation == 1 ? script.byte() : 0);
      }
      case 3: {
        const TimeDelta time = TimeDelta::millis(script.byte() * 10);
        advance_virtual_clock(time);
        stack().on_timer(time);
        return to.association->collect(out);
      }
      case 4:
        (void)to.association->open_channel({.label = std::string(as_text(script.bytes()))}, out);
        return;
      case 5: {
        const DataChannelId channel(script.byte());
        (void)to.association->send(channel, DataKind::kBinary, script.bytes(), out);
        return;
      }
      case 6:
        return to.association->close_channel(DataChannelId(script.byte()), out);
      default:
        return expect_round_trip(script.bytes());
    }
  }

  /// What `from` has to say, with one byte of each packet changed.
  void hand_over(End& to, End& from, uint16_t at, uint8_t change) {
    const PacketBatch spoken = std::exchange(from.packets, PacketBatch(0));
    SctpOutputs out = to.outputs();
    for (const auto& entry : spoken.entries()) {
      const ByteView view = spoken.datagram(entry);
      ByteVector bytes(view.begin(), view.end());
      if (change != 0 && at < bytes.size()) {
        bytes[at] ^= change;
        fix_checksum(bytes);
      }
      to.association->on_packet(bytes, out);
    }
  }

  std::array<End, 2> ends_;
};

}  // namespace
}  // namespace parley::transport

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  parley::transport::Run().play(parley::transport::FuzzScript({data, size}));
  return 0;
}

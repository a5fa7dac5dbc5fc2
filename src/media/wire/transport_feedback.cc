#include "media/wire/transport_feedback.h"

#include <algorithm>
#include <array>

#include "media/wire/rtcp.h"

namespace parley::wire {
namespace {

constexpr uint8_t kFormat = 15;

/// Symbols of section 3.1.1.
enum Symbol : uint8_t { kNotReceived = 0, kSmallDelta = 1, kLargeDelta = 2 };

constexpr size_t kOneBitSymbols = 14;
constexpr size_t kTwoBitSymbols = 7;

/// The statuses of one feedback to write. Times are counted in whole delta units from the clock's origin, so that
/// rounding does not add up from packet to packet.
struct Plan {
  std::array<uint8_t, kFeedbackMaxPackets> symbols{};
  std::array<int16_t, kFeedbackMaxPackets> deltas{};  ///< Of received packets only, in order.
  size_t symbol_count = 0;
  size_t delta_count = 0;
  size_t delta_bytes = 0;
  int64_t reference_units = 0;
};

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// Takes as many arrivals as one feedback can carry and returns how many.
size_t make_plan(uint16_t base_sequence, std::span<const PacketArrival> arrivals, Plan& plan) {
  int64_t last_tick = 0;
  size_t taken = 0;
  for (const PacketArrival& each : arrivals) {
    const size_t position = static_cast<uint16_t>(each.sequence - base_sequence);
    if (position >= kFeedbackMaxPackets || position < plan.symbol_count) break;
    const int64_t tick = floor_div(each.arrival.us(), kFeedbackDeltaUnit.us());
    if (taken == 0) {
      const int64_t per_reference = kFeedbackReferenceUnit.us() / kFeedbackDeltaUnit.us();
      plan.reference_units = floor_div(tick, per_reference);
      last_tick = plan.reference_units * per_reference;
    }
    const int64_t delta = tick - last_tick;
    if (delta < INT16_MIN || delta > INT16_MAX) break;
    const bool is_small = delta >= 0 && delta <= 255;
    plan.symbol_count = position + 1;  // Those between stay kNotReceived.
    plan.symbols[position] = is_small ? kSmallDelta : kLargeDelta;
    plan.deltas[plan.delta_count++] = static_cast<int16_t>(delta);
    plan.delta_bytes += is_small ? 1 : 2;
    last_tick = tick;
    ++taken;
  }
  return taken;
}

/// One packet chunk from `symbols`, and how many of them it covers.
struct Chunk {
  uint16_t value = 0;
  size_t count = 0;
};

Chunk make_chunk(std::span<const uint8_t> symbols) {
  const auto is_same = [&](uint8_t s) { return s == symbols[0]; };
  const auto run = static_cast<size_t>(std::find_if_not(symbols.begin(), symbols.end(), is_same) - symbols.begin());
  const auto window = symbols.first(std::min(symbols.size(), kOneBitSymbols));
  const bool fits_one_bit = std::find(window.begin(), window.end(), kLargeDelta) == window.end();
  if (run >= (fits_one_bit ? kOneBitSymbols : kTwoBitSymbols) || run == symbols.size()) {
    return {static_cast<uint16_t>(symbols[0] << 13 | run), run};
  }
  if (fits_one_bit) {
    unsigned value = 0x8000;
    for (size_t i = 0; i < window.size(); ++i) value |= unsigned{window[i]} << (13 - i);
    return {static_cast<uint16_t>(value), window.size()};
  }
  const size_t count = std::min(symbols.size(), kTwoBitSymbols);
  unsigned value = 0xc000;
  for (size_t i = 0; i < count; ++i) value |= unsigned{symbols[i]} << (12 - 2 * i);
  return {static_cast<uint16_t>(value), count};
}

void write_chunks(ByteWriter& out, std::span<const uint8_t> symbols) {
  while (!symbols.empty()) {
    const Chunk chunk = make_chunk(symbols);
    out.u16(chunk.value);
    symbols = symbols.subspan(chunk.count);
  }
}

/// The sizes of chunks and deltas that `status_count` statuses take, read from the chunks.
struct Extent {
  size_t chunk_bytes = 0;
  size_t delta_bytes = 0;
};

size_t delta_size(unsigned symbol) { return symbol == kSmallDelta ? 1 : symbol == kLargeDelta ? 2 : 0; }

std::optional<Extent> measure(ByteView bytes, uint16_t status_count) {
  ByteReader r(bytes);
  Extent extent;
  size_t left = status_count;
  while (left > 0) {
    const uint16_t chunk = r.u16();
    if (!r.ok()) return std::nullopt;
    size_t covered = 0;
    if ((chunk & 0x8000) == 0) {
      covered = std::min<size_t>(left, chunk & 0x1fff);
      extent.delta_bytes += covered * delta_size(chunk >> 13 & 3);
      // An empty run covers nothing: a chunk without meaning.
      if (covered == 0) return std::nullopt;
    } else if ((chunk & 0x4000) == 0) {
      covered = std::min(left, kOneBitSymbols);
      for (size_t i = 0; i < covered; ++i) extent.delta_bytes += delta_size(chunk >> (13 - i) & 1);
    } else {
      covered = std::min(left, kTwoBitSymbols);
      for (size_t i = 0; i < covered; ++i) extent.delta_bytes += delta_size(chunk >> (12 - 2 * i) & 3);
    }
    left -= covered;
  }
  extent.chunk_bytes = r.offset();
  return extent;
}

}  // namespace

std::optional<TransportFeedback> parse_transport_feedback(ByteView body) {
  ByteReader r(body);
  TransportFeedback feedback;
  feedback.base_sequence = r.u16();
  feedback.status_count = r.u16();
  feedback.reference_units = static_cast<int32_t>(r.u24() << 8) >> 8;
  feedback.feedback_count = r.u8();
  if (!r.ok() || feedback.status_count == 0) return std::nullopt;
  const ByteView rest = r.rest();
  const auto extent = measure(rest, feedback.status_count);
  if (!extent || rest.size() < extent->chunk_bytes + extent->delta_bytes) return std::nullopt;
  feedback.chunks = rest.first(extent->chunk_bytes);
  feedback.deltas = rest.subspan(extent->chunk_bytes, extent->delta_bytes);
  return feedback;
}

size_t write_transport_feedback(ByteWriter& out, const TransportFeedbackHeader& header, uint16_t base_sequence,
                                std::span<const PacketArrival> arrivals) {
  Plan plan;
  const size_t taken = make_plan(base_sequence, arrivals, plan);
  if (taken == 0) return 0;
  const size_t start = out.size();
  out.u16(0);  // First byte and type are written below as one with the length.
  out.u16(0);
  out.u32(header.sender_ssrc);
  out.u32(header.media_ssrc);
  out.u16(base_sequence);
  out.u16(static_cast<uint16_t>(plan.symbol_count));
  out.u24(static_cast<uint32_t>(plan.reference_units) & 0xffffff);
  out.u8(header.feedback_count);
  write_chunks(out, std::span(plan.symbols).first(plan.symbol_count));
  for (size_t i = 0; i < plan.delta_count; ++i) {
    const int16_t delta = plan.deltas[i];
    if (delta >= 0 && delta <= 255) {
      out.u8(static_cast<uint8_t>(delta));
    } else {
      out.u16(static_cast<uint16_t>(delta));
    }
  }
  const size_t padding = (4 - (out.size() - start) % 4) % 4;
  if (padding > 0) {
    out.zeros(padding - 1);
    out.u8(static_cast<uint8_t>(padding));
  }
  if (!out.ok()) return 0;
  const unsigned first = 0x80u | (padding > 0 ? 0x20u : 0u) | kFormat;
  out.patch_u16(start, static_cast<uint16_t>(first << 8 | static_cast<unsigned>(RtcpType::kTransportFeedback)));
  out.patch_u16(start + 2, static_cast<uint16_t>((out.size() - start) / 4 - 1));
  return taken;
}

}  // namespace parley::wire

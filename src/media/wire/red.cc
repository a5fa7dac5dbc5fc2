#include "media/wire/red.h"

namespace parley::wire {
namespace {

constexpr size_t kBlockHeaderSize = 4;  ///< RFC 2198 section 3: F, PT, 14-bit offset, 10-bit length.
constexpr uint16_t kMaxOffset = 0x3fff;
constexpr size_t kMaxBlockSize = 0x3ff;

}  // namespace

std::expected<RedBlocks, RedError> parse_red(ByteView payload) {
  RedBlocks result;
  size_t sizes[kRedMaxBlocks] = {};
  ByteReader r(payload);
  while (true) {
    if (result.count == kRedMaxBlocks) return std::unexpected(RedError::kTooManyBlocks);
    RedBlock& block = result.blocks[result.count];
    const uint8_t head = r.u8();
    block.payload_type = head & 0x7f;
    ++result.count;
    // RFC 2198 section 3: without the F bit it is the primary, whose header is this byte alone.
    if ((head & 0x80) == 0) break;
    const uint32_t rest = r.u24();
    block.timestamp_offset = static_cast<uint16_t>(rest >> 10);
    sizes[result.count - 1] = rest & kMaxBlockSize;
    if (!r.ok()) return std::unexpected(RedError::kTruncated);
  }
  for (size_t i = 0; i + 1 < result.count; ++i) result.blocks[i].payload = r.bytes(sizes[i]);
  result.blocks[result.count - 1].payload = r.rest();
  if (!r.ok()) return std::unexpected(RedError::kTruncated);
  return result;
}

bool rewrite_red_payload_type(MutableByteView payload, uint8_t payload_type) {
  const auto blocks = parse_red(payload);
  if (!blocks) return false;
  for (size_t i = 0; i < blocks->count; ++i) {
    uint8_t& head = payload[i * kBlockHeaderSize];
    head = static_cast<uint8_t>((head & 0x80) | (payload_type & 0x7f));
  }
  return true;
}

size_t serialize_red(std::span<const RedBlock> blocks, MutableByteView out) {
  if (blocks.empty() || blocks.size() > kRedMaxBlocks) return 0;
  ByteWriter w(out);
  for (const RedBlock& block : blocks.first(blocks.size() - 1)) {
    if (block.payload.size() > kMaxBlockSize || block.timestamp_offset > kMaxOffset) return 0;
    w.u8(static_cast<uint8_t>(0x80 | block.payload_type));
    w.u24(uint32_t{block.timestamp_offset} << 10 | static_cast<uint32_t>(block.payload.size()));
  }
  w.u8(blocks.back().payload_type & 0x7f);
  for (const RedBlock& block : blocks) w.bytes(block.payload);
  return w.ok() ? w.size() : 0;
}

}  // namespace parley::wire

#include "media/wire/rtp.h"

#include <algorithm>

namespace parley::wire {
namespace {

struct ExtensionLayout {
  size_t size = 0;  ///< Of the elements, padded; 0 for none.
  bool is_two_byte = false;
  bool is_valid = true;
};

ExtensionLayout layout_of(std::span<const RtpExtension> extensions) {
  ExtensionLayout layout;
  size_t count = 0;
  size_t bytes = 0;
  for (const RtpExtension& e : extensions) {
    if (e.id == 0) continue;
    ++count;
    bytes += e.bytes.size();
    // RFC 8285 section 4.2: the one-byte form has ids 1 to 14 and 1 to 16 bytes.
    layout.is_two_byte |= e.id > kOneByteMaxId || e.bytes.empty() || e.bytes.size() > kOneByteMaxSize;
    layout.is_valid &= e.bytes.size() <= kTwoByteMaxSize;
  }
  if (count > 0) layout.size = (bytes + count * (layout.is_two_byte ? 2 : 1) + 3) & ~size_t{3};
  return layout;
}

constexpr size_t kBlockHeadSize = 4;

void put_u16(uint8_t* p, uint16_t v) {
  p[0] = static_cast<uint8_t>(v >> 8);
  p[1] = static_cast<uint8_t>(v);
}
void put_u32(uint8_t* p, uint32_t v) {
  put_u16(p, static_cast<uint16_t>(v >> 16));
  put_u16(p + 2, static_cast<uint16_t>(v));
}
uint16_t get_u16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
uint32_t get_u32(const uint8_t* p) { return static_cast<uint32_t>(get_u16(p)) << 16 | get_u16(p + 2); }

/// `p` has room for 4 + layout.size bytes.
void put_extensions(std::span<const RtpExtension> extensions, const ExtensionLayout& layout, uint8_t* p) {
  put_u16(p, layout.is_two_byte ? kTwoByteProfile : kOneByteProfile);
  put_u16(p + 2, static_cast<uint16_t>(layout.size / 4));
  uint8_t* const end = p + kBlockHeadSize + layout.size;
  p += kBlockHeadSize;
  for (const RtpExtension& e : extensions) {
    if (e.id == 0) continue;
    if (layout.is_two_byte) {
      *p++ = e.id;
      *p++ = static_cast<uint8_t>(e.bytes.size());
    } else {
      *p++ = static_cast<uint8_t>(e.id << 4 | (e.bytes.size() - 1));
    }
    if (!e.bytes.empty()) std::memcpy(p, e.bytes.data(), e.bytes.size());
    p += e.bytes.size();
  }
  std::fill(p, end, uint8_t{0});
}

}  // namespace

std::string_view to_string(RtpError error) {
  switch (error) {
    case RtpError::kTooShort:
      return "too short";
    case RtpError::kBadVersion:
      return "wrong version";
    case RtpError::kBadPadding:
      return "wrong padding";
  }
  return "unknown";
}

// Indices are used instead of ByteReader because this runs per packet; each is covered by the size check before it.
std::expected<RtpView, RtpError> parse_rtp(ByteView packet) {
  const size_t size = packet.size();
  // 64 KiB is the largest datagram; offsets are 16 bits.
  if (size < kRtpFixedHeaderSize || size > 0xffff) return std::unexpected(RtpError::kTooShort);
  const uint8_t* p = packet.data();
  if (p[0] >> 6 != 2) return std::unexpected(RtpError::kBadVersion);
  RtpView view;
  view.packet = packet;
  view.csrc_count = p[0] & 15;
  view.marker = (p[1] & 0x80) != 0;
  view.payload_type = p[1] & 0x7f;
  view.sequence_number = get_u16(p + 2);
  view.timestamp = get_u32(p + 4);
  view.ssrc = get_u32(p + 8);
  size_t header = kRtpFixedHeaderSize + size_t{view.csrc_count} * 4;
  if ((p[0] & 0x10) != 0) {
    if (size < header + kBlockHeadSize) return std::unexpected(RtpError::kTooShort);
    view.extension_profile = get_u16(p + header);
    const size_t block = size_t{get_u16(p + header + 2)} * 4;
    header += kBlockHeadSize;
    if (size < header + block) return std::unexpected(RtpError::kTooShort);
    view.extension_offset = static_cast<uint16_t>(header);
    view.extension_size = static_cast<uint16_t>(block);
    header += block;
  }
  if (size < header) return std::unexpected(RtpError::kTooShort);
  view.header_size = static_cast<uint16_t>(header);
  if ((p[0] & 0x20) != 0) {
    view.padding_size = size > header ? p[size - 1] : 0;
    if (view.padding_size == 0 || view.padding_size > size - header) return std::unexpected(RtpError::kBadPadding);
  }
  return view;
}

size_t rtp_header_size(std::span<const RtpExtension> extensions) {
  const ExtensionLayout layout = layout_of(extensions);
  return kRtpFixedHeaderSize + (layout.size > 0 ? kBlockHeadSize + layout.size : 0);
}

size_t write_rtp_header(const RtpHeader& header, std::span<const RtpExtension> extensions, MutableByteView out) {
  const ExtensionLayout layout = layout_of(extensions);
  const size_t size = kRtpFixedHeaderSize + (layout.size > 0 ? kBlockHeadSize + layout.size : 0);
  // The block's length field counts 32-bit words in 16 bits; the packet itself is bounded by `out`.
  if (out.size() < size || !layout.is_valid || layout.size / 4 > 0xffff) return 0;
  uint8_t* p = out.data();
  p[0] = static_cast<uint8_t>(0x80 | (header.has_padding ? 0x20 : 0) | (layout.size > 0 ? 0x10 : 0));
  p[1] = static_cast<uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type & 0x7f));
  put_u16(p + 2, header.sequence_number);
  put_u32(p + 4, header.timestamp);
  put_u32(p + 8, header.ssrc);
  if (layout.size > 0) put_extensions(extensions, layout, p + kRtpFixedHeaderSize);
  return size;
}

}  // namespace parley::wire

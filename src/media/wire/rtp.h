#pragma once

#include <cstdint>
#include <cstring>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace parley::wire {

inline constexpr size_t kRtpFixedHeaderSize = 12;
inline constexpr uint16_t kOneByteProfile = 0xbede;  ///< RFC 8285 section 4.2.
inline constexpr uint16_t kTwoByteProfile = 0x1000;  ///< RFC 8285 section 4.3; the low four bits are application bits.
inline constexpr uint8_t kOneByteMaxId = 14;         ///< 15 is reserved and ends the block.
inline constexpr size_t kOneByteMaxSize = 16;
inline constexpr size_t kTwoByteMaxSize = 255;

enum class RtpError : uint8_t {
  kTooShort,    ///< Below 12 bytes, or CSRCs or the extension block run over the end.
  kBadVersion,  ///< Not version 2.
  kBadPadding,  ///< The padding count is zero or larger than what is behind the header.
};
std::string_view to_string(RtpError error);

/// One RTP packet (RFC 3550 section 5.1) as fields and offsets into the caller's bytes, which must outlive it.
struct RtpView {
  ByteView packet;  ///< The whole packet, header and padding included.
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  uint16_t sequence_number = 0;
  uint16_t header_size = 0;        ///< Fixed part, CSRCs and extension block: the offset of the payload.
  uint16_t extension_profile = 0;  ///< 0 without an extension block.
  uint16_t extension_offset = 0;   ///< Of the block's elements, behind its four-byte head.
  uint16_t extension_size = 0;     ///< Bytes, at most what the packet holds.
  uint8_t payload_type = 0;
  uint8_t csrc_count = 0;
  uint8_t padding_size = 0;
  bool marker = false;

  size_t payload_size() const { return packet.size() - header_size - padding_size; }
  /// Without header and padding; empty for a padding-only packet.
  ByteView payload() const { return packet.subspan(header_size, payload_size()); }
  ByteView extension_block() const { return packet.subspan(extension_offset, extension_size); }
  bool is_two_byte() const { return (extension_profile & 0xfff0) == kTwoByteProfile; }
  bool is_one_byte() const { return extension_profile == kOneByteProfile; }

  /// Calls `f(uint8_t id, ByteView bytes)` for each header extension, in order. Stops at the first malformed one
  /// (RFC 8285 asks to keep what came before).
  template <class F>
  void for_each_extension(F&& f) const;
  /// The first extension with `id`; nullopt when absent. An extension of no bytes (two-byte form) is an empty view.
  std::optional<ByteView> extension(uint8_t id) const;
};

/// Reads a packet's header. Neither copies nor allocates.
std::expected<RtpView, RtpError> parse_rtp(ByteView packet);

/// The fixed fields of a header to write.
struct RtpHeader {
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  uint16_t sequence_number = 0;
  uint8_t payload_type = 0;
  bool marker = false;
  bool has_padding = false;  ///< Sets the bit only; the caller writes the padding behind the payload.
};

/// One header extension to write. Id 0 is skipped, so that a caller may blank an entry of its list.
struct RtpExtension {
  uint8_t id = 0;
  ByteView bytes;
};

/// Size of the header write_rtp_header() makes: 12 bytes, and the extension block in the form it picks.
size_t rtp_header_size(std::span<const RtpExtension> extensions);

/// Writes fixed header and extensions to `out`; one-byte form when every id and size permits, else two-byte. No CSRCs.
/// Returns the size, or 0 when it does not fit or an extension is above kTwoByteMaxSize. Runs per forwarded packet:
/// allocates nothing. `out` must not overlap the extensions' bytes.
size_t write_rtp_header(const RtpHeader& header, std::span<const RtpExtension> extensions, MutableByteView out);

// ---- Inline parts: they run per packet and per extension. ----

template <class F>
void RtpView::for_each_extension(F&& f) const {
  const ByteView block = extension_block();
  size_t at = 0;
  if (is_one_byte()) {
    while (at < block.size()) {
      const uint8_t head = block[at++];
      if (head == 0) continue;  // Padding.
      const uint8_t id = head >> 4;
      const size_t size = static_cast<size_t>(head & 15) + 1;
      // RFC 8285 section 4.2: id 15 stops processing.
      if (id == 15 || block.size() - at < size) return;
      // RFC 8285 section 4.2: id 0 with a length is to be ignored.
      if (id != 0) f(id, block.subspan(at, size));
      at += size;
    }
  } else if (is_two_byte()) {
    while (at + 1 < block.size()) {
      const uint8_t id = block[at++];
      if (id == 0) continue;  // Padding is a single byte.
      const size_t size = block[at++];
      if (block.size() - at < size) return;
      f(id, block.subspan(at, size));
      at += size;
    }
  }
}

inline std::optional<ByteView> RtpView::extension(uint8_t id) const {
  std::optional<ByteView> found;
  for_each_extension([&](uint8_t each, ByteView bytes) {
    if (each == id && !found) found = bytes;
  });
  return found;
}

}  // namespace parley::wire

#include "net/websocket_codec.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/base64.h"
#include "base/check.h"
#include "base/utf8.h"
#include "net/websocket_deflate.h"

namespace parley::net {
namespace {

constexpr uint8_t kMaskBit = 0x80;
constexpr uint8_t kReserved = 0x70;
constexpr uint8_t kRsv1 = 0x40;

/// XORs `bytes` with the mask, of which `offset` bytes of the payload are already used up.
void apply_mask(std::span<char> bytes, const std::array<uint8_t, 4>& mask, uint64_t offset) {
  uint8_t pattern[8];
  for (size_t i = 0; i < sizeof pattern; ++i) pattern[i] = mask[(offset + i) % 4];
  uint64_t wide;
  std::memcpy(&wide, pattern, sizeof wide);
  size_t i = 0;
  for (; i + sizeof wide <= bytes.size(); i += sizeof wide) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    word ^= wide;
    std::memcpy(bytes.data() + i, &word, sizeof word);
  }
  for (; i < bytes.size(); ++i) bytes[i] = static_cast<char>(static_cast<uint8_t>(bytes[i]) ^ pattern[i % 8]);
}

/// RFC 6455 sections 7.4.1 and 7.4.2: what a peer may put into a close frame.
bool is_sendable_close_code(uint16_t code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != close_code::kNoStatus && code != close_code::kAbnormal;
}

}  // namespace

void WebSocketReader::consume(ByteView bytes, std::vector<WebSocketEvent>& events) {
  while (failure_ == 0 && !is_closed_) {
    if (!in_payload_) {
      if (bytes.empty()) return;
      bytes = bytes.subspan(consume_header(bytes));
      if (!in_payload_) continue;
    }
    bytes = bytes.subspan(consume_payload(bytes));
    if (payload_done_ < payload_size_) return;
    on_frame(events);
    in_payload_ = false;
    header_fill_ = 0;
  }
}

/// How many bytes of header there will be, as far as the first ones tell.
size_t WebSocketReader::header_size() const {
  if (header_fill_ < 2) return 2;
  const uint8_t length = header_[1] & 0x7f;
  const size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
  return 2 + extended + ((header_[1] & kMaskBit) != 0 ? 4 : 0);
}

size_t WebSocketReader::consume_header(ByteView bytes) {
  const size_t used = std::min(header_size() - header_fill_, bytes.size());
  std::memcpy(header_.data() + header_fill_, bytes.data(), used);
  header_fill_ += used;
  if (header_fill_ == header_size()) on_header();
  return used;
}

void WebSocketReader::on_header() {
  ByteReader in(ByteView(header_).first(header_fill_));
  in.skip(1);
  const uint8_t length = in.u8() & 0x7f;
  payload_size_ = length == 126 ? in.u16() : length == 127 ? in.u64() : length;
  // Section 5.2: the shortest form must be used; this also refuses lengths with the highest bit set later on.
  const bool is_shortest = length < 126 || (length == 126 ? payload_size_ >= 126 : payload_size_ > 0xffff);
  if (!is_shortest) return fail(close_code::kProtocolError);
  if (const uint16_t code = check_header()) return fail(code);
  mask_.fill(0);
  if (self_ == WebSocketSide::kServer) std::ranges::copy(in.bytes(4), mask_.begin());
  payload_done_ = 0;
  in_payload_ = true;
  if (is_control()) {
    control_.clear();
  } else if (opcode() != WebSocketOpcode::kContinuation) {
    message_.clear();
    message_kind_ = opcode();
    is_compressed_ = (header_[0] & kRsv1) != 0;
  }
}

/// 0, or the code to close with.
uint16_t WebSocketReader::check_header() const {
  const bool is_masked = (header_[1] & kMaskBit) != 0;
  if (is_masked != (self_ == WebSocketSide::kServer)) return close_code::kProtocolError;
  // RFC 7692 section 6.1: the bit says that the message is compressed, on its first frame.
  const bool may_compress = compression_ == WebSocketCompression::kDeflate && !is_control() && !message_kind_;
  const uint8_t reserved = may_compress ? kReserved & ~kRsv1 : kReserved;
  if ((header_[0] & reserved) != 0) return close_code::kProtocolError;
  switch (opcode()) {
    case WebSocketOpcode::kContinuation:
      if (!message_kind_) return close_code::kProtocolError;
      break;
    case WebSocketOpcode::kText:
    case WebSocketOpcode::kBinary:
      if (message_kind_) return close_code::kProtocolError;
      break;
    case WebSocketOpcode::kClose:
    case WebSocketOpcode::kPing:
    case WebSocketOpcode::kPong: {
      const bool is_allowed = is_final() && payload_size_ <= kMaxControlPayload;
      return is_allowed ? 0 : close_code::kProtocolError;
    }
    default:
      return close_code::kProtocolError;
  }
  const size_t held = message_kind_ ? message_.size() : 0;
  return payload_size_ > max_message_size_ - held ? close_code::kTooBig : 0;
}

size_t WebSocketReader::consume_payload(ByteView bytes) {
  const size_t used = static_cast<size_t>(std::min<uint64_t>(payload_size_ - payload_done_, bytes.size()));
  std::string& to = is_control() ? control_ : message_;
  const size_t before = to.size();
  to.append(as_text(bytes.first(used)));
  if (self_ == WebSocketSide::kServer) apply_mask(std::span(to).subspan(before), mask_, payload_done_);
  payload_done_ += used;
  return used;
}

void WebSocketReader::on_frame(std::vector<WebSocketEvent>& events) {
  if (opcode() == WebSocketOpcode::kClose) return on_close_frame(events);
  if (is_control()) {
    events.push_back({opcode(), std::move(control_), 0});
    return;
  }
  if (is_final()) on_message_end(events);
}

void WebSocketReader::on_message_end(std::vector<WebSocketEvent>& events) {
  const WebSocketOpcode kind = *message_kind_;
  message_kind_.reset();
  if (is_compressed_) {
    auto inflated = inflate_message(message_, max_message_size_);
    if (!inflated) {
      const bool is_large = inflated.error() == InflateError::kTooLarge;
      return fail(is_large ? close_code::kTooBig : close_code::kProtocolError);
    }
    message_ = std::move(*inflated);
  }
  if (kind == WebSocketOpcode::kText && !is_utf8(message_)) return fail(close_code::kInvalidText);
  events.push_back({kind, std::exchange(message_, {}), 0});
}

void WebSocketReader::on_close_frame(std::vector<WebSocketEvent>& events) {
  WebSocketEvent event{WebSocketOpcode::kClose, {}, close_code::kNoStatus};
  if (!control_.empty()) {
    ByteReader in(as_bytes(control_));
    event.close_code = in.u16();
    if (!in.ok() || !is_sendable_close_code(event.close_code)) return fail(close_code::kProtocolError);
    event.payload = as_text(in.rest());
    if (!is_utf8(event.payload)) return fail(close_code::kInvalidText);
  }
  is_closed_ = true;
  events.push_back(std::move(event));
}

void append_websocket_frame(std::string& out, WebSocketOpcode opcode, std::string_view payload,
                            const WebSocketMask& mask) {
  uint8_t header[14];
  ByteWriter writer(header);
  writer.u8(static_cast<uint8_t>(0x80 | static_cast<uint8_t>(opcode)));
  const uint8_t mask_bit = mask ? kMaskBit : 0;
  if (payload.size() < 126) {
    writer.u8(static_cast<uint8_t>(mask_bit | payload.size()));
  } else if (payload.size() <= 0xffff) {
    writer.u8(mask_bit | 126);
    writer.u16(static_cast<uint16_t>(payload.size()));
  } else {
    writer.u8(mask_bit | 127);
    writer.u64(payload.size());
  }
  if (mask) writer.bytes(*mask);
  out.append(as_text(writer.written()));
  const size_t before = out.size();
  out.append(payload);
  if (mask) apply_mask(std::span(out).subspan(before), *mask, 0);
}

std::string make_close_payload(uint16_t code, std::string_view reason) {
  if (code == close_code::kNoStatus) return {};
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  reason = reason.substr(0, kMaxControlPayload - 2);
  while (!is_utf8(reason)) reason.remove_suffix(1);
  payload += reason;
  return payload;
}

std::string websocket_accept_key(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  uint8_t digest[20];
  unsigned size = sizeof digest;
  const int done = EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  PARLEY_CHECK(done == 1 && size == sizeof digest);
  return base64_encode(digest);
}

}  // namespace parley::net

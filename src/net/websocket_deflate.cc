#include "net/websocket_deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace parley::net {
namespace {

/// A raw stream with the largest window, as a peer may use that says nothing else.
constexpr int kRawWindowBits = -15;
/// The end of a flushed stream, which is not sent (section 7.2.1).
constexpr std::string_view kTail{"\x00\x00\xff\xff", 4};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The part before `separator`, which is cut off with it.
std::string_view take_part(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return trim(part);
}

bool can_accept(std::string_view offer) {
  if (!equals_ignoring_case(take_part(offer, ';'), "permessage-deflate")) return false;
  while (!offer.empty()) {
    std::string_view parameter = take_part(offer, ';');
    const std::string_view name = take_part(parameter, '=');
    const bool is_harmless = name == "server_no_context_takeover" || name == "client_no_context_takeover" ||
                             name == "client_max_window_bits";
    // A smaller window is not offered by anybody who matters, and would need a second compressed form.
    const bool is_whole_window = name == "server_max_window_bits" && (parameter == "15" || parameter == "\"15\"");
    if (!is_harmless && !is_whole_window) return false;
  }
  return true;
}

struct Inflater {
  Inflater() { PARLEY_CHECK(inflateInit2(&stream, kRawWindowBits) == Z_OK); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream); }
  z_stream stream{};
};

}  // namespace

bool offers_deflate(const HttpHeaders& headers) {
  for (const auto& [name, value] : headers.fields()) {
    if (!equals_ignoring_case(name, "Sec-WebSocket-Extensions")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      if (can_accept(take_part(rest, ','))) return true;
    }
  }
  return false;
}

std::string deflate_message(std::string_view message) {
  z_stream stream{};
  constexpr int kMemoryLevel = 8;  // zlib's default.
  PARLEY_CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kRawWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) ==
               Z_OK);
  // The bound is of a finished stream; a flushed one ends in an empty block instead.
  std::string out(deflateBound(&stream, message.size()) + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_SYNC_FLUSH);
  PARLEY_CHECK(result == Z_OK && stream.avail_in == 0 && stream.avail_out > 0);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  PARLEY_CHECK(out.ends_with(kTail));
  out.resize(out.size() - kTail.size());
  return out;
}

std::expected<std::string, InflateError> inflate_message(std::string_view bytes, size_t max_size) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  std::string out;
  std::array<char, 16 * 1024> chunk;
  for (const std::string_view part : {bytes, kTail}) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    stream.avail_in = static_cast<uInt>(part.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
      stream.avail_out = chunk.size();
      const int result = inflate(&stream, Z_SYNC_FLUSH);
      out.append(chunk.data(), chunk.size() - stream.avail_out);
      if (out.size() > max_size) return std::unexpected(InflateError::kTooLarge);
      // Section 7.2.3.4: a block may say that it is the last, and another one follows.
      const bool is_end = result == Z_STREAM_END && inflateReset(&stream) == Z_OK;
      if (!is_end && result != Z_OK && result != Z_BUF_ERROR) return std::unexpected(InflateError::kMalformed);
    } while (stream.avail_in > 0 || stream.avail_out == 0);
  }
  return out;
}

void append_deflated_frame(std::string& out, WebSocketOpcode opcode, std::string_view message) {
  const std::string small = deflate_message(message);
  if (small.size() >= message.size()) return append_websocket_frame(out, opcode, message);
  const size_t at = out.size();
  append_websocket_frame(out, opcode, small);
  constexpr uint8_t kRsv1 = 0x40;
  out[at] = static_cast<char>(static_cast<uint8_t>(out[at]) | kRsv1);
}

}  // namespace parley::net

#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "net/http_message.h"
#include "net/websocket_codec.h"

namespace parley::net {

/// RFC 7692 (permessage-deflate), without context takeover in either direction: a connection then costs no memory for
/// it, and one compressed form serves all who get a message.
inline constexpr std::string_view kDeflateAnswer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// Whether one of the request's offers can be answered with kDeflateAnswer.
bool offers_deflate(const HttpHeaders& headers);

/// Section 7.2.1.
std::string deflate_message(std::string_view message);

enum class InflateError : uint8_t { kMalformed, kTooLarge };
/// Section 7.2.2. Stops at `max_size` bytes, whatever would still come.
std::expected<std::string, InflateError> inflate_message(std::string_view bytes, size_t max_size);

/// Appends one frame with the message compressed, or plain where that is not smaller.
void append_deflated_frame(std::string& out, WebSocketOpcode opcode, std::string_view message);

}  // namespace parley::net

#include "tools/signal_socket.h"

#include <array>
#include <charconv>

#include "base/base64.h"

namespace parley::tools {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr int kSwitchingProtocols = 101;

/// RFC 9112 section 4: "HTTP/1.1 101 ..."; 0 when it is none.
int status_of(std::string_view head) {
  int status = 0;
  if (head.size() > 12 && head.starts_with("HTTP/1.")) std::from_chars(head.data() + 9, head.data() + 12, status);
  return status;
}

}  // namespace

SignalSocket::SignalSocket(TcpStream stream, const Target& target, Rng& rng) : stream_(std::move(stream)), rng_(rng) {
  std::array<uint8_t, 16> nonce;
  rng_.fill(nonce);
  key_ = base64_encode(nonce);
  stream_.write("GET " + target.target + " HTTP/1.1\r\nHost: " + target.host +
                "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                key_ + "\r\n\r\n");
}

void SignalSocket::fail(std::string error) {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  error_ = std::move(error);
  stream_.close();
}

void SignalSocket::on_readable(std::vector<std::string>& messages) {
  std::array<uint8_t, 64 * 1024> buffer;
  while (state_ != State::kClosed) {
    const ByteView bytes = stream_.read(buffer);
    if (bytes.empty()) break;
    if (state_ == State::kUpgrading) {
      on_upgrade_bytes(bytes, messages);
    } else {
      on_frames(bytes, messages);
    }
  }
  if (!stream_.has_failed()) return;
  fail(refused_status_ != 0 ? "refused with " + answer_ : "the server closed the signal connection");
}

void SignalSocket::on_upgrade_bytes(ByteView bytes, std::vector<std::string>& messages) {
  answer_ += as_text(bytes);
  const size_t end = answer_.find(kEndOfHead);
  if (answer_.size() > kMaxAnswer) return fail("the answer to the upgrade is too long");
  if (end == std::string::npos) return;
  const std::string rest = answer_.substr(end + kEndOfHead.size());
  const std::string head = answer_.substr(0, end);
  const int status = status_of(head);
  if (status != kSwitchingProtocols) {
    refused_status_ = status;
    return fail("refused with " + head.substr(0, head.find('\r')) + (rest.empty() ? "" : ": " + rest));
  }
  if (head.find(net::websocket_accept_key(key_)) == std::string::npos) return fail("not a WebSocket server");
  answer_.clear();
  state_ = State::kOpen;
  stream_.write(std::exchange(waiting_, {}));
  on_frames(as_bytes(rest), messages);
}

void SignalSocket::on_frames(ByteView bytes, std::vector<std::string>& messages) {
  events_.clear();
  reader_.consume(bytes, events_);
  for (net::WebSocketEvent& event : events_) {
    if (event.kind == net::WebSocketOpcode::kBinary) messages.push_back(std::move(event.payload));
    if (event.kind == net::WebSocketOpcode::kPing) {
      std::string frame;
      net::append_websocket_frame(frame, net::WebSocketOpcode::kPong, event.payload, make_mask());
      stream_.write(frame);
    }
    if (event.kind == net::WebSocketOpcode::kClose) return fail("closed with " + std::to_string(event.close_code));
  }
  if (reader_.failure() != 0) fail("the server broke the WebSocket protocol");
}

net::WebSocketMask SignalSocket::make_mask() {
  std::array<uint8_t, 4> mask;
  rng_.fill(mask);
  return mask;
}

void SignalSocket::on_writable() {
  stream_.flush();
  if (stream_.has_failed()) fail("cannot connect");
}

void SignalSocket::send(std::string_view message) {
  std::string frame;
  net::append_websocket_frame(frame, net::WebSocketOpcode::kBinary, message, make_mask());
  if (state_ == State::kOpen) stream_.write(frame);
  if (state_ == State::kUpgrading) waiting_ += frame;
}

void SignalSocket::close() {
  if (state_ != State::kOpen) return fail("closed by us");
  std::string frame;
  net::append_websocket_frame(frame, net::WebSocketOpcode::kClose,
                              net::make_close_payload(net::close_code::kNormal, ""), make_mask());
  stream_.write(frame);
}

}  // namespace parley::tools

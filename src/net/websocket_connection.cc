#include "net/websocket_connection.h"

#include <boost/asio/buffer.hpp>

namespace parley::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int kReadsPerTurn = 4;
/// A buffer that a burst has made larger than this is given back when it is empty.
constexpr size_t kKeptBuffer = 16 * 1024;
constexpr size_t kMaxFrameHeader = 14;

}  // namespace

WebSocketConnection::WebSocketConnection(std::shared_ptr<Loop> loop, std::shared_ptr<ServerContext> server,
                                         WebSocketHandlers handlers)
    : loop_(std::move(loop)),
      server_(std::move(server)),
      handlers_(std::move(handlers)),
      tuning_(handlers_.tuning),
      reader_(WebSocketSide::kServer,
              tuning_.max_message > 0 ? tuning_.max_message : server_->options.websocket.message, tuning_.compression) {
}

void WebSocketConnection::start(Socket socket, CountedPlace place, std::string handshake, std::string_view received) {
  place_ = std::move(place);
  if (loop_->is_stopping()) return finish();
  socket_.emplace(std::move(socket));
  has_started_ = true;
  websocket_place_ = CountedPlace(server_->counters.websockets_now);
  ++server_->counters.websockets_accepted;
  last_received_ = last_ping_ = Loop::now();
  loop_->add(shared_from_this());
  writing_ = std::move(handshake);
  if (loop_->is_draining()) close(close_code::kGoingAway, "");
  flush();
  if (socket_ && !received.empty()) on_bytes(received);
  if (socket_) wait_readable();
}

void WebSocketConnection::send(WebSocketOpcode opcode, std::string_view payload) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closing_) return;
    if (queued_.size() + being_written_ + payload.size() + kMaxFrameHeader <= max_outgoing()) {
      append_websocket_frame(queued_, opcode, payload);
      if (!std::exchange(has_flush_coming_, true)) post_flush();
      return;
    }
    drop_slow_reader();
  }
  loop_->post([self = shared_from_this()] { self->finish(); });
}

void WebSocketConnection::send_frames(std::string_view frames) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closing_) return;
    if (queued_.size() + being_written_ + frames.size() <= max_outgoing()) {
      queued_.append(frames);
      if (!std::exchange(has_flush_coming_, true)) post_flush();
      return;
    }
    drop_slow_reader();
  }
  loop_->post([self = shared_from_this()] { self->finish(); });
}

size_t WebSocketConnection::max_outgoing() const {
  return tuning_.max_outgoing > 0 ? tuning_.max_outgoing : server_->options.websocket.outgoing;
}

/// Under mutex_; finish() is to follow.
void WebSocketConnection::drop_slow_reader() {
  is_closing_ = true;
  close_reason_ = kSlowReader;
  queued_ = {};
  ++server_->counters.websocket_overflows;
}

size_t WebSocketConnection::waiting() const {
  const std::lock_guard lock(mutex_);
  return queued_.size() + being_written_;
}

void WebSocketConnection::close(uint16_t code, std::string_view reason) {
  bool must_flush = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_closing_) return;
    is_closing_ = true;
    close_code_ = code;
    close_reason_ = reason;
    append_websocket_frame(queued_, WebSocketOpcode::kClose, make_close_payload(code, reason));
    must_flush = !std::exchange(has_flush_coming_, true);
  }
  loop_->post([self = shared_from_this(), must_flush] {
    self->close_deadline_ = Loop::now() + self->server_->options.websocket.close_timeout;
    if (must_flush) self->flush();
  });
}

void WebSocketConnection::post_flush() {
  loop_->post([self = shared_from_this()] { self->flush(); });
}

bool WebSocketConnection::is_closing() {
  const std::lock_guard lock(mutex_);
  return is_closing_;
}

void WebSocketConnection::flush() {
  bool progressed = false;
  while (socket_) {
    if (written_ == writing_.size() && !take_queued()) {
      stuck_since_ = Timestamp::never();
      return on_flushed();
    }
    error_code error;
    const size_t taken = socket_->write_some(asio::buffer(writing_) + written_, error);
    written_ += taken;
    progressed |= taken > 0;
    if (error == asio::error::would_block || error == asio::error::try_again) {
      if (stuck_since_.is_never() || progressed) stuck_since_ = Loop::now();
      socket_->async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& wait_error) {
        if (!wait_error) self->flush();
      });
      return;
    }
    if (error) return finish();
  }
}

/// The queued frames become those being written; false when there are none.
bool WebSocketConnection::take_queued() {
  writing_.clear();
  written_ = 0;
  const std::lock_guard lock(mutex_);
  std::swap(writing_, queued_);
  being_written_ = writing_.size();
  if (!writing_.empty()) return true;
  has_flush_coming_ = false;
  if (queued_.capacity() > kKeptBuffer) queued_.shrink_to_fit();
  if (writing_.capacity() > kKeptBuffer) writing_.shrink_to_fit();
  return false;
}

void WebSocketConnection::on_flushed() {
  if (peer_has_closed_) return finish();
  if (!peer_has_failed_) return;
  error_code ignored;
  socket_->shutdown(Socket::shutdown_send, ignored);
}

void WebSocketConnection::wait_readable() {
  socket_->async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!error) self->on_readable();
  });
}

void WebSocketConnection::on_readable() {
  for (int i = 0; i < kReadsPerTurn && socket_; ++i) {
    error_code error;
    const auto scratch = loop_->scratch();
    const size_t size = socket_->read_some(asio::buffer(scratch.data(), scratch.size()), error);
    if (error == asio::error::would_block || error == asio::error::try_again) break;
    if (error) return finish();
    on_bytes({scratch.data(), size});
  }
  if (socket_) wait_readable();
}

void WebSocketConnection::on_bytes(std::string_view bytes) {
  last_received_ = Loop::now();
  reader_.consume(as_bytes(bytes), events_);
  for (WebSocketEvent& event : events_) on_event(std::move(event));
  events_.clear();
  if (reader_.failure() == 0 || std::exchange(peer_has_failed_, true)) return;
  ++server_->counters.websocket_bad_frames;
  close(reader_.failure(), "");
}

void WebSocketConnection::on_event(WebSocketEvent event) {
  switch (event.kind) {
    case WebSocketOpcode::kText:
      if (handlers_.on_text && !is_closing()) handlers_.on_text(std::move(event.payload));
      return;
    case WebSocketOpcode::kBinary:
      if (handlers_.on_binary && !is_closing()) handlers_.on_binary(std::move(event.payload));
      return;
    case WebSocketOpcode::kPing:
      return send(WebSocketOpcode::kPong, event.payload);
    case WebSocketOpcode::kClose:
      return on_peer_close(event);
    default:
      return;  // A pong: that something came is all it says.
  }
}

/// Answers with the peer's own code (RFC 6455 section 5.5.1), or takes its frame as the answer to ours.
void WebSocketConnection::on_peer_close(const WebSocketEvent& event) {
  peer_has_closed_ = true;
  bool must_flush = false;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(is_closing_, true)) {
      close_code_ = event.close_code;
      close_reason_ = event.payload;
      append_websocket_frame(queued_, WebSocketOpcode::kClose, make_close_payload(event.close_code, ""));
    }
    must_flush = !std::exchange(has_flush_coming_, true);
  }
  close_deadline_ = Loop::now() + server_->options.websocket.close_timeout;
  if (must_flush) post_flush();
}

void WebSocketConnection::on_tick(Timestamp now) {
  const WebSocketLimits& limits = server_->options.websocket;
  if (now >= close_deadline_) return finish();
  if (tuning_.max_stuck.us() > 0 && !stuck_since_.is_never() && now - stuck_since_ > tuning_.max_stuck) {
    {
      const std::lock_guard lock(mutex_);
      drop_slow_reader();
    }
    return finish();
  }
  if (tuning_.heartbeat == WebSocketTuning::Heartbeat::kOwner) return;
  if (now - last_received_ > limits.dead_after) {
    ++server_->counters.websocket_dead_peers;
    return finish();
  }
  if (now - last_ping_ >= limits.ping_interval) {
    last_ping_ = now;
    send(WebSocketOpcode::kPing, "");
  }
}

void WebSocketConnection::finish() {
  if (std::exchange(is_finished_, true)) return;
  socket_.reset();
  place_.leave();
  websocket_place_.leave();
  if (has_started_) loop_->remove(*this);
  uint16_t code = 0;
  std::string reason;
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
    queued_ = {};
    code = close_code_;
    reason = std::exchange(close_reason_, {});
  }
  // The handlers may hold this object; dropping them here breaks the circle.
  const WebSocketHandlers handlers = std::exchange(handlers_, {});
  if (handlers.on_close) handlers.on_close(code, std::move(reason));
}

}  // namespace parley::net

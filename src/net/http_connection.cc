#include "net/http_connection.h"

#include <atomic>
#include <boost/asio/buffer.hpp>

#include "net/websocket_connection.h"
#include "net/websocket_deflate.h"

namespace parley::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// After the last answer: how long a client may take to close, so that a reset does not overtake the answer.
constexpr TimeDelta kLinger = TimeDelta::seconds(2);
/// Reads per turn of the loop, so that one busy client does not hold up the others.
constexpr int kReadsPerTurn = 4;
/// What is in memory of an answer from a source. Less would make more round trips to a storage; more costs each slow
/// reader as much.
constexpr uint64_t kPiece = 256 * 1024;
/// A guess: bodies come and go within seconds.
constexpr const char* kSpoolRetryAfter = "5";

bool is_would_block(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again;
}

class Exchange final : public HttpExchange {
 public:
  Exchange(std::shared_ptr<HttpConnection> connection, HttpRequest request, uint64_t number)
      : connection_(std::move(connection)), request_(std::move(request)), number_(number) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() override {
    if (is_answered_) return;
    ++connection_->server()->counters.unanswered;
    respond(make_problem_response(500));
  }

  const HttpRequest& request() const override { return request_; }

  void respond(HttpResponse response) override {
    if (is_answered_.exchange(true)) return;
    connection_->loop()->post([connection = connection_, response = std::move(response)]() mutable {
      connection->on_response(std::move(response));
    });
  }

  void watch_abort(std::function<void()> on_abort) override {
    if (is_answered_) return;
    connection_->loop()->post([connection = connection_, number = number_, on_abort = std::move(on_abort)]() mutable {
      connection->on_watch_abort(number, std::move(on_abort));
    });
  }

  std::shared_ptr<WebSocket> accept_websocket(WebSocketHandlers handlers) override {
    if (!request_.is_websocket_upgrade || is_answered_.exchange(true)) return nullptr;
    if (!offers_deflate(request_.headers)) handlers.tuning.compression = WebSocketCompression::kNone;
    auto websocket =
        std::make_shared<WebSocketConnection>(connection_->loop(), connection_->server(), std::move(handlers));
    const std::string key = websocket_accept_key(request_.headers.get("Sec-WebSocket-Key"));
    const bool is_posted = connection_->loop()->post(
        [connection = connection_, websocket, key] { connection->on_websocket(websocket, key); });
    if (!is_posted) websocket->finish_unstarted();
    return websocket;
  }

 private:
  const std::shared_ptr<HttpConnection> connection_;
  const HttpRequest request_;
  const uint64_t number_;
  std::atomic<bool> is_answered_{false};
};

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<Loop> loop, Socket socket, std::shared_ptr<ServerContext> server,
                               CountedPlace place)
    : loop_(std::move(loop)),
      server_(std::move(server)),
      place_(std::move(place)),
      socket_(std::move(socket)),
      parser_(server_->options.limits, &server_->options.plan_body) {}

void HttpConnection::start() {
  error_code error;
  const auto remote = socket_->remote_endpoint(error);
  if (error || loop_->is_draining()) {
    socket_.reset();
    place_.leave();
    return;
  }
  const auto address = remote.address();
  const bool is_mapped = address.is_v6() && address.to_v6().is_v4_mapped();
  remote_address_ =
      is_mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string() : address.to_string();
  socket_->non_blocking(true, error);
  socket_->set_option(asio::ip::tcp::no_delay(true), error);
  loop_->add(shared_from_this());
  set_deadline(server_->options.head_timeout);
  wait_readable();
}

void HttpConnection::wait_readable() {
  socket_->async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    if (error == asio::error::operation_aborted) return;
    if (error) return self->close();
    switch (self->phase_) {
      case Phase::kReading:
        return self->on_readable();
      case Phase::kHandling:
        return self->on_readable_while_handling();
      case Phase::kLingering:
        return self->on_linger_readable();
      case Phase::kWriting:
      case Phase::kClosed:
        return;
    }
  });
}

void HttpConnection::on_readable() {
  for (int i = 0; i < kReadsPerTurn && phase_ == Phase::kReading; ++i) {
    error_code error;
    const auto scratch = loop_->scratch();
    const size_t size = socket_->read_some(asio::buffer(scratch.data(), scratch.size()), error);
    if (is_would_block(error)) break;
    if (error) return close();
    process({scratch.data(), size});
  }
  if (phase_ == Phase::kReading) wait_readable();
}

/// Reads and forgets, until the client has closed too.
void HttpConnection::on_linger_readable() {
  error_code error;
  const auto scratch = loop_->scratch();
  socket_->read_some(asio::buffer(scratch.data(), scratch.size()), error);
  if (error && !is_would_block(error)) return close();
  wait_readable();
}

void HttpConnection::on_watch_abort(uint64_t number, std::function<void()> on_abort) {
  if (phase_ != Phase::kHandling || number != request_number_ || on_abort_) return;
  on_abort_ = std::move(on_abort);
  if (unread_.empty()) wait_readable();
}

/// Looks whether this is the end of the stream, without taking bytes of a next request from the kernel.
void HttpConnection::on_readable_while_handling() {
  if (!on_abort_) return;
  char byte = 0;
  error_code error;
  const size_t size = socket_->receive(asio::buffer(&byte, 1), Socket::message_peek, error);
  if (is_would_block(error)) return wait_readable();
  if (!error && size > 0) return;
  const auto on_abort = std::exchange(on_abort_, nullptr);
  close();
  on_abort();
}

/// A wait that has come true already and is in the loop's queue sees on_abort_ gone, or a later phase.
void HttpConnection::stop_watching() {
  if (!std::exchange(on_abort_, nullptr)) return;
  error_code ignored;
  socket_->cancel(ignored);
}

void HttpConnection::process(std::string_view bytes) {
  const size_t used = parser_.consume(bytes);
  if (parser_.is_spooled() && !spool()) return;
  switch (parser_.state()) {
    case HttpRequestParser::State::kHead:
    case HttpRequestParser::State::kBody:
      return on_part_of_request();
    case HttpRequestParser::State::kFailed:
      return refuse(make_problem_response(parser_.error_status()));
    case HttpRequestParser::State::kComplete:
      break;
  }
  unread_ = bytes.substr(used);
  dispatch();
}

/// Takes what came of a body to its file; false when that was refused. Writing to the page cache from the loop's thread
/// costs less than handing the bytes to another; what is to be durable is written later, elsewhere.
bool HttpConnection::spool() {
  if (!spool_) {
    auto made = server_->spool->has(parser_.announced()) ? BodyFile::make(server_->options.spool_folder, server_->spool)
                                                         : std::unexpected(SpoolFailure::kOverBudget);
    if (!made) {
      refuse_spool(made.error());
      return false;
    }
    spool_ = std::move(*made);
  }
  const auto appended = spool_->append(parser_.body_part());
  parser_.clear_body_part();
  if (!appended) refuse_spool(appended.error());
  return appended.has_value();
}

void HttpConnection::refuse_spool(SpoolFailure failure) {
  ++server_->counters.spool_refused;
  if (failure == SpoolFailure::kDiskFull) return refuse(make_problem_response(507, "storage_full"));
  const bool is_over = failure == SpoolFailure::kOverBudget;
  HttpResponse response = make_problem_response(503, is_over ? "overloaded" : "storage_unavailable");
  response.headers.add("Retry-After", kSpoolRetryAfter);
  refuse(std::move(response));
}

void HttpConnection::on_part_of_request() {
  if (!has_begun_ && !parser_.is_idle()) {
    has_begun_ = true;
    set_deadline(server_->options.head_timeout);
  }
  if (parser_.state() != HttpRequestParser::State::kBody) return;
  set_deadline(server_->options.body_timeout);
  if (!parser_.take_wants_continue()) return;
  // Nothing else is in the socket's buffer, so this fits; a client that misses it sends its body after a while.
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  error_code ignored;
  socket_->write_some(asio::buffer(kContinue.data(), kContinue.size()), ignored);
}

void HttpConnection::dispatch() {
  HttpRequest request = parser_.take();
  request.remote_address = remote_address_;
  request.body_file = std::exchange(spool_, nullptr);
  is_keep_alive_ = request.is_keep_alive;
  is_head_request_ = request.method == "HEAD";
  phase_ = Phase::kHandling;
  deadline_ = Timestamp::never();
  ++server_->counters.requests;
  server_->handler(std::make_shared<Exchange>(shared_from_this(), std::move(request), ++request_number_));
}

/// Answers what is no request; the place where the next one begins is unknown.
void HttpConnection::refuse(HttpResponse response) {
  ++server_->counters.bad_requests;
  spool_.reset();
  is_keep_alive_ = false;
  is_head_request_ = false;
  begin_writing(std::move(response));
}

void HttpConnection::on_response(HttpResponse response) {
  if (phase_ != Phase::kHandling) return;
  stop_watching();
  begin_writing(std::move(response));
}

void HttpConnection::on_websocket(std::shared_ptr<WebSocketConnection> websocket, const std::string& accept_key) {
  if (phase_ != Phase::kHandling) return websocket->finish_unstarted();
  stop_watching();
  HttpResponse response{
      101, {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", accept_key}}, {}, nullptr};
  if (websocket->takes_deflated()) response.headers.add("Sec-WebSocket-Extensions", std::string(kDeflateAnswer));
  Socket socket = std::move(*socket_);
  CountedPlace place = std::move(place_);
  const std::string received = std::move(unread_);
  close();
  websocket->start(std::move(socket), std::move(place),
                   serialize_head(response, ConnectionFate::kKeepAlive, loop_->http_date()), received);
}

void HttpConnection::begin_writing(HttpResponse response) {
  if (loop_->is_draining()) is_keep_alive_ = false;
  response_ = std::move(response);
  head_ = serialize_head(response_, is_keep_alive_ ? ConnectionFate::kKeepAlive : ConnectionFate::kClose,
                         loop_->http_date());
  if (is_head_request_ || response_.status == 204 || response_.status == 304) {
    response_.body.clear();
    response_.shared_body.reset();
    response_.source.reset();
    response_.source_size = 0;
  }
  written_ = 0;
  phase_ = Phase::kWriting;
  continue_writing();
}

void HttpConnection::continue_writing() {
  const std::string& content = response_.source ? piece_ : response_.content();
  while (written_ < head_.size() + content.size()) {
    const size_t head_done = std::min(written_, head_.size());
    const size_t content_done = written_ - head_done;
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head_) + head_done,
                                                       asio::buffer(content) + content_done};
    error_code error;
    written_ += socket_->write_some(buffers, error);
    if (is_would_block(error)) {
      set_deadline(server_->options.write_timeout);
      socket_->async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& wait_error) {
        if (!wait_error && self->phase_ == Phase::kWriting) self->continue_writing();
      });
      return;
    }
    if (error) return close();
  }
  if (response_.source && response_.source_size > 0) return fetch_piece();
  on_written();
}

void HttpConnection::fetch_piece() {
  head_.clear();
  written_ = 0;
  piece_.clear();
  fetching_bytes_ = static_cast<size_t>(std::min(kPiece, response_.source_size));
  set_deadline(server_->options.write_timeout);
  const auto source = response_.source;
  source->read(response_.source_offset, fetching_bytes_, [self = shared_from_this()](Result<std::string> piece) {
    self->loop_->post([self, piece = std::move(piece)]() mutable { self->on_piece(std::move(piece)); });
  });
}

void HttpConnection::on_piece(Result<std::string> piece) {
  const size_t wanted = std::exchange(fetching_bytes_, 0);
  if (phase_ != Phase::kWriting || wanted == 0) return;
  if (!piece || piece->empty() || piece->size() > wanted) {
    ++server_->counters.source_failed;
    return close();
  }
  response_.source_offset += piece->size();
  response_.source_size -= piece->size();
  piece_ = std::move(*piece);
  continue_writing();
}

void HttpConnection::on_written() {
  head_.clear();
  piece_ = {};
  response_ = {};
  if (!is_keep_alive_) return linger();
  phase_ = Phase::kReading;
  has_begun_ = false;
  set_deadline(server_->options.idle_timeout);
  const std::string unread = std::exchange(unread_, {});
  if (!unread.empty()) process(unread);
  if (phase_ == Phase::kReading) wait_readable();
}

void HttpConnection::linger() {
  phase_ = Phase::kLingering;
  set_deadline(kLinger);
  error_code error;
  socket_->shutdown(Socket::shutdown_send, error);
  if (error) return close();
  wait_readable();
}

void HttpConnection::on_tick(Timestamp now) {
  if (now < deadline_) return;
  if (phase_ == Phase::kReading && has_begun_) {
    ++server_->counters.timeouts;
    error_code ignored;
    socket_->cancel(ignored);
    return refuse(make_problem_response(408));
  }
  if (phase_ == Phase::kWriting) ++server_->counters.timeouts;
  close();
}

void HttpConnection::on_drain() {
  is_keep_alive_ = false;
  if (phase_ == Phase::kReading && !has_begun_) close();
}

void HttpConnection::close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  on_abort_ = nullptr;
  spool_.reset();
  response_.source.reset();
  socket_.reset();
  place_.leave();
  loop_->remove(*this);
}

}  // namespace parley::net

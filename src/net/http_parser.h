#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_message.h"

namespace parley::net {

struct HttpLimits {
  /// Request line and headers together, bytes. Offers inside a LiveKit query need 16 KiB.
  size_t head = 64 * 1024;
  size_t body = 10 * 1024 * 1024;  ///< Bytes, after removal of the chunked coding.
  size_t header_count = 128;
};

/// Reads requests of HTTP/1.0 and 1.1 (RFC 9112) from a stream of bytes, one after the other. Strict where leniency
/// lets two parsers disagree about where a request ends: bare LF, folded headers, blank before a colon, repeated or
/// mixed lengths are all refused. Sans-IO.
class HttpRequestParser {
 public:
  enum class State : unsigned char {
    kHead,      ///< Nothing or a part of the head is there.
    kBody,      ///< The head is complete.
    kComplete,  ///< take() the request before giving more bytes.
    kFailed,    ///< error_status() tells; the stream is unusable from here.
  };

  /// `plan_body` outlives it; nullptr or empty: every body in memory, up to limits.body.
  explicit HttpRequestParser(HttpLimits limits = {}, const PlanBody* plan_body = nullptr)
      : limits_(limits), plan_body_(plan_body) {}

  /// Takes bytes up to the end of the present request and returns how many; fewer than given only in kComplete and
  /// kFailed.
  size_t consume(std::string_view bytes);

  State state() const { return state_; }
  /// No byte of the next request is here yet (blank lines before it do not count).
  bool is_idle() const { return state_ == State::kHead && head_.empty(); }
  /// 400, 413, 414, 417, 431, 501 or 505.
  int error_status() const { return error_status_; }
  /// The client waits for "100 Continue" before it sends the body (RFC 9110 section 10.1.1). True once per request.
  bool take_wants_continue();
  /// There is a body, and it goes to a file: after each consume(), body_part() has what came of it.
  bool is_spooled() const;
  std::string_view body_part() const { return request_.body; }
  void clear_body_part() { request_.body.clear(); }
  /// Bytes of the body that have been announced and are still to come; 0 while only a chunk's end is known.
  size_t announced() const { return part_ == Part::kLength ? remaining_ : 0; }
  /// The complete request; the parser is ready for the next one.
  HttpRequest take();

 private:
  enum class Part : unsigned char { kLength, kChunkSize, kChunkData, kChunkEnd, kTrailers };

  void fail(int status);
  size_t consume_head(std::string_view bytes);
  void parse_head();
  std::optional<int> parse_request_line(std::string_view line);
  std::optional<int> parse_header_line(std::string_view line);
  std::optional<int> check_head();
  std::optional<int> find_body();
  void plan();
  size_t consume_body(std::string_view bytes);
  size_t consume_data(std::string_view bytes);
  size_t consume_line(std::string_view bytes);
  void on_line(std::string_view line);
  void on_chunk_size(std::string_view line);

  HttpLimits limits_;
  const PlanBody* plan_body_;
  State state_ = State::kHead;
  Part part_ = Part::kLength;
  int error_status_ = 0;
  bool wants_continue_ = false;
  std::string head_;
  std::string line_;  ///< Of the chunked coding, as far as it is here.
  size_t trailer_size_ = 0;
  size_t remaining_ = 0;  ///< Bytes of the body or the chunk still to come.
  BodyPlan body_plan_;
  size_t body_size_ = 0;  ///< Bytes of the body that have come.
  HttpRequest request_;
};

}  // namespace parley::net

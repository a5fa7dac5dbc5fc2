#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/body.h"

namespace parley::net {

bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Header fields in the order they came; names compare without case (RFC 9110 section 5.1).
class HttpHeaders {
 public:
  using Field = std::pair<std::string, std::string>;
  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Value of the first field of this name; empty when there is none.
  std::string_view get(std::string_view name) const;
  size_t count(std::string_view name) const;
  bool has(std::string_view name) const { return count(name) > 0; }
  /// Whether `token` is a member of this comma-separated list, over all fields of the name, without case.
  bool has_token(std::string_view name, std::string_view token) const;
  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

/// A whole request, parsed and within the limits.
struct HttpRequest {
  std::string method;  ///< As sent; methods are case-sensitive.
  std::string target;  ///< As sent: "/a%20b//c?x=1".
  std::string path;    ///< Percent-decoded, runs of slashes collapsed: "/a b/c". May be any bytes but NUL.
  std::map<std::string, std::string> query;  ///< Decoded; of repeated keys the last.
  HttpHeaders headers;
  std::string body;  ///< Empty when the body is in body_file.
  /// The body, when BodyPlan says kFile and there is one (a Content-Length of 0 is none). Shared by whoever reads it.
  std::shared_ptr<const BodyFile> body_file;
  std::string remote_address;  ///< Numeric IP of the peer (a proxy, perhaps), without port.
  bool is_http_1_0 = false;
  bool is_keep_alive = true;
  bool is_websocket_upgrade = false;  ///< All that RFC 6455 section 4.2.1 asks of an upgrade request is there.
};

/// Content-Length, Connection and Date are the server's business and must not be given.
struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
  /// Used instead of `body` when set: content that many responses share.
  std::shared_ptr<const std::string> shared_body;
  /// Used instead of both when set: `source_size` bytes from `source_offset` on, one piece in memory at a time. Shared,
  /// because a read that is under way may outlive the connection.
  std::shared_ptr<BodySource> source = nullptr;
  uint64_t source_offset = 0;
  uint64_t source_size = 0;

  uint64_t content_size() const { return source ? source_size : content().size(); }
  const std::string& content() const { return shared_body ? *shared_body : body; }
};

/// A text/plain answer; with an empty text, the status's own name.
HttpResponse make_text_response(int status, std::string text = {});
HttpResponse make_json_response(int status, std::string json);
/// A problem of the connection itself, before anybody has looked at the request: RFC 9457, with the status's name as
/// its code ("bad_request") where none is given.
HttpResponse make_problem_response(int status, std::string code = {});

/// "Not Found" and the like; "Unknown" for a status without a name.
std::string_view http_status_name(int status);

enum class ConnectionFate : unsigned char { kKeepAlive, kClose };

/// Status line and headers up to and including the empty line, with Content-Length (except for 1xx, 204 and 304),
/// Connection and Date added. A control character in a value, which could end it early, becomes a space.
std::string serialize_head(const HttpResponse& response, ConnectionFate fate, std::string_view date);

}  // namespace parley::net

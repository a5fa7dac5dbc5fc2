#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/http_message.h"

namespace parley::net {

struct HttpClientRequest {
  std::string method = "GET";
  std::string url;  ///< http or https only.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  TimeDelta timeout = TimeDelta::seconds(10);  ///< From the start of its exchange, name look-up included, to the end.
};

struct HttpClientResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;              ///< At most max_response bytes; a longer one is an error.
  std::optional<WallTime> date;  ///< The Date header, whole seconds: what the other's clock says.
  bool ok() const { return status >= 200 && status < 300; }
};

/// Where a client may connect to.
enum class Reach : unsigned char {
  kAnywhere,
  /// Only to addresses that are public (see public_address.h): for URLs that others choose. What is looked at is the
  /// address of each connection itself, so no name can lead elsewhere; proxies of the environment are not used.
  kPublicOnly,
};

struct HttpClientOptions {
  size_t max_pending = 1000;          ///< Requests under way and waiting; beyond it they fail.
  size_t max_response = 1024 * 1024;  ///< Bytes of an answer's body; a longer one is an error.
  size_t max_connections = 64;        ///< To all hosts together; more requests wait for one.
  size_t max_connections_per_host = 8;
  Reach reach = Reach::kAnywhere;
};

/// Sends HTTP requests from one thread of its own (libcurl multi); connections are kept and reused. Redirects are
/// answers like others, not followed: a webhook's receiver must not be able to point us elsewhere. Thread-safe.
class HttpClient {
 public:
  /// Gets the answer, whatever its status, or why there is none: kResourceExhausted for our own limits,
  /// kPermissionDenied for an address out of reach, kUnavailable for the rest. Called on the
  /// client's thread, never from within send(); must not block.
  using Callback = std::function<void(Result<HttpClientResponse>)>;

  explicit HttpClient(HttpClientOptions options = {});
  /// Stops.
  ~HttpClient();

  /// `callback` is called exactly once. After stop() nothing is sent and nothing called.
  void send(HttpClientRequest request, Callback callback);
  /// send() with method POST.
  void post(HttpClientRequest request, Callback callback);
  /// Ends what is under way; every callback has been called when this returns. Not from a callback. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::net

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace parley::net {

struct HttpClientRequest {
  std::string method = "GET";
  std::string url;  ///< http or https only.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  TimeDelta timeout = TimeDelta::seconds(10);  ///< Of the whole exchange, name look-up included.
};

struct HttpClientResponse {
  int status = 0;    ///< 0 when there was no answer; then `error` says why.
  std::string body;  ///< At most max_response bytes; a longer one is an error.
  std::string error;
  bool ok() const { return status >= 200 && status < 300; }
};

struct HttpClientOptions {
  size_t max_pending = 1000;          ///< Requests under way and waiting; beyond it send() fails at once.
  size_t max_response = 1024 * 1024;  ///< Bytes.
  long max_connections = 64;          ///< To all hosts together; more requests wait for one.
  long max_connections_per_host = 8;
};

/// Sends HTTP requests from one thread of its own (libcurl multi); connections are kept and reused. Redirects are
/// answers like others, not followed: a webhook's receiver must not be able to point us elsewhere. Thread-safe.
class HttpClient {
 public:
  /// Called on the client's thread; must not block.
  using Callback = std::function<void(HttpClientResponse)>;

  explicit HttpClient(HttpClientOptions options = {});
  /// Ends what is under way; every callback has been called when this returns.
  ~HttpClient();

  /// `callback` is called exactly once; when the limit is reached or the request cannot be made, with status 0.
  void send(HttpClientRequest request, Callback callback);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::net

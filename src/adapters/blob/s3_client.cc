#include "adapters/blob/s3_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "adapters/blob/s3_xml.h"
#include "net/clock.h"

namespace parley::blob {
namespace {

using product::Outcome;
using product::Problem;
using product::ProblemCode;
using product::refuse;

/// Beyond a read's bytes: headers do not count, but a page of a list with long keys may be as large as a read.
constexpr size_t kMaxResponse = product::BlobStore::kMaxRead + size_t{64} * 1024;
/// As many as the worker pool may have threads; the client would let others wait without a limit of time.
constexpr size_t kMaxConnections = 64;
/// The HTTP client keeps its own time; this is for a wait in its queue.
constexpr TimeDelta kSlack = TimeDelta::seconds(1);
constexpr size_t kMaxBucketName = 63;

bool is_passing(const net::HttpClientResponse& response) {
  const int status = response.status;
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

struct Endpoint {
  std::string scheme;
  std::string host;  ///< With a port that is not the scheme's own.
};

std::optional<Endpoint> parse_endpoint(std::string text) {
  if (text.ends_with('/')) text.pop_back();
  const size_t colon = text.find("://");
  if (colon == std::string::npos) return std::nullopt;
  Endpoint endpoint{text.substr(0, colon), text.substr(colon + 3)};
  const bool is_http = endpoint.scheme == "http";
  if (!is_http && endpoint.scheme != "https") return std::nullopt;
  if (endpoint.host.empty() || endpoint.host.find_first_of("/?#@ ") != std::string::npos) return std::nullopt;
  const std::string_view own_port = is_http ? ":80" : ":443";
  if (endpoint.host.ends_with(own_port)) endpoint.host.resize(endpoint.host.size() - own_port.size());
  return endpoint;
}

bool is_bucket_name(std::string_view name) {
  return name.size() <= kMaxBucketName && !name.empty() && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("-._").contains(c);
         });
}

/// A certificate for *.s3.amazonaws.com does not cover a name with dots.
bool is_path_style(const S3Options& options) {
  if (options.style != S3Options::Style::kDefault) return options.style == S3Options::Style::kPath;
  return !options.endpoint.empty() || options.bucket.contains('.');
}

}  // namespace

Result<void> S3Client::check(const S3Options& options) {
  const auto wrong = [](std::string text) { return fail(Error::Code::kInvalidArgument, std::move(text)); };
  if (!is_bucket_name(options.bucket)) return wrong("the bucket has no name, or one that no bucket can have");
  if (options.region.empty()) return wrong("the region is missing");
  if (!options.endpoint.empty() && !parse_endpoint(options.endpoint)) {
    return wrong("the endpoint must be http:// or https://, a host, perhaps a port, and nothing else");
  }
  if (options.credentials.access_key.empty() || options.credentials.secret.reveal().empty()) {
    return wrong("the access key or its secret is missing");
  }
  if (options.part_size == 0 || options.attempts == 0) return wrong("the size of parts or the attempts are 0");
  return {};
}

S3Client::S3Client(S3Options options, Rng& rng)
    : options_(std::move(options)),
      rng_(rng),
      http_({.max_response = kMaxResponse,
             .max_connections = kMaxConnections,
             .max_connections_per_host = kMaxConnections}) {
  const std::string text =
      options_.endpoint.empty() ? "https://s3." + options_.region + ".amazonaws.com" : options_.endpoint;
  const Endpoint endpoint = parse_endpoint(text).value_or(Endpoint{});
  const bool is_path = is_path_style(options_);
  host_ = is_path ? endpoint.host : options_.bucket + "." + endpoint.host;
  base_ = endpoint.scheme + "://" + host_;
  path_prefix_ = is_path ? "/" + options_.bucket + "/" : "/";
}

SignableRequest S3Client::signable(const S3Call& call) const {
  // Of the bucket itself without the slash at its end, which not all take.
  const bool is_bucket = call.key.empty() && path_prefix_.size() > 1;
  std::string path = is_bucket ? path_prefix_.substr(0, path_prefix_.size() - 1) : path_prefix_ + call.key;
  return {call.method, host_, std::move(path), call.query, call.headers};
}

Result<net::HttpClientResponse> S3Client::attempt(const S3Call& call, const std::string& payload_hash,
                                                  TimeDelta timeout) {
  ++requests_;
  const SignableRequest request = signable(call);
  net::HttpClientRequest http{.method = call.method, .url = base_ + encode_path(request.path)};
  if (!call.query.empty()) http.url += "?" + encode_query(call.query);
  http.headers = sign_headers(request, payload_hash, options_.credentials,
                              {.region = options_.region, .now = net::read_clock().wall});
  http.body = call.body;
  http.timeout = timeout + TimeDelta::millis(1);  // It counts whole milliseconds, and 0 would mean none.
  // Shared, because the answer may come after we have stopped waiting for it.
  auto answered = std::make_shared<std::promise<Result<net::HttpClientResponse>>>();
  auto answer = answered->get_future();
  http_.send(std::move(http), [answered](auto response) { answered->set_value(std::move(response)); });
  if (answer.wait_for(std::chrono::microseconds((timeout + kSlack).us())) != std::future_status::ready) {
    return fail(Error::Code::kUnavailable, "no answer in time");
  }
  Result<net::HttpClientResponse> response = answer.get();
  // The end of a multipart upload says 200 before it knows, and tells its failure behind that.
  const bool is_late_error = response && response->ok() && call.method == "POST" && response->body.contains("<Error>");
  if (is_late_error) response->status = 500;
  return response;
}

Outcome<net::HttpClientResponse> S3Client::call(const S3Call& call, Timestamp deadline) {
  const std::string payload_hash = sha256_hex(call.body);
  for (unsigned made = 1;; ++made) {
    const Timestamp now = net::read_clock().mono;
    if (now >= deadline) return refuse_counted(ProblemCode::kDeadlineExceeded, "the storage took too long");
    auto response = attempt(call, payload_hash, std::min(options_.attempt_timeout, deadline - now));
    if (response && !is_passing(*response)) return std::move(*response);
    const TimeDelta backoff = options_.first_backoff * (int64_t{1} << std::min(made - 1, 10u));
    const auto jitter = static_cast<int64_t>(rng_.below(static_cast<uint64_t>(backoff.us()) + 1));
    const TimeDelta length = backoff + TimeDelta::micros(jitter);
    const Timestamp failed = net::read_clock().mono;
    if (failed >= deadline) continue;
    if (made >= options_.attempts || failed + length >= deadline || !pause(length)) {
      if (response) return refuse_answer(*response);
      return refuse_counted(ProblemCode::kStorageUnavailable, "the storage: " + response.error().message);
    }
    ++retries_;
  }
}

/// False when there is no more waiting.
bool S3Client::pause(TimeDelta length) {
  std::unique_lock lock(mutex_);
  return !stopping_.wait_for(lock, std::chrono::microseconds(length.us()), [this] { return is_stopping_; });
}

void S3Client::stop() {
  const std::lock_guard lock(mutex_);
  is_stopping_ = true;
  stopping_.notify_all();
}

std::unexpected<Problem> S3Client::refuse_counted(ProblemCode code, std::string detail) {
  ++failures_;
  return refuse(code, std::move(detail));
}

std::unexpected<Problem> S3Client::refuse_answer(const net::HttpClientResponse& response) {
  const std::string code = xml_unescape(xml_element(response.body, "Code").value_or(""));
  const bool is_full = response.status == 507 || code == "XMinioStorageFull" || code == "QuotaExceeded";
  return refuse_counted(is_full ? ProblemCode::kStorageFull : ProblemCode::kStorageUnavailable,
                        fmt::format("the storage answered {} {}", response.status, code));
}

std::string S3Client::presigned_url(const S3Call& call, TimeDelta valid_for, WallTime now) const {
  const SignableRequest request = signable(call);
  return base_ + encode_path(request.path) + "?" +
         presign_query(request, valid_for, options_.credentials, {.region = options_.region, .now = now});
}

}  // namespace parley::blob

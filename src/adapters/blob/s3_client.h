#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/blob/s3_blobs.h"
#include "net/http_client.h"

namespace parley::blob {

/// One request to S3. Everything in it may be sent several times.
struct S3Call {
  std::string method;
  std::string key;  ///< Empty: of the bucket itself.
  std::vector<NameValue> query;
  std::vector<NameValue> headers;
  std::string body;
};

/// Signs requests, sends them and repeats what failed for a while. Blocks. Thread-safe.
class S3Client {
 public:
  /// kInvalidArgument when an option makes no sense; the text names it.
  static Result<void> check(const S3Options& options);
  S3Client(S3Options options, Rng& rng);

  /// Any answer that is no passing trouble: the caller judges its status. kStorageUnavailable, kDeadlineExceeded.
  product::Outcome<net::HttpClientResponse> call(const S3Call& call, Timestamp deadline);
  std::string presigned_url(const S3Call& call, TimeDelta valid_for, WallTime now) const;
  /// What an answer that is no success means; counts it.
  std::unexpected<product::Problem> refuse_answer(const net::HttpClientResponse& response);

  /// See S3Blobs::stop().
  void stop();

  const S3Options& options() const { return options_; }
  S3Stats stats() const { return {requests_, retries_, failures_}; }

 private:
  SignableRequest signable(const S3Call& call) const;
  Result<net::HttpClientResponse> attempt(const S3Call& call, const std::string& payload_hash, TimeDelta timeout);
  bool pause(TimeDelta length);
  std::unexpected<product::Problem> refuse_counted(product::ProblemCode code, std::string detail);

  const S3Options options_;
  std::string base_;         ///< "https://host:port"
  std::string host_;         ///< As the Host header has it.
  std::string path_prefix_;  ///< "/" or "/bucket/"
  Rng& rng_;
  std::atomic<uint64_t> requests_{0};
  std::atomic<uint64_t> retries_{0};
  std::atomic<uint64_t> failures_{0};
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool is_stopping_ = false;  ///< Under mutex_.
  net::HttpClient http_;
};

}  // namespace parley::blob

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "adapters/blob/sigv4.h"
#include "base/result.h"
#include "base/rng.h"
#include "product/ports/blob_store.h"

namespace parley::blob {

struct S3Options {
  enum class Style : unsigned char {
    kDefault,  ///< kPath when there is an endpoint.
    kPath,     ///< https://host/bucket/key
    kHost,     ///< https://bucket.host/key
  };
  std::string bucket;
  std::string region = "us-east-1";
  std::string endpoint;  ///< "http://localhost:9000", without a path; empty: that of AWS.
  AwsCredentials credentials;
  Style style = Style::kDefault;
  /// Larger blobs go up in parts, one of which is in memory at a time.
  uint64_t multipart_above = uint64_t{16} * 1024 * 1024;
  size_t part_size = size_t{8} * 1024 * 1024;  ///< S3 wants 5 MiB at least and 10,000 parts at most: 80 GB.
  unsigned attempts = 4;                       ///< Of one request, on timeouts, broken connections, 429 and 5xx.
  TimeDelta attempt_timeout = TimeDelta::seconds(30);  ///< One part at 2 Mbit/s.
  TimeDelta first_backoff = TimeDelta::millis(100);    ///< Doubles with each attempt, plus jitter.
};

struct S3Stats {
  uint64_t requests = 0;  ///< Attempts, that is.
  uint64_t retries = 0;
  uint64_t failures = 0;  ///< Calls that ended in kStorageUnavailable or kStorageFull.
};

/// Blobs as objects of a bucket: AWS S3, MinIO and their like.
class S3Blobs final : public product::BlobStore {
 public:
  /// `rng` outlives it, and is for jitter: it must be thread-safe. kInvalidArgument when an option makes no sense.
  static Result<std::unique_ptr<S3Blobs>> open(S3Options options, Rng& rng);
  ~S3Blobs() override;

  product::Outcome<void> put(const product::BlobKey& key, const product::BlobSource& source,
                             const product::PutOptions& options, Timestamp deadline) override;
  product::Outcome<std::string> read(const product::BlobKey& key, uint64_t offset, size_t max,
                                     Timestamp deadline) override;
  product::Outcome<uint64_t> size_of(const product::BlobKey& key, Timestamp deadline) override;
  product::Outcome<void> remove(const product::BlobKey& key, Timestamp deadline) override;
  product::Outcome<std::vector<product::BlobEntry>> list(std::string_view prefix, std::string_view after, size_t limit,
                                                         Timestamp deadline) override;
  std::optional<std::string> link(const product::BlobKey& key, const product::LinkOptions& options,
                                  WallTime now) const override;
  S3Stats stats() const;
  /// For the end of the server: nothing is repeated any more, and whoever waits to repeat gives up. Idempotent.
  void stop();

 private:
  struct Impl;
  explicit S3Blobs(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::blob

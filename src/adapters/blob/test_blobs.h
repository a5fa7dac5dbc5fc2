#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "adapters/blob/disk_blobs.h"
#include "adapters/blob/s3_blobs.h"
#include "adapters/blob/test_s3.h"
#include "base/locked_rng.h"
#include "net/clock.h"

namespace parley::blob {

enum class Kind : unsigned char {
  kDisk,
  kS3,
  kOtherS3,  ///< Of PARLEY_TEST_S3: an S3 that others wrote. See tests/interop/s3.test.mjs.
};
/// "http://host:port", with a bucket "files" and the key "S3RVER" whose secret is the same; unset: no such tests.
inline constexpr const char* kOtherS3 = "PARLEY_TEST_S3";

inline std::vector<Kind> kinds() {
  std::vector out{Kind::kDisk, Kind::kS3};
  if (std::getenv(kOtherS3) != nullptr) out.push_back(Kind::kOtherS3);
  return out;
}
inline std::string name_of(Kind kind) {
  switch (kind) {
    case Kind::kDisk:
      return "Disk";
    case Kind::kS3:
      return "S3";
    case Kind::kOtherS3:
      break;
  }
  return "OtherS3";
}

inline Timestamp soon() { return net::read_clock().mono + TimeDelta::seconds(60); }
inline product::BlobKey key(std::string_view text) { return product::BlobKey::make(std::string(text)).value(); }
/// The same bytes each time.
inline std::string random_bytes(size_t size) {
  SeededRng rng(7);
  ByteVector out(size);
  rng.fill(out);
  return std::string(as_text(out));
}
template <class T>
std::optional<product::ProblemCode> code_of(const product::Outcome<T>& outcome) {
  if (outcome) return std::nullopt;
  return outcome.error().code;
}

/// A folder that goes with the test.
class BlobFolder {
 public:
  BlobFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "parley_blob_XXXXXX").string();
    PARLEY_CHECK(::mkdtemp(name.data()));
    path_ = name;
  }
  ~BlobFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  BlobFolder(const BlobFolder&) = delete;
  BlobFolder& operator=(const BlobFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// How tests reach TestS3: small parts, quick repeats.
inline S3Options test_options(const TestS3& s3) {
  S3Options options;
  options.bucket = TestS3::kBucket;
  options.region = TestSignature::kRegion;
  options.endpoint = s3.endpoint();
  options.credentials = {TestSignature::kAccessKey, Redacted<std::string>(TestSignature::kSecret), {}};
  options.multipart_above = 200'000;
  options.part_size = 150'000;
  options.first_backoff = TimeDelta::millis(1);
  return options;
}

/// A blob store of either kind with all it needs.
class BlobWorld {
 public:
  explicit BlobWorld(Kind kind) {
    if (kind == Kind::kDisk) {
      blobs_ = DiskBlobs::open(folder_.path() + "/blobs").value();
      return;
    }
    s3_.emplace();
    S3Options options = test_options(*s3_);
    if (kind == Kind::kOtherS3) {
      options.endpoint = std::getenv(kOtherS3);
      options.region = "us-east-1";
      options.credentials = {"S3RVER", Redacted<std::string>("S3RVER"), {}};
    }
    blobs_ = S3Blobs::open(std::move(options), rng_).value();
    if (kind == Kind::kOtherS3) empty();
  }
  product::BlobStore& blobs() { return *blobs_; }
  const std::string& folder() const { return folder_.path(); }
  bool has_no_leftovers() const {
    if (s3_) return s3_->uploads() == 0;
    return std::filesystem::is_empty(folder_.path() + "/blobs/~unfinished");
  }

 private:
  /// Of what the test before left.
  void empty() {
    for (const product::BlobEntry& entry : blobs_->list("", "", 1000, soon()).value()) {
      PARLEY_CHECK(blobs_->remove(entry.key, soon()));
    }
  }

  BlobFolder folder_;
  LockedRng<SeededRng> rng_{SeededRng(1)};
  std::optional<TestS3> s3_;
  std::unique_ptr<product::BlobStore> blobs_;
};

}  // namespace parley::blob

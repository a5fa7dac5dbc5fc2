#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// The headers of tus 1.0.0, the protocol of uploads that go on where they stopped (https://tus.io/protocols/
// resumable-upload, version 1.0.0).

namespace parley::files_api {

inline constexpr std::string_view kTusVersion = "1.0.0";
inline constexpr std::string_view kTusExtensions = "creation,creation-with-upload,expiration,checksum,termination";
inline constexpr std::string_view kTusChecksums = "sha1,sha256,md5";
/// Bytes of one PATCH: what is lost at most when the connection breaks.
inline constexpr int64_t kMaxTusChunk = int64_t{8} * 1024 * 1024;

/// A number of bytes: digits alone, up to 2^53. nullopt otherwise.
std::optional<int64_t> parse_length(std::string_view text);

/// What Upload-Metadata says that we use; the rest is ignored.
struct UploadMetadata {
  std::string name;  ///< "filename" or "name"; empty when there is none.
  bool is_voice = false;
};
/// nullopt when it is not `key base64, key base64, key` with each key once (3.3 Upload-Metadata).
std::optional<UploadMetadata> parse_upload_metadata(std::string_view header);

struct UploadChecksum {
  enum class Algorithm : unsigned char { kSha1, kSha256, kMd5 };
  Algorithm algorithm = Algorithm::kSha1;
  std::string digest;  ///< Bytes, as many as the algorithm gives.
};
/// nullopt for another algorithm, or what is no digest of it.
std::optional<UploadChecksum> parse_upload_checksum(std::string_view header);

/// A digest that is fed piece by piece.
class ChecksumVerifier {
 public:
  explicit ChecksumVerifier(UploadChecksum wanted);
  ~ChecksumVerifier();
  ChecksumVerifier(const ChecksumVerifier&) = delete;
  ChecksumVerifier& operator=(const ChecksumVerifier&) = delete;
  void update(std::string_view bytes);
  /// Once, after the last piece.
  bool is_right();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace parley::files_api

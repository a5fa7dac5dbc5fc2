#include "edge/files/tus.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/utf8.h"

namespace parley::files_api {
namespace {

constexpr int64_t kMaxLength = 9'007'199'254'740'991;
constexpr size_t kMaxMetadata = 8 * 1024;

/// Takes what stands before `separator` off `text`, or all of it.
std::string_view take(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view out = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

const EVP_MD* digest_of(UploadChecksum::Algorithm algorithm) {
  switch (algorithm) {
    case UploadChecksum::Algorithm::kSha256:
      return EVP_sha256();
    case UploadChecksum::Algorithm::kMd5:
      return EVP_md5();
    case UploadChecksum::Algorithm::kSha1:
      break;
  }
  return EVP_sha1();
}

}  // namespace

std::optional<int64_t> parse_length(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && !text.starts_with('-');
  return is_number && value <= kMaxLength ? std::optional(value) : std::nullopt;
}

std::optional<UploadMetadata> parse_upload_metadata(std::string_view header) {
  if (header.size() > kMaxMetadata) return std::nullopt;
  UploadMetadata out;
  std::vector<std::string_view> seen;
  while (!header.empty()) {
    std::string_view pair = trimmed(take(header, ','));
    const std::string_view key = take(pair, ' ');
    if (key.empty() || std::ranges::find(seen, key) != seen.end()) return std::nullopt;
    seen.push_back(key);
    const auto bytes = base64_decode(trimmed(pair));
    if (!bytes) return std::nullopt;
    const std::string value(bytes->begin(), bytes->end());
    if (!is_utf8(value)) return std::nullopt;
    if (key == "filename" || (key == "name" && out.name.empty())) out.name = value;
    if (key == "voice") out.is_voice = value == "true";
  }
  return out;
}

std::optional<UploadChecksum> parse_upload_checksum(std::string_view header) {
  const std::string_view name = take(header, ' ');
  UploadChecksum out;
  if (name == "sha256") {
    out.algorithm = UploadChecksum::Algorithm::kSha256;
  } else if (name == "md5") {
    out.algorithm = UploadChecksum::Algorithm::kMd5;
  } else if (name != "sha1") {
    return std::nullopt;
  }
  const auto digest = base64_decode(trimmed(header));
  if (!digest || digest->size() != static_cast<size_t>(EVP_MD_get_size(digest_of(out.algorithm)))) return std::nullopt;
  out.digest.assign(digest->begin(), digest->end());
  return out;
}

struct ChecksumVerifier::Impl {
  std::string digest;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

ChecksumVerifier::ChecksumVerifier(UploadChecksum wanted) : impl_(std::make_unique<Impl>()) {
  PARLEY_CHECK(EVP_DigestInit_ex(impl_->context.get(), digest_of(wanted.algorithm), nullptr) == 1);
  impl_->digest = std::move(wanted.digest);
}
ChecksumVerifier::~ChecksumVerifier() = default;

void ChecksumVerifier::update(std::string_view bytes) {
  PARLEY_CHECK(EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()) == 1);
}

bool ChecksumVerifier::is_right() {
  std::array<uint8_t, EVP_MAX_MD_SIZE> got{};
  unsigned size = 0;
  PARLEY_CHECK(EVP_DigestFinal_ex(impl_->context.get(), got.data(), &size) == 1);
  return as_text(ByteView(got).first(size)) == impl_->digest;
}

}  // namespace parley::files_api

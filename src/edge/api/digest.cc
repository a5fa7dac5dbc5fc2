#include "edge/api/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/check.h"

namespace parley::api {

Sha256 sha256(std::string_view bytes) {
  Sha256 out{};
  unsigned size = out.size();
  PARLEY_CHECK(EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr) == 1);
  return out;
}

struct Sha256Hasher::Impl {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

Sha256Hasher::Sha256Hasher() : impl_(std::make_unique<Impl>()) {
  PARLEY_CHECK(EVP_DigestInit_ex(impl_->context.get(), EVP_sha256(), nullptr) == 1);
}
Sha256Hasher::~Sha256Hasher() = default;

void Sha256Hasher::update(std::string_view bytes) {
  PARLEY_CHECK(EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()) == 1);
}

Sha256 Sha256Hasher::finish() {
  Sha256 out{};
  unsigned size = out.size();
  PARLEY_CHECK(EVP_DigestFinal_ex(impl_->context.get(), out.data(), &size) == 1);
  return out;
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
  Sha256 out{};
  unsigned size = out.size();
  const ByteView input = as_bytes(bytes);
  PARLEY_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), input.data(), input.size(), out.data(),
                    &size) != nullptr);
  return out;
}

std::string short_text(const Sha256& digest) { return base64url_encode(ByteView(digest).first(16)); }

}  // namespace parley::api

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

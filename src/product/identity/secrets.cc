#include "product/identity/secrets.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

#include "base/base64.h"
#include "base/check.h"

namespace parley::product::identity {
namespace {

constexpr size_t kSecretBytes = 32;

std::string_view prefix_of(SecretKind kind) {
  switch (kind) {
    case SecretKind::kAccess:
      return "pa_";
    case SecretKind::kRefresh:
      return "pr_";
    case SecretKind::kApiKey:
      return "pk_";
    case SecretKind::kMail:
      return "pm_";
    case SecretKind::kTicket:
      break;
  }
  return "pt_";
}

}  // namespace

std::string make_secret(SecretKind kind, Rng& rng) {
  std::array<uint8_t, kSecretBytes> bytes{};
  rng.fill(bytes);
  return std::string(prefix_of(kind)) + base64url_encode(bytes);
}

bool is_secret(SecretKind kind, std::string_view text) { return text.starts_with(prefix_of(kind)); }

std::string hash_secret(std::string_view secret) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  PARLEY_CHECK(EVP_Digest(secret.data(), secret.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  return base64url_encode(ByteView(digest).first(size));
}

bool equals_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace parley::product::identity

#include "product/webhooks/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/base64.h"
#include "base/check.h"

namespace parley::product::webhooks {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr size_t kSecretBytes = 32;

}  // namespace

Redacted<std::string> make_signing_secret(Rng& rng) {
  std::array<uint8_t, kSecretBytes> bytes{};
  rng.fill(bytes);
  return Redacted(std::string(kPrefix) + base64_encode(bytes));
}

std::string sign(const Redacted<std::string>& secret, std::string_view id, WallTime at, std::string_view body) {
  const std::string_view text = secret.reveal();
  PARLEY_CHECK(text.starts_with(kPrefix));
  const auto key = base64_decode(text.substr(kPrefix.size()));
  PARLEY_CHECK(key.has_value());
  std::string signed_text(id);
  signed_text += '.';
  signed_text += std::to_string(at.unix_s());
  signed_text += '.';
  signed_text += body;
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const ByteView bytes = as_bytes(signed_text);
  PARLEY_CHECK(HMAC(EVP_sha256(), key->data(), static_cast<int>(key->size()), bytes.data(), bytes.size(), digest.data(),
                    &size) != nullptr);
  return "v1," + base64_encode(ByteView(digest).first(size));
}

std::string signature_header(const Secrets& secrets, std::string_view id, WallTime at, std::string_view body) {
  std::string header = sign(secrets.current, id, at, body);
  if (secrets.old) header += " " + sign(*secrets.old, id, at, body);
  return header;
}

}  // namespace parley::product::webhooks

#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/check.h"

namespace parley::product::identity {

/// A key pair of an identity provider, for tests.
class TestSigner {
 public:
  enum class Kind : unsigned char { kRsa, kEc };
  TestSigner(Kind kind, std::string id)
      : kind_(kind),
        id_(std::move(id)),
        key_(kind == Kind::kRsa ? EVP_RSA_gen(2048) : EVP_EC_gen("prime256v1"), &EVP_PKEY_free) {}

  /// The public half (RFC 7517).
  std::string jwk() const {
    if (kind_ == Kind::kRsa) {
      return R"({"kty":"RSA","kid":")" + id_ + R"(","n":")" + number(OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
             number(OSSL_PKEY_PARAM_RSA_E) + "\"}";
    }
    std::array<uint8_t, 65> point{};
    size_t size = 0;
    PARLEY_CHECK(
        EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size) == 1);
    return R"({"kty":"EC","crv":"P-256","use":"sig","kid":")" + id_ + R"(","x":")" +
           base64url_encode(ByteView(point).subspan(1, 32)) + R"(","y":")" +
           base64url_encode(ByteView(point).subspan(33, 32)) + "\"}";
  }
  std::string jwks() const { return R"({"keys":[)" + jwk() + "]}"; }

  std::string sign(std::string_view payload) const {
    return sign(payload,
                std::string(R"({"alg":")") + (kind_ == Kind::kRsa ? "RS256" : "ES256") + R"(","kid":")" + id_ + "\"}");
  }
  std::string sign(std::string_view payload, std::string_view header) const {
    const std::string text = base64url_encode(as_bytes(header)) + "." + base64url_encode(as_bytes(payload));
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    PARLEY_CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
    ByteVector signature(512);
    size_t size = signature.size();
    PARLEY_CHECK(EVP_DigestSign(context.get(), signature.data(), &size, as_bytes(text).data(), text.size()) == 1);
    signature.resize(size);
    return text + "." + base64url_encode(kind_ == Kind::kRsa ? signature : raw(signature));
  }

 private:
  std::string number(const char* name) const {
    BIGNUM* value = nullptr;
    PARLEY_CHECK(EVP_PKEY_get_bn_param(key_.get(), name, &value) == 1);
    ByteVector bytes(static_cast<size_t>(BN_num_bytes(value)));
    BN_bn2bin(value, bytes.data());
    BN_free(value);
    return base64url_encode(bytes);
  }
  /// r and s side by side.
  static ByteVector raw(const ByteVector& der) {
    const uint8_t* at = der.data();
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    PARLEY_CHECK(pair != nullptr);
    ByteVector out(64);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out.data(), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out.data() + 32, 32);
    ECDSA_SIG_free(pair);
    return out;
  }

  Kind kind_;
  std::string id_;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace parley::product::identity

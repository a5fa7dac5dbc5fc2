#include "product/identity/jws.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <boost/json/value.hpp>
#include <optional>

#include "base/base64.h"
#include "base/bytes.h"
#include "json/reader.h"

namespace parley::product::identity {
namespace {

constexpr int kMinRsaBits = 2048;
/// Larger ones are an attack on our processor.
constexpr int kMaxRsaBits = 8192;
constexpr size_t kEcBytes = 32;  ///< Of a coordinate, and of r and s (RFC 7518 sections 3.4, 6.2.1.2).

template <auto Free>
struct Deleter {
  void operator()(auto* object) const { Free(object); }
};
using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, Deleter<&EVP_PKEY_CTX_free>>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, Deleter<&EVP_MD_CTX_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Deleter<&OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Deleter<&OSSL_PARAM_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Deleter<&BN_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, Deleter<&ECDSA_SIG_free>>;

std::string_view text_of(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::optional<std::string> decode(std::string_view text) {
  const auto bytes = base64url_decode(text);
  return bytes ? std::optional(std::string(as_text(*bytes))) : std::nullopt;
}

NumberPtr to_number(std::string_view bytes) {
  return NumberPtr(BN_bin2bn(as_bytes(bytes).data(), static_cast<int>(bytes.size()), nullptr));
}

EVP_PKEY* from_params(const char* type, OSSL_PARAM* params) {
  const ContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || !params || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  return EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) == 1 ? key : nullptr;
}

/// From r and s side by side to what OpenSSL reads.
std::optional<ByteVector> to_der(std::string_view signature) {
  if (signature.size() != 2 * kEcBytes) return std::nullopt;
  const SignaturePtr pair(ECDSA_SIG_new());
  NumberPtr r = to_number(signature.substr(0, kEcBytes));
  NumberPtr s = to_number(signature.substr(kEcBytes));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return std::nullopt;
  // Now the pair's.
  (void)r.release();
  (void)s.release();
  const int size = i2d_ECDSA_SIG(pair.get(), nullptr);
  if (size <= 0) return std::nullopt;
  ByteVector out(static_cast<size_t>(size));
  uint8_t* at = out.data();
  i2d_ECDSA_SIG(pair.get(), &at);
  return out;
}

}  // namespace

void JsonWebKeys::KeyDeleter::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

std::unique_ptr<evp_pkey_st, JsonWebKeys::KeyDeleter> JsonWebKeys::make_rsa(std::string_view modulus,
                                                                            std::string_view exponent) {
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  const NumberPtr n = to_number(modulus);
  const NumberPtr e = to_number(exponent);
  if (!builder || !n || !e || BN_num_bits(n.get()) < kMinRsaBits || BN_num_bits(n.get()) > kMaxRsaBits ||
      BN_num_bits(e.get()) > 64)
    return nullptr;
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  return std::unique_ptr<evp_pkey_st, KeyDeleter>(from_params("RSA", params.get()));
}

std::unique_ptr<evp_pkey_st, JsonWebKeys::KeyDeleter> JsonWebKeys::make_ec(std::string_view x, std::string_view y) {
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder || x.size() != kEcBytes || y.size() != kEcBytes) return nullptr;
  // Uncompressed (SEC 1 section 2.3.3); OpenSSL checks that it is on the curve.
  const std::string point = "\x04" + std::string(x) + std::string(y);
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  return std::unique_ptr<evp_pkey_st, KeyDeleter>(from_params("EC", params.get()));
}

Result<JsonWebKeys> JsonWebKeys::parse(std::string_view json) {
  const auto document = json::Document::parse(json);
  const auto* set = document ? document->root().if_object() : nullptr;
  const auto* list = set ? set->if_contains("keys") : nullptr;
  if (!list || !list->is_array()) return fail(Error::Code::kInvalidArgument, "not a key set");
  JsonWebKeys out;
  for (const auto& item : list->get_array()) {
    const auto* key = item.if_object();
    if (!key || out.keys_.size() >= kMaxJwks) continue;
    const std::string_view use = text_of(*key, "use");
    if (!use.empty() && use != "sig") continue;
    Key made{.id = std::string(text_of(*key, "kid")), .kind = Kind::kRsa, .key = nullptr};
    if (text_of(*key, "kty") == "RSA") {
      made.key = make_rsa(decode(text_of(*key, "n")).value_or(""), decode(text_of(*key, "e")).value_or(""));
    } else if (text_of(*key, "kty") == "EC" && text_of(*key, "crv") == "P-256") {
      made.kind = Kind::kEc;
      made.key = make_ec(decode(text_of(*key, "x")).value_or(""), decode(text_of(*key, "y")).value_or(""));
    }
    if (made.key) out.keys_.push_back(std::move(made));
  }
  return out;
}

bool JsonWebKeys::verify(const Key& key, std::string_view text, std::string_view signature) {
  ByteVector bytes(as_bytes(signature).begin(), as_bytes(signature).end());
  if (key.kind == Kind::kEc) {
    auto der = to_der(signature);
    if (!der) return false;
    bytes = std::move(*der);
  }
  const DigestPtr context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes.data(), bytes.size(), as_bytes(text).data(), text.size()) == 1;
}

std::expected<std::string, JwsFault> JsonWebKeys::open(std::string_view token) const {
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.size() > kMaxJws) return std::unexpected(JwsFault::kMalformed);
  const auto header_text = decode(token.substr(0, first));
  auto payload = decode(token.substr(first + 1, second - first - 1));
  const auto signature = decode(token.substr(second + 1));
  if (!header_text || !payload || !signature) return std::unexpected(JwsFault::kMalformed);
  const auto document = json::Document::parse(*header_text);
  const auto* header = document ? document->root().if_object() : nullptr;
  // A critical extension is one that we do not know (RFC 7515 section 4.1.11).
  if (!header || header->contains("crit")) return std::unexpected(JwsFault::kMalformed);
  const std::string_view algorithm = text_of(*header, "alg");
  if (algorithm != "RS256" && algorithm != "ES256") return std::unexpected(JwsFault::kAlgorithm);
  const Kind kind = algorithm == "RS256" ? Kind::kRsa : Kind::kEc;
  const std::string_view id = text_of(*header, "kid");
  bool is_known = false;
  for (const Key& key : keys_) {
    if (key.kind != kind || (!id.empty() && key.id != id)) continue;
    is_known = true;
    if (verify(key, token.substr(0, second), *signature)) return std::move(*payload);
  }
  return std::unexpected(is_known ? JwsFault::kSignature : JwsFault::kUnknownKey);
}

}  // namespace parley::product::identity

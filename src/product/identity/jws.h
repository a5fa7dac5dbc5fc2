#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct evp_pkey_st;

namespace parley::product::identity {

/// A token longer than this is none of an identity provider's, bytes.
inline constexpr size_t kMaxJws = 16'384;
/// Keys taken of one set; providers publish two or three.
inline constexpr size_t kMaxJwks = 32;

/// Why a signed token is not believed.
enum class JwsFault : unsigned char {
  kMalformed,
  kAlgorithm,   ///< Neither RS256 nor ES256; "none" and the HMACs are never an identity provider's.
  kUnknownKey,  ///< The provider may have new keys: fetch them and try again.
  kSignature,
};

/// The public keys of a provider (RFC 7517): RSA from 2048 to 8192 bits, and P-256. Others are passed over.
class JsonWebKeys {
 public:
  /// kInvalidArgument when it is no key set at all.
  static Result<JsonWebKeys> parse(std::string_view json);
  size_t size() const { return keys_.size(); }
  /// The payload of a token in compact form (RFC 7515 section 7.1) whose signature is right. The algorithm must be the
  /// one of the key: what the token says about itself decides nothing.
  std::expected<std::string, JwsFault> open(std::string_view token) const;

 private:
  enum class Kind : unsigned char { kRsa, kEc };
  struct KeyDeleter {
    void operator()(evp_pkey_st* key) const;
  };
  struct Key {
    std::string id;
    Kind kind = {};
    std::unique_ptr<evp_pkey_st, KeyDeleter> key;
  };
  static bool verify(const Key& key, std::string_view text, std::string_view signature);
  static std::unique_ptr<evp_pkey_st, KeyDeleter> make_rsa(std::string_view modulus, std::string_view exponent);
  static std::unique_ptr<evp_pkey_st, KeyDeleter> make_ec(std::string_view x, std::string_view y);

  std::vector<Key> keys_;
};

}  // namespace parley::product::identity

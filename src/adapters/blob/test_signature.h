#pragma once

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "net/clock.h"
#include "net/http_message.h"

namespace parley::blob {

/// What S3 does with a signature: works it out again from the bytes of the request as they came. Shares nothing with
/// what made it, so that the two cannot be wrong in the same way.
class TestSignature {
 public:
  static constexpr const char* kAccessKey = "test-access-key";
  static constexpr const char* kSecret = "test/secret+key";
  static constexpr const char* kRegion = "eu-test-1";

  /// The code of S3's error when the request is not to be served.
  static std::optional<std::string> check(const net::HttpRequest& request) {
    Claim claim;
    if (request.query.contains("X-Amz-Signature")) {
      claim = {request.query.at("X-Amz-Credential"), request.query.at("X-Amz-SignedHeaders"),
               request.query.at("X-Amz-Signature"), request.query.at("X-Amz-Date"), "UNSIGNED-PAYLOAD"};
    } else {
      const std::string given(request.headers.get("Authorization"));
      if (!given.starts_with("AWS4-HMAC-SHA256 ")) return "AccessDenied";
      claim = {field(given, "Credential"), field(given, "SignedHeaders"), field(given, "Signature"),
               std::string(request.headers.get("x-amz-date")),
               std::string(request.headers.get("x-amz-content-sha256"))};
      if (claim.payload_hash != hash(request.body)) return "XAmzContentSHA256Mismatch";
    }
    const auto scope = split(claim.credential, '/');
    if (scope.size() != 5 || scope[0] != kAccessKey) return "InvalidAccessKeyId";
    if (scope[1] != claim.date.substr(0, 8) || scope[2] != kRegion) return "AuthorizationHeaderMalformed";
    if (!is_in_time(request, claim)) return "RequestTimeTooSkewed";
    const std::string text = "AWS4-HMAC-SHA256\n" + claim.date + "\n" + scope[1] + "/" + scope[2] + "/" + scope[3] +
                             "/aws4_request\n" + hash(canonical(request, claim));
    const std::string key = mac(mac(mac(mac(std::string("AWS4") + kSecret, scope[1]), scope[2]), scope[3]), scope[4]);
    if (to_hex(mac(key, text)) != claim.signature) return "SignatureDoesNotMatch";
    return std::nullopt;
  }

 private:
  static std::string to_hex(std::string_view bytes) {
    std::string out;
    for (const char byte : bytes) {
      out += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
      out += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
    }
    return out;
  }
  static std::string hash(std::string_view bytes) {
    std::array<uint8_t, SHA256_DIGEST_LENGTH> out{};
    SHA256(as_bytes(bytes).data(), bytes.size(), out.data());
    return to_hex(as_text(out));
  }
  static std::string mac(const std::string& key, const std::string& text) {
    std::array<uint8_t, SHA256_DIGEST_LENGTH> out{};
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_MAC_CTX* context = EVP_MAC_CTX_new(algorithm);
    size_t size = 0;
    PARLEY_CHECK(EVP_MAC_init(context, as_bytes(key).data(), key.size(), parameters) == 1 &&
                 EVP_MAC_update(context, as_bytes(text).data(), text.size()) == 1 &&
                 EVP_MAC_final(context, out.data(), &size, out.size()) == 1);
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(algorithm);
    return std::string(as_text(out));
  }
  static std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> out(1);
    for (const char c : text) {
      if (c == at) {
        out.emplace_back();
      } else {
        out.back() += c;
      }
    }
    return out;
  }
  static std::string field(const std::string& authorization, const std::string& name) {
    const size_t at = authorization.find(name + "=");
    if (at == std::string::npos) return {};
    const size_t begin = at + name.size() + 1;
    return authorization.substr(begin, authorization.find(',', begin) - begin);
  }

  struct Claim {
    std::string credential;
    std::string signed_headers;
    std::string signature;
    std::string date;
    std::string payload_hash;
  };

  static std::string canonical(const net::HttpRequest& request, const Claim& claim) {
    const size_t mark = request.target.find('?');
    auto query = split(mark == std::string::npos ? "" : request.target.substr(mark + 1), '&');
    std::erase_if(query, [](const std::string& part) { return part.empty() || part.starts_with("X-Amz-Signature="); });
    std::ranges::sort(query);
    std::string joined;
    for (const std::string& part : query) joined += (joined.empty() ? "" : "&") + part;
    std::string headers;
    for (const std::string& name : split(claim.signed_headers, ';')) {
      headers += name + ":" + std::string(request.headers.get(name)) + "\n";
    }
    return request.method + "\n" + request.target.substr(0, mark) + "\n" + joined + "\n" + headers + "\n" +
           claim.signed_headers + "\n" + claim.payload_hash;
  }

  static bool is_in_time(const net::HttpRequest& request, const Claim& claim) {
    std::tm utc{};
    if (::strptime(claim.date.c_str(), "%Y%m%dT%H%M%SZ", &utc) == nullptr) return false;
    const int64_t age = net::read_clock().wall.unix_s() - int64_t{::timegm(&utc)};
    const auto expires = request.query.find("X-Amz-Expires");
    return expires == request.query.end() ? age > -900 && age < 900 : age > -900 && age <= std::stoll(expires->second);
  }
};

}  // namespace parley::blob

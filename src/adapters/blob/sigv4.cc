#include "adapters/blob/sigv4.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <ctime>

#include "base/bytes.h"
#include "base/check.h"

namespace parley::blob {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return out;
}

using Digest = std::array<uint8_t, 32>;

std::string sha256(std::string_view bytes) {
  Digest out{};
  PARLEY_CHECK(EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return std::string(as_text(out));
}

std::string hmac(std::string_view key, std::string_view text) {
  Digest out{};
  PARLEY_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), as_bytes(text).data(), text.size(),
                    out.data(), nullptr) != nullptr);
  return std::string(as_text(out));
}

/// "20130524T000000Z"; its first eight characters are the day.
std::string stamp_of(WallTime now) {
  const std::time_t seconds = now.unix_s();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

std::string scope_of(const SigningScope& scope) {
  return fmt::format("{}/{}/{}/aws4_request", stamp_of(scope.now).substr(0, 8), scope.region, scope.service);
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").contains(c);
}

std::string encode(std::string_view text, std::string_view also_plain) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || also_plain.contains(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string canonical_query(const std::vector<NameValue>& query) {
  std::vector<NameValue> encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(encode(name, ""), encode(value, ""));
  std::ranges::sort(encoded);
  std::string out;
  for (const auto& [name, value] : encoded) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

/// Without blanks around, and with one where there are several.
std::string trimmed(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool is_blank = c == ' ' || c == '\t';
    if (!is_blank) out += c;
    if (is_blank && !out.empty() && !out.ends_with(' ')) out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

/// Of the signed headers, Host among them, in their order.
struct CanonicalHeaders {
  std::string lines;
  std::string names;  ///< "host;range;x-amz-date"
};

CanonicalHeaders canonical_headers(const SignableRequest& request) {
  std::vector<NameValue> sorted{{"host", request.host}};
  for (const auto& [name, value] : request.headers) {
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    sorted.emplace_back(std::move(lower), trimmed(value));
  }
  std::ranges::sort(sorted);
  CanonicalHeaders out;
  for (const auto& [name, value] : sorted) {
    out.lines += name + ":" + value + "\n";
    out.names += (out.names.empty() ? "" : ";") + name;
  }
  return out;
}

std::string signature_of(const SignableRequest& request, std::string_view payload_hash,
                         const Redacted<std::string>& secret, const SigningScope& scope) {
  const CanonicalHeaders headers = canonical_headers(request);
  const std::string canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, encode_path(request.path),
                                            canonical_query(request.query), headers.lines, headers.names, payload_hash);
  const std::string stamp = stamp_of(scope.now);
  const std::string text = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, stamp, scope_of(scope), hex(sha256(canonical)));
  std::string key = hmac("AWS4" + secret.reveal(), std::string_view(stamp).substr(0, 8));
  for (const std::string_view part :
       {std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")}) {
    key = hmac(key, part);
  }
  return hex(hmac(key, text));
}

}  // namespace

std::string sha256_hex(std::string_view bytes) { return hex(sha256(bytes)); }

std::string encode_path(std::string_view path) { return encode(path, "/"); }

std::string encode_query(const std::vector<NameValue>& query) {
  std::string out;
  for (const auto& [name, value] : query) out += (out.empty() ? "" : "&") + encode(name, "") + "=" + encode(value, "");
  return out;
}

std::vector<NameValue> sign_headers(const SignableRequest& request, std::string_view payload_hash,
                                    const AwsCredentials& credentials, const SigningScope& scope) {
  SignableRequest whole = request;
  whole.headers.emplace_back("x-amz-content-sha256", payload_hash);
  whole.headers.emplace_back("x-amz-date", stamp_of(scope.now));
  const std::string& token = credentials.session_token.reveal();
  if (!token.empty()) whole.headers.emplace_back("x-amz-security-token", token);
  std::string authorization = fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                                          credentials.access_key, scope_of(scope), canonical_headers(whole).names,
                                          signature_of(whole, payload_hash, credentials.secret, scope));
  whole.headers.emplace_back("Authorization", std::move(authorization));
  return whole.headers;
}

std::string presign_query(SignableRequest request, TimeDelta valid_for, const AwsCredentials& credentials,
                          const SigningScope& scope) {
  request.query.emplace_back("X-Amz-Algorithm", kAlgorithm);
  request.query.emplace_back("X-Amz-Credential", credentials.access_key + "/" + scope_of(scope));
  request.query.emplace_back("X-Amz-Date", stamp_of(scope.now));
  request.query.emplace_back("X-Amz-Expires", std::to_string(valid_for.us() / 1'000'000));
  const std::string& token = credentials.session_token.reveal();
  if (!token.empty()) request.query.emplace_back("X-Amz-Security-Token", token);
  request.query.emplace_back("X-Amz-SignedHeaders", canonical_headers(request).names);
  std::string signature = signature_of(request, kUnsignedPayload, credentials.secret, scope);
  request.query.emplace_back("X-Amz-Signature", std::move(signature));
  return encode_query(request.query);
}

}  // namespace parley::blob

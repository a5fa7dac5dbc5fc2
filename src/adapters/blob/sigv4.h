#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/redacted.h"
#include "base/time.h"

// AWS Signature Version 4, as S3 wants it: the path is encoded once and its dots stay. Pure functions.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html

namespace parley::blob {

struct AwsCredentials {
  std::string access_key;
  Redacted<std::string> secret;
  Redacted<std::string> session_token;  ///< Empty: none.
};

/// What a signature is good for.
struct SigningScope {
  std::string region;
  std::string service = "s3";
  WallTime now;
};

using NameValue = std::pair<std::string, std::string>;

struct SignableRequest {
  std::string method;
  std::string host;                ///< As in the Host header: with the port when it is not the scheme's own.
  std::string path;                ///< Not encoded, begins with '/'.
  std::vector<NameValue> query;    ///< Not encoded.
  std::vector<NameValue> headers;  ///< To be signed, without Host.
};

/// Instead of a hash: the content is not covered by the signature.
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
/// Lower-case hexadecimal SHA-256.
std::string sha256_hex(std::string_view bytes);

/// The headers that make `request` a signed one: its own, x-amz-date, x-amz-content-sha256, x-amz-security-token where
/// there is a token, and Authorization. `payload_hash` is sha256_hex() of the body or kUnsignedPayload.
std::vector<NameValue> sign_headers(const SignableRequest& request, std::string_view payload_hash,
                                    const AwsCredentials& credentials, const SigningScope& scope);

/// The encoded query of `request`, signed for whoever holds it, good for `valid_for` (1 s to 7 days) from scope.now.
std::string presign_query(SignableRequest request, TimeDelta valid_for, const AwsCredentials& credentials,
                          const SigningScope& scope);

/// Percent-encoded as SigV4 wants it: also what stands in the URL, so that both are the same.
std::string encode_path(std::string_view path);
/// "a=b&c=d" in the order given.
std::string encode_query(const std::vector<NameValue>& query);

}  // namespace parley::blob

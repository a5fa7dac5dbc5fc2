#include "adapters/blob/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::blob {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

// The worked examples of Amazon S3's documentation ("Signature Calculations for the Authorization Header" and "Query
// Parameters"): one bucket, one pair of example keys, 24 May 2013.
const AwsCredentials kExample{
    "AKIAIOSFODNN7EXAMPLE", Redacted<std::string>("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), {}};
const SigningScope kScope{.region = "us-east-1", .now = WallTime{1369353600'000'000}};
constexpr const char* kHost = "examplebucket.s3.amazonaws.com";

std::string authorization(const SignableRequest& request, std::string_view body = "") {
  const auto headers = sign_headers(request, sha256_hex(body), kExample, kScope);
  EXPECT_EQ(headers.back().first, "Authorization");
  return headers.back().second;
}

TEST(Sigv4Test, SignsTheExampleOfGettingARange) {
  EXPECT_EQ(authorization({"GET", kHost, "/test.txt", {}, {{"Range", "bytes=0-9"}}}),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(Sigv4Test, SignsTheExampleOfPuttingAnObject) {
  EXPECT_THAT(
      authorization({"PUT",
                     kHost,
                     "/test$file.text",
                     {},
                     {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}},
                    "Welcome to Amazon S3."),
      EndsWith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(Sigv4Test, SignsTheExampleOfAParameterWithoutAValue) {
  EXPECT_THAT(authorization({"GET", kHost, "/", {{"lifecycle", ""}}, {}}),
              EndsWith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(Sigv4Test, SignsTheExampleOfAListWhateverTheOrderOfItsParameters) {
  constexpr const char* kWanted = "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
  EXPECT_THAT(authorization({"GET", kHost, "/", {{"max-keys", "2"}, {"prefix", "J"}}, {}}), EndsWith(kWanted));
  EXPECT_THAT(authorization({"GET", kHost, "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}}), EndsWith(kWanted));
}

TEST(Sigv4Test, SignsTheExampleOfALinkForADay) {
  EXPECT_EQ(presign_query({"GET", kHost, "/test.txt", {}, {}}, TimeDelta::seconds(86400), kExample, kScope),
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(Sigv4Test, SignsTheSessionTokenToo) {
  AwsCredentials credentials = kExample;
  credentials.session_token = Redacted<std::string>("token/+=");
  const auto headers = sign_headers({"GET", kHost, "/", {}, {}}, sha256_hex(""), credentials, kScope);
  EXPECT_THAT(headers.back().second, HasSubstr("x-amz-date;x-amz-security-token,"));
  EXPECT_THAT(presign_query({"GET", kHost, "/", {}, {}}, TimeDelta::seconds(1), credentials, kScope),
              HasSubstr("&X-Amz-Security-Token=token%2F%2B%3D&"));
}

// Worked out with the AWS SDK's own signer (@smithy/signature-v4 5.7.5).
const AwsCredentials kOther{"AKIDEXAMPLE", Redacted<std::string>("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                            Redacted<std::string>("to/ken+=")};
const SigningScope kOtherScope{.region = "eu-central-1", .now = WallTime{1772323198'000'000}};

TEST(Sigv4Test, AgreesWithTheSdkOnPathsAndParametersThatNeedEncoding) {
  AwsCredentials without_token = kOther;
  without_token.session_token = {};
  const SignableRequest request{"PUT",
                                "minio.example:9000",
                                "/files/a b/\xc3\xa7~.-_",
                                {{"partNumber", "12"}, {"uploadId", "x/y+z=&%"}},
                                {{"Content-Type", "image/png"}}};
  EXPECT_THAT(sign_headers(request, sha256_hex("hello"), without_token, kOtherScope).back().second,
              EndsWith("Signature=1c4cde16771b796bbc5797bc26eaaa72cd93d229c00f3f37b2a657dec68dc126"));
}

TEST(Sigv4Test, AgreesWithTheSdkOnAnEmptyParameterAndAToken) {
  const SignableRequest request{"GET",
                                "files.example",
                                "/k",
                                {{"prefix", "\xc5\x9f ~*"}, {"list-type", "2"}, {"start-after", ""}},
                                {{"Range", "bytes=0-9"}}};
  EXPECT_THAT(sign_headers(request, sha256_hex(""), kOther, kOtherScope).back().second,
              EndsWith("Signature=3ffc4f0856f81bedaa2ef42345c5cb14f5cf23e51b13351837c02e0db4c61577"));
}

TEST(Sigv4Test, AgreesWithTheSdkOnALinkWithATokenAndADisposition) {
  const SignableRequest request{"GET",
                                "files.example",
                                "/a b",
                                {{"response-content-disposition", "attachment; filename=\"\xc3\xa7 1.png\""}},
                                {}};
  EXPECT_THAT(presign_query(request, TimeDelta::seconds(300), kOther, kOtherScope),
              EndsWith("&X-Amz-Signature=4dd034bbe0c5a557361e90f89fa3e6c15cd46dc3f550d7ee2f4bf3f8bd46a49d"));
}

TEST(Sigv4Test, CollapsesBlanksInHeaders) {
  EXPECT_EQ(authorization({"GET", kHost, "/", {}, {{"X-A", "  a   b "}}}),
            authorization({"GET", kHost, "/", {}, {{"x-a", "a b"}}}));
}

TEST(Sigv4Test, EncodesEverythingButTheUnreserved) {
  EXPECT_EQ(encode_path("/a b/\xc3\xa7~.-_"), "/a%20b/%C3%A7~.-_");
  EXPECT_EQ(encode_query({{"a/b", "c&d"}, {"e", ""}}), "a%2Fb=c%26d&e=");
}

}  // namespace
}  // namespace parley::blob

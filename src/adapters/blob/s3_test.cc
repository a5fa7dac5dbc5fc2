// What only S3 can do wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "adapters/blob/s3_xml.h"
#include "adapters/blob/test_blobs.h"
#include "net/http_client.h"

namespace parley::blob {
namespace {

using product::Outcome;
using product::ProblemCode;
using testing::HasSubstr;
using testing::StartsWith;
using Fault = TestS3::Fault;

class S3BlobsTest : public testing::Test {
 protected:
  S3BlobsTest() { open(test_options(s3_)); }
  void open(S3Options options) { blobs_ = S3Blobs::open(std::move(options), rng_).value(); }
  Outcome<void> put(std::string_view name, std::string_view bytes, Timestamp deadline = soon()) {
    return blobs_->put(key(name), product::TextBlobSource(bytes), {.content_type = "image/png"}, deadline);
  }
  Result<net::HttpClientResponse> fetch(const std::string& url) {
    net::HttpClient client;
    std::promise<Result<net::HttpClientResponse>> done;
    client.send({.url = url}, [&](auto response) { done.set_value(std::move(response)); });
    return done.get_future().get();
  }

  const std::string large_ = random_bytes(500'000);  ///< Four parts.
  TestS3 s3_;
  LockedRng<SeededRng> rng_{SeededRng(1)};
  std::unique_ptr<S3Blobs> blobs_;
};

TEST_F(S3BlobsTest, KeepsTheContentTypeOfBothKindsOfUploads) {
  ASSERT_TRUE(put("small", "x"));
  ASSERT_TRUE(put("large", large_));
  EXPECT_EQ(s3_.type_of("small"), "image/png");
  EXPECT_EQ(s3_.type_of("large"), "image/png");
  EXPECT_EQ(s3_.refused_signatures(), 0u);
}

TEST_F(S3BlobsTest, RepeatsWhatFailsForAWhile) {
  for (const Fault fault : {Fault::kUnavailable, Fault::kCut, Fault::kCutAfter}) {
    for (const std::string_view bytes : {std::string_view("small"), std::string_view(large_)}) {
      s3_.fail_next(fault, 2);
      EXPECT_TRUE(put("a", bytes));
      s3_.fail_next(fault, 2);
      EXPECT_EQ(blobs_->size_of(key("a"), soon()), bytes.size());
      s3_.fail_next(fault, 2);
      EXPECT_EQ(blobs_->read(key("a"), 1, 2, soon()), bytes.substr(1, 2));
      s3_.fail_next(fault, 2);
      EXPECT_TRUE(blobs_->list("", "", 10, soon()));
      s3_.fail_next(fault, 2);
      EXPECT_TRUE(blobs_->remove(key("a"), soon()));
      EXPECT_EQ(s3_.objects(), 0u);
    }
  }
  EXPECT_GT(blobs_->stats().retries, 0u);
  EXPECT_EQ(blobs_->stats().failures, 0u);
}

TEST_F(S3BlobsTest, GivesUpAfterItsAttemptsAndSaysWhy) {
  s3_.fail_next(Fault::kUnavailable, 1000);
  const auto done = put("a", "x");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ProblemCode::kStorageUnavailable);
  EXPECT_THAT(done.error().detail, HasSubstr("503 SlowDown"));
  EXPECT_EQ(s3_.requests(), 4u);
  EXPECT_EQ(blobs_->stats().failures, 1u);
}

TEST_F(S3BlobsTest, DoesNotRepeatWhatIsForbidden) {
  s3_.fail_next(Fault::kForbidden, 1000);
  EXPECT_EQ(code_of(put("a", "x")), ProblemCode::kStorageUnavailable);
  EXPECT_EQ(code_of(blobs_->read(key("a"), 0, 1, soon())), ProblemCode::kStorageUnavailable);
  EXPECT_EQ(s3_.requests(), 2u);
}

TEST_F(S3BlobsTest, SaysThatTheSecretIsWrongAfterOneAttempt) {
  S3Options options = test_options(s3_);
  options.credentials.secret = Redacted<std::string>("another");
  open(std::move(options));
  const auto done = put("a", "x");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ProblemCode::kStorageUnavailable);
  EXPECT_THAT(done.error().detail, HasSubstr("403 SignatureDoesNotMatch"));
  EXPECT_EQ(s3_.requests(), 1u);
}

TEST_F(S3BlobsTest, SaysThatTheBucketIsNotThere) {
  S3Options options = test_options(s3_);
  options.bucket = "others";
  open(std::move(options));
  EXPECT_EQ(code_of(put("a", "x")), ProblemCode::kStorageUnavailable);
  EXPECT_EQ(code_of(blobs_->list("", "", 1, soon())), ProblemCode::kStorageUnavailable);
}

TEST_F(S3BlobsTest, SaysThatTheStorageIsFull) {
  s3_.fail_next(Fault::kFull, 1000);
  EXPECT_EQ(code_of(put("a", "x")), ProblemCode::kStorageFull);
  EXPECT_EQ(s3_.requests(), 1u);
}

TEST_F(S3BlobsTest, IsUnavailableWhenNobodyListensAndWorksAgainAfterwards) {
  ASSERT_TRUE(put("a", "x"));
  s3_.go_down();
  EXPECT_EQ(code_of(blobs_->read(key("a"), 0, 1, soon())), ProblemCode::kStorageUnavailable);
  s3_.come_back();
  EXPECT_EQ(blobs_->read(key("a"), 0, 1, soon()), "x");
}

TEST_F(S3BlobsTest, AnUploadThatCannotGoOnLeavesNoParts) {
  for (const Fault fault : {Fault::kUnavailable, Fault::kForbidden, Fault::kCut}) {
    s3_.fail_next(fault, 1000, "partNumber=3");
    EXPECT_EQ(code_of(put("a", large_)), ProblemCode::kStorageUnavailable);
    EXPECT_EQ(s3_.objects(), 0u);
    EXPECT_EQ(s3_.uploads(), 0u);
  }
}

TEST_F(S3BlobsTest, BelievesTheEndOfAnUploadOnlyWithoutAnErrorInIt) {
  s3_.fail_next(Fault::kLateError, 1, "POST /files/a?uploadId");
  EXPECT_TRUE(put("a", large_));
  EXPECT_EQ(blobs_->size_of(key("a"), soon()), large_.size());
  s3_.fail_next(Fault::kLateError, 1000, "POST /files/b?uploadId");
  EXPECT_EQ(code_of(put("b", large_)), ProblemCode::kStorageUnavailable);
  EXPECT_EQ(s3_.uploads(), 0u);
  EXPECT_EQ(s3_.objects(), 1u);
}

TEST_F(S3BlobsTest, FindsOutThatAnUploadHadEndedWhenTheAnswerWasLost) {
  s3_.fail_next(Fault::kCutAfter, 1, "POST /files/a?uploadId");
  EXPECT_TRUE(put("a", large_));
  EXPECT_EQ(blobs_->size_of(key("a"), soon()), large_.size());
}

TEST_F(S3BlobsTest, EndsAtItsDeadlineWhenS3SaysNothing) {
  S3Options options = test_options(s3_);
  options.attempt_timeout = TimeDelta::seconds(60);
  open(std::move(options));
  s3_.fail_next(Fault::kSilent, 1000);
  const Timestamp deadline = net::read_clock().mono + TimeDelta::millis(100);
  EXPECT_EQ(code_of(put("a", "x", deadline)), ProblemCode::kDeadlineExceeded);
  EXPECT_LT(net::read_clock().mono - deadline, TimeDelta::seconds(30));
  s3_.heal();
}

TEST_F(S3BlobsTest, TriesAgainWhenOneAttemptSaysNothing) {
  S3Options options = test_options(s3_);
  options.attempt_timeout = TimeDelta::millis(100);
  open(std::move(options));
  s3_.fail_next(Fault::kSilent, 1);
  EXPECT_TRUE(put("a", "x"));
  s3_.heal();
}

TEST_F(S3BlobsTest, RepeatsNothingOnceItIsToStop) {
  S3Options options = test_options(s3_);
  options.first_backoff = TimeDelta::seconds(20);
  open(std::move(options));
  s3_.fail_next(Fault::kUnavailable, 1000);
  auto done = std::async(std::launch::async, [&] { return put("a", "x"); });
  while (s3_.requests() == 0) std::this_thread::yield();
  blobs_->stop();
  EXPECT_EQ(code_of(done.get()), ProblemCode::kStorageUnavailable);
  EXPECT_EQ(s3_.requests(), 1u);
}

TEST_F(S3BlobsTest, ListsPastWhatOthersPutIntoTheBucket) {
  for (const char* name : {"A", "B b", "C+c", "D&d", "E<e>", "F"}) s3_.put_directly(name);
  ASSERT_TRUE(put("a", "x"));
  ASSERT_TRUE(put("b", "x"));
  const auto listed = blobs_->list("", "", 2, soon());
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ(listed->front().key.text(), "a");
  EXPECT_EQ(listed->front().modified, WallTime{1767323045'000'000});
}

TEST_F(S3BlobsTest, ALinkOpensOneBlobForAWhileWithTheHeadersItNames) {
  ASSERT_TRUE(put("a/b.png", "picture"));
  const WallTime now = net::read_clock().wall;
  const auto link = blobs_->link(
      key("a/b.png"), {.content_type = "text/plain", .disposition = "attachment; filename=\"\xc3\xa7 1.png\""}, now);
  ASSERT_TRUE(link);
  const auto response = fetch(*link);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "picture");
  EXPECT_EQ(response->headers.get("Content-Type"), "text/plain");
  EXPECT_EQ(response->headers.get("Content-Disposition"), "attachment; filename=\"\xc3\xa7 1.png\"");

  std::string other = *link;
  other.replace(other.find("b.png"), 5, "c.png");
  EXPECT_EQ(fetch(other)->status, 403) << "for another blob";
  const WallTime before{now.unix_us - 400'000'000};
  EXPECT_EQ(fetch(*blobs_->link(key("a/b.png"), {}, before))->status, 403) << "too late";
  EXPECT_EQ(fetch(*blobs_->link(key("a/b.png"), {.valid_for = TimeDelta::seconds(500)}, before))->status, 200);
}

TEST_F(S3BlobsTest, KnowsWhereAmazonIs) {
  S3Options options = test_options(s3_);
  options.endpoint.clear();
  open(options);
  EXPECT_THAT(*blobs_->link(key("k"), {}, WallTime{}), StartsWith("https://files.s3.eu-test-1.amazonaws.com/k?"));
  options.bucket = "with.dots";
  open(options);
  EXPECT_THAT(*blobs_->link(key("k"), {}, WallTime{}), StartsWith("https://s3.eu-test-1.amazonaws.com/with.dots/k?"));
  options.endpoint = "https://minio.example:443/";
  options.style = S3Options::Style::kHost;
  options.bucket = "b";
  open(options);
  EXPECT_THAT(*blobs_->link(key("k"), {}, WallTime{}), StartsWith("https://b.minio.example/k?"));
}

TEST_F(S3BlobsTest, RefusesOptionsThatMakeNoSense) {
  const auto refuses = [&](auto change) {
    S3Options options = test_options(s3_);
    change(options);
    const auto opened = S3Blobs::open(std::move(options), rng_);
    return !opened && opened.error().code == Error::Code::kInvalidArgument;
  };
  EXPECT_FALSE(refuses([](S3Options&) {}));
  EXPECT_TRUE(refuses([](S3Options& o) { o.bucket = ""; }));
  EXPECT_TRUE(refuses([](S3Options& o) { o.bucket = "a/b"; }));
  EXPECT_TRUE(refuses([](S3Options& o) { o.region = ""; }));
  EXPECT_TRUE(refuses([](S3Options& o) { o.credentials.access_key = ""; }));
  EXPECT_TRUE(refuses([](S3Options& o) { o.credentials.secret = {}; }));
  for (const char* endpoint : {"minio:9000", "ftp://minio", "http://", "http://minio/path", "http://user@minio"}) {
    EXPECT_TRUE(refuses([&](S3Options& o) { o.endpoint = endpoint; })) << endpoint;
  }
}

TEST(S3XmlTest, FindsElementsAndUndoesEntities) {
  constexpr std::string_view kXml =
      "<?xml?><R xmlns=\"x\"><A>1</A><A>2</A><B>a&amp;b&lt;&#39;&#x2F;&unknown;&#233;</B>";
  EXPECT_EQ(xml_elements(kXml, "A"), (std::vector<std::string_view>{"1", "2"}));
  EXPECT_EQ(xml_unescape(xml_element(kXml, "B").value()), "a&b<'/&unknown;&#233;");
  EXPECT_EQ(xml_element(kXml, "C"), std::nullopt);
  EXPECT_EQ(xml_element("<A>never ends", "A"), std::nullopt);
  EXPECT_EQ(xml_unescape(xml_escape("<\"a'&b>")), "<\"a'&b>");
}

TEST(S3XmlTest, ReadsTimes) {
  EXPECT_EQ(parse_s3_time("2013-09-17T18:07:53.000Z"), WallTime{1379441273'000'000});
  EXPECT_EQ(parse_s3_time("2013-09-17T18:07:53Z"), WallTime{1379441273'000'000});
  for (const char* wrong : {"", "2013-09-17", "2013-09-17T18:07:xxZ", "x013-09-17T18:07:53Z", "2013-09-17 18:07:53Z"}) {
    EXPECT_EQ(parse_s3_time(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace parley::blob

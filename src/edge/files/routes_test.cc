// Files over HTTP: in by form and by tus, looked at, out again to those who may see them.
#include "edge/files/routes.h"

#include <filesystem>
#include <fstream>

#include "adapters/blob/disk_blobs.h"
#include "edge/chat/routes.h"
#include "edge/community/test_community_api.h"
#include "edge/files/maker.h"
#include "edge/files/tus.h"
#include "product/files/garbage.h"

namespace parley::files_api {
namespace {

namespace files = product::files;
using product::FileId;
using product::MediaFacts;
using product::Outcome;
using product::ProblemCode;

/// What would look at media, told what it finds. The real one is tried in src/media_tool and tests/interop.
class TellingTool final : public product::MediaTool {
 public:
  Outcome<MediaFacts> examine(const product::MediaJob& job, Timestamp /*deadline*/) override {
    ++asked;
    if (problem) return product::refuse(*problem);
    std::ofstream(std::filesystem::path(job.output_folder) / "clean") << "stripped";
    std::ofstream(std::filesystem::path(job.output_folder) / "small") << "tiny";
    MediaFacts facts{.kind = product::MediaKind::kImage, .content_type = "image/png", .width = 40, .height = 30};
    facts.derived = {{.role = product::DerivedRole::kClean, .content_type = "image/png", .file_name = "clean"},
                     {.role = product::DerivedRole::kSmall, .content_type = "image/webp", .file_name = "small"}};
    return facts;
  }
  int asked = 0;
  std::optional<ProblemCode> problem;
};

class TellingScanner final : public product::FileScanner {
 public:
  Outcome<product::ScanVerdict> scan(const std::string& /*path*/, Timestamp /*deadline*/) override {
    if (!is_up) return product::refuse(ProblemCode::kStorageUnavailable, "the scanner is down");
    return verdict;
  }
  bool is_up = true;
  product::ScanVerdict verdict = product::ScanVerdict::kClean;
};

constexpr std::string_view kPng("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR and what else there is", 40);

class FileApiTest : public community_api::CommunityApiTest {
 protected:
  void prepare(api::RouteTable& table, api::ApiOptions& /*options*/) override {
    auto opened = blob::DiskBlobs::open(folder_.file("files"));
    ASSERT_TRUE(opened);
    blobs_ = std::move(*opened);
    maker_ = std::make_unique<FileMaker>(
        MakerPorts{.store = *store_, .blobs = *blobs_, .media = tool_, .scanner = &scanner_, .rng = safe_rng_},
        folder_.file("work"), [this] { return Now{Timestamp::micros(now_.unix_us), now_}; });
    LinkSettings links{.key = Redacted(std::string("key"))};
    links.base = cdn_;
    links.is_cdn = !cdn_.empty();
    chat_api::add_chat_routes(table);
    add_file_routes(table, {*blobs_, readers_, limits_, links, [this] { ++wakes_; }});
  }
  net::HttpServerOptions server_options() override {
    net::HttpServerOptions options{.bind_addresses = {"127.0.0.1"}};
    options.plan_body = [this](const net::HttpRequest& head) { return plan_body(head, limits_, 1'000'000); };
    options.spool_folder = std::filesystem::path(folder_.file("x")).parent_path().string();
    return options;
  }
  api::TestAnswer upload(const std::string& token, const std::string& name, std::string_view content,
                         const std::string& more = {}) {
    const std::string form = more + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name +
                             "\"\r\n\r\n" + std::string(content) + "\r\n--b--\r\n";
    return call(token, "POST /api/v1/files", form, "Content-Type: multipart/form-data; boundary=b\r\n");
  }
  std::string ready(const std::string& token, const std::string& name, std::string_view content) {
    const auto answer = upload(token, name, content);
    EXPECT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(make_all(), 1);
    return text_of(answer.json().at("id"));
  }
  /// How many files were ended.
  int make_all() {
    int done = 0;
    while (true) {
      const auto next = maker_->make_next();
      EXPECT_TRUE(next);
      if (!next || *next != FileMaker::Done::kOne) return done;
      ++done;
    }
  }
  boost::json::value look(const std::string& token, const std::string& id) {
    return call(token, "GET /api/v1/files/" + id).json();
  }
  api::TestAnswer fetch(const std::string& token, const std::string& id, const std::string& query = {},
                        const std::string& headers = {}) {
    return call(token, "GET /api/v1/files/" + id + "/content" + query, {}, headers);
  }
  std::string direct(const product::UserId& other) {
    const auto answer = call("ada", "POST /api/v1/direct-conversations", R"({"userId":")" + other.text() + R"("})");
    return text_of(answer.json().at("id"));
  }
  api::TestAnswer send(const std::string& conversation, const std::string& file) {
    return call("ada", "POST /api/v1/conversations/" + conversation + "/messages",
                R"({"attachments":[")" + file + R"("]})");
  }
  static constexpr const char* kTus = "Tus-Resumable: 1.0.0\r\n";
  static constexpr const char* kStream = "Content-Type: application/offset+octet-stream\r\n";
  std::string create(int64_t size) {
    const auto made =
        call("ada", "POST /api/v1/uploads", {},
             kTus + ("Upload-Length: " + std::to_string(size) + "\r\nUpload-Metadata: filename YS50eHQ=\r\n"));
    EXPECT_EQ(made.status, 201) << made.body;
    return made.header("Location");
  }
  api::TestAnswer patch(const std::string& place, int64_t offset, const std::string& bytes,
                        const std::string& headers = {}) {
    return call("ada", "PATCH " + place, bytes,
                kTus + std::string(kStream) + "Upload-Offset: " + std::to_string(offset) + "\r\n" + headers);
  }

  store::TestFolder folder_;
  TellingTool tool_;
  TellingScanner scanner_;
  files::FileLimits limits_{.file = 100'000, .user = 300'000, .server = 0};
  std::string cdn_;
  int wakes_ = 0;
  net::WorkerPool readers_{{.threads = 2}};
  std::unique_ptr<product::BlobStore> blobs_;
  std::unique_ptr<FileMaker> maker_;
  product::UserId ada_ = enter("ada");
  product::UserId bora_ = enter("bora");
};

TEST_P(FileApiTest, MSG2_APictureIsServedStrippedAndSmallToWhoeverReadsItsMessage) {
  const std::string id = ready("ada", "a.png", kPng);
  EXPECT_EQ(text_of(look("ada", id).at("contentType")), "image/png");
  EXPECT_EQ(fetch("bora", id).code(), "not_found") << "nobody sent it to him";
  ASSERT_EQ(send(direct(bora_), id).status, 201);
  const auto original = fetch("bora", id);
  EXPECT_EQ(original.body, "stripped") << "never the bytes with their metadata";
  EXPECT_EQ(original.header("Content-Type"), "image/png");
  EXPECT_EQ(original.header("Content-Disposition"), "inline; filename=\"a.png\"");
  EXPECT_EQ(original.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(original.header("Content-Security-Policy"), "default-src 'none'; sandbox");
  EXPECT_EQ(fetch("bora", id, "?form=small").body, "tiny");
  EXPECT_EQ(fetch("bora", id, "?form=playable").code(), "not_found");
  EXPECT_TRUE(fetch("bora", id, "?download=true").header("Content-Disposition").starts_with("attachment"));
  enter("cem");
  EXPECT_EQ(fetch("cem", id).code(), "not_found");
}

TEST_P(FileApiTest, MSG2_WhatIsNotShownIsOfferedForDownloadWithoutAType) {
  const std::string page = "<html><script>alert(1)</script></html>";
  for (const auto& [name, content] : std::vector<std::pair<std::string, std::string>>{
           {"a.png", page}, {"a.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"}, {"a.txt", "plain words"}}) {
    const auto answer = fetch("ada", ready("ada", name, content));
    EXPECT_EQ(answer.body, content);
    EXPECT_EQ(answer.header("Content-Type"), "application/octet-stream") << name;
    EXPECT_TRUE(answer.header("Content-Disposition").starts_with("attachment")) << name;
  }
  EXPECT_EQ(tool_.asked, 0) << "nobody needs to understand it";
}

TEST_P(FileApiTest, AMessageMayComeBeforeItsFileWasLookedAtAndChangesThen) {
  const std::string talk = direct(bora_);
  const auto uploaded = upload("ada", "a.png", kPng);
  EXPECT_EQ(wakes_, 1);
  const std::string id = text_of(uploaded.json().at("id"));
  ASSERT_EQ(send(talk, id).status, 201);
  EXPECT_EQ(fetch("bora", id).code(), "file_not_ready");
  const auto messages = [&] { return call("bora", "GET /api/v1/conversations/" + talk + "/messages").json(); };
  EXPECT_EQ(text_of(messages().at("items").at(0).at("attachments").at(0).at("state")), "processing");
  EXPECT_EQ(make_all(), 1);
  const auto after = messages().at("items").at(0);
  EXPECT_EQ(text_of(after.at("attachments").at(0).at("state")), "ready");
  EXPECT_EQ(after.at("change").as_int64(), 2) << "whoever asks for changes is told";
  const auto found = call("bora", "GET /api/v1/search/messages?has=image");
  EXPECT_EQ(found.json().at("items").as_array().size(), 1u) << found.body;
}

TEST_P(FileApiTest, WhatCannotBeReadIsRefusedAndItsBytesAreGone) {
  for (const ProblemCode why : {ProblemCode::kMediaUnreadable, ProblemCode::kMediaTooLarge}) {
    tool_.problem = why;
    const std::string id = ready("ada", "a.png", kPng);
    EXPECT_EQ(text_of(look("ada", id).at("problem")), product::info(why).name);
    EXPECT_EQ(fetch("ada", id).code(), "not_found");
    EXPECT_EQ(send(direct(bora_), id).code(), "invalid_request");
  }
}

TEST_P(FileApiTest, AFileThatKillsWhoeverLooksAtItIsRefusedAndItsMessageSaysSo) {
  const std::string talk = direct(bora_);
  const std::string id = text_of(upload("ada", "a", "deadly").json().at("id"));
  ASSERT_EQ(send(talk, id).status, 201);
  for (int64_t i = 0; i < files::kMaxAttempts; ++i) {
    // Whoever had it is gone with its claim.
    ASSERT_TRUE(*store_->write(
        soon(), [&](product::Tx& tx) -> Outcome<bool> { return files::claim_next(tx, now_).has_value(); }));
    advance(files::kClaimFor);
  }
  EXPECT_EQ(make_all(), 1);
  const auto told = call("bora", "GET /api/v1/conversations/" + talk + "/messages").json().at("items").at(0);
  EXPECT_EQ(text_of(told.at("attachments").at(0).at("problem")), "media_unreadable");
  EXPECT_EQ(told.at("change").as_int64(), 2) << "whoever asks for changes is told";
}

TEST_P(FileApiTest, TheScannerRefusesAndWhileItIsDownFilesWait) {
  scanner_.verdict = product::ScanVerdict::kInfected;
  EXPECT_EQ(text_of(look("ada", ready("ada", "a", "evil")).at("problem")), "file_infected");
  scanner_.is_up = false;
  const std::string id = text_of(upload("ada", "b", "good").json().at("id"));
  EXPECT_EQ(make_all(), 0);
  EXPECT_EQ(text_of(look("ada", id).at("state")), "processing");
  scanner_ = TellingScanner();
  advance(TimeDelta::seconds(10));
  EXPECT_EQ(make_all(), 1);
  EXPECT_EQ(fetch("ada", id).body, "good");
}

TEST_P(FileApiTest, RangesAndTagsAreHonoured) {
  const std::string id = ready("ada", "a", "0123456789");
  const auto part = fetch("ada", id, {}, "Range: bytes=2-4\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.header("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(fetch("ada", id, {}, "Range: bytes=10-\r\n").status, 416);
  const std::string tag = part.header("ETag");
  EXPECT_EQ(fetch("ada", id, {}, "If-None-Match: " + tag + "\r\n").status, 304);
  EXPECT_EQ(fetch("ada", id, {}, "Range: bytes=0-0\r\nIf-Range: " + tag + "\r\n").status, 206);
  EXPECT_EQ(fetch("ada", id, {}, "Range: bytes=0-0\r\nIf-Range: \"other\"\r\n").status, 200);
}

TEST_P(FileApiTest, FormsThatAreNoneAreRefusedWithACode) {
  const auto post = [&](const std::string& body, const std::string& type) {
    return call("ada", "POST /api/v1/files", body, "Content-Type: " + type + "\r\n").code();
  };
  EXPECT_EQ(post("x", "multipart/form-data; boundary=b"), "invalid_request");
  EXPECT_EQ(post("x", "multipart/form-data"), "invalid_request");
  EXPECT_EQ(post("x", "text/plain"), "unsupported_media_type");
  EXPECT_EQ(upload("ada", "a", "x", "--b\r\nContent-Disposition: form-data; name=f; filename=b\r\n\r\ny\r\n").code(),
            "invalid_request")
      << "two files";
  EXPECT_EQ(upload("ada", "a", std::string(100'001, 'x')).code(), "body_too_large");
  EXPECT_EQ(call("", "POST /api/v1/files", "x", "Content-Type: multipart/form-data; boundary=b\r\n").code(),
            "unauthenticated");
}

TEST_P(FileApiTest, AQuotaIsTheUsersOwn) {
  for (int i = 0; i < 3; ++i) ready("ada", "a", std::string(100'000, static_cast<char>('a' + i)));
  EXPECT_EQ(upload("ada", "a", "x").code(), "quota_exceeded");
  EXPECT_EQ(upload("bora", "a", "x").status, 201);
  const auto usage = call("ada", "GET /api/v1/users/me/file-usage").json();
  EXPECT_EQ(usage.at("used").as_int64(), 300'000);
  EXPECT_EQ(usage.at("limit").as_int64(), 300'000);
}

TEST_P(FileApiTest, OnlyItsOwnerForgetsAFileAndNotWhileAMessageHoldsIt) {
  const std::string id = ready("ada", "a", "x");
  const std::string line = "DELETE /api/v1/files/" + id;
  EXPECT_EQ(call("bora", line).code(), "not_found");
  const auto sent = send(direct(bora_), id);
  EXPECT_EQ(call("ada", line).code(), "conflict");
  ASSERT_EQ(call("ada", "DELETE /api/v1/messages/" + text_of(sent.json().at("id"))).status, 204);
  EXPECT_EQ(fetch("bora", id).code(), "not_found") << "with the message its files are gone";
  EXPECT_EQ(call("ada", line).status, 204);
  EXPECT_EQ(call("ada", line).code(), "not_found");
}

TEST_P(FileApiTest, TusGoesOnWhereItStopped) {
  const std::string place = create(10);
  EXPECT_EQ(patch(place, 0, "01234").header("Upload-Offset"), "5");
  EXPECT_EQ(patch(place, 0, "01234").code(), "conflict") << "these are there";
  EXPECT_EQ(patch(place, 9, "x").code(), "conflict") << "a gap";
  EXPECT_EQ(patch(place, 5, "567890").code(), "invalid_request") << "more than was announced";
  const auto head = call("ada", "HEAD " + place, {}, kTus);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Upload-Offset"), "5");
  EXPECT_EQ(head.header("Upload-Length"), "10");
  EXPECT_EQ(head.header("Cache-Control"), "no-store");
  EXPECT_EQ(head.header("Tus-Resumable"), "1.0.0");
  EXPECT_FALSE(head.header("Upload-Expires").empty());
  EXPECT_EQ(call("bora", "HEAD " + place, {}, kTus).status, 404);
  EXPECT_EQ(patch(place, 5, "56789").header("Upload-Offset"), "10");
  EXPECT_EQ(make_all(), 1);
  const std::string id = place.substr(place.rfind('/') + 1);
  EXPECT_EQ(fetch("ada", id).body, "0123456789");
  EXPECT_EQ(text_of(look("ada", id).at("name")), "a.txt");
}

TEST_P(FileApiTest, TusSaysWhatIsWrong) {
  const std::string place = create(10);
  EXPECT_EQ(call("ada", "PATCH " + place, "x", std::string(kStream) + "Upload-Offset: 0\r\n").code(),
            "tus_version_unsupported");
  EXPECT_EQ(call("ada", "PATCH " + place, "x", kTus + std::string(kStream)).code(), "invalid_request");
  EXPECT_EQ(call("ada", "PATCH " + place, "x", kTus + std::string("Upload-Offset: 0\r\nContent-Type: a/b\r\n")).code(),
            "unsupported_media_type");
  const auto wrong = patch(place, 0, "hello", "Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\r\n");
  EXPECT_EQ(wrong.status, 460);
  EXPECT_EQ(wrong.code(), "checksum_mismatch");
  EXPECT_EQ(call("ada", "POST /api/v1/uploads", {}, kTus).code(), "invalid_request");
  EXPECT_EQ(call("ada", "POST /api/v1/uploads", {}, kTus + std::string("Upload-Length: 100001\r\n")).code(),
            "body_too_large");
  EXPECT_EQ(patch(place, 0, std::string(kMaxTusChunk + 1, 'x')).status, 413);
  EXPECT_EQ(call("ada", "DELETE " + place, {}, kTus).status, 204);
  EXPECT_EQ(patch(place, 0, "x").code(), "not_found");
}

TEST_P(FileApiTest, AnUploadWhoseFirstBytesAreRefusedLeavesNothingBehind) {
  const auto wrong = call(
      "ada", "POST /api/v1/uploads", "hello",
      kTus + std::string(kStream) + "Upload-Length: 100\r\nUpload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\r\n");
  EXPECT_EQ(wrong.code(), "checksum_mismatch");
  EXPECT_EQ(call("ada", "GET /api/v1/users/me/file-usage").json().at("used").as_int64(), 0);
}

TEST_P(FileApiTest, TusCarriesChecksumsOffersAndBytesWithTheCreation) {
  const auto offer = call("", "OPTIONS /api/v1/uploads");
  EXPECT_EQ(offer.status, 204);
  EXPECT_EQ(offer.header("Tus-Version"), "1.0.0");
  EXPECT_EQ(offer.header("Tus-Max-Size"), "100000");
  const auto made =
      call("ada", "POST /api/v1/uploads", "hello ", kTus + std::string(kStream) + "Upload-Length: 11\r\n");
  EXPECT_EQ(made.header("Upload-Offset"), "6") << made.body;
  const auto done = call("ada", "POST " + made.header("Location"), "world",
                         kTus + std::string(kStream) +
                             "Upload-Offset: 6\r\nX-HTTP-Method-Override: PATCH\r\n"
                             "Upload-Checksum: md5 fXkwN6B2AYZXSwKC8vQ15w==\r\n");
  EXPECT_EQ(done.header("Upload-Offset"), "11") << done.body;
  EXPECT_EQ(make_all(), 1);
}

TEST_P(FileApiTest, ALinkServesWhoeverHasItWhileItsUserMaySeeTheFile) {
  const std::string id = ready("ada", "a", "content");
  const auto sent = send(direct(bora_), id);
  const auto made = call("bora", "POST /api/v1/files/" + id + "/links", "{}").json();
  const std::string url = text_of(made.at("url"));
  const auto served = call("", "GET " + url);
  EXPECT_EQ(served.body, "content");
  EXPECT_TRUE(served.header("Cache-Control").starts_with("private, max-age="));
  EXPECT_TRUE(served.header("Cache-Control").ends_with(", immutable"));
  EXPECT_EQ(call("", "GET " + url + "x").code(), "link_invalid");
  ASSERT_EQ(call("ada", "DELETE /api/v1/messages/" + text_of(sent.json().at("id"))).status, 204);
  EXPECT_EQ(call("", "GET " + url).code(), "not_found");
  advance(TimeDelta::seconds(7200));
  EXPECT_EQ(call("", "GET " + url).code(), "link_invalid");
}

class CdnTest : public FileApiTest {
 protected:
  CdnTest() { cdn_ = "https://cdn.example.com"; }
};

TEST_P(CdnTest, SCL5_LinksLeadToTheCdnAreTheSameForAllAndMayBeKept) {
  const std::string id = ready("ada", "a", "content");
  ASSERT_EQ(send(direct(bora_), id).status, 201);
  const auto link = [&](const std::string& token) {
    return text_of(call(token, "POST /api/v1/files/" + id + "/links", "{}").json().at("url"));
  };
  const std::string url = link("ada");
  EXPECT_EQ(link("bora"), url);
  ASSERT_TRUE(url.starts_with(cdn_ + "/api/v1/content/"));
  const auto served = call("", "GET " + url.substr(cdn_.size()));
  EXPECT_EQ(served.body, "content");
  EXPECT_TRUE(served.header("Cache-Control").starts_with("public, max-age="));
  EXPECT_TRUE(served.header("Cache-Control").ends_with(", immutable"));
  EXPECT_EQ(served.header("Cross-Origin-Resource-Policy"), "cross-origin");
}

PARLEY_ON_BOTH_DATABASES(FileApiTest);
PARLEY_ON_BOTH_DATABASES(CdnTest);

}  // namespace
}  // namespace parley::files_api

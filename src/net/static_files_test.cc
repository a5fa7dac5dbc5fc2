#include "net/static_files.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "base/bytes.h"

namespace parley::net {
namespace {

namespace fs = std::filesystem;

class StaticFilesTest : public testing::Test {
 protected:
  StaticFilesTest() {
    std::string name = (fs::temp_directory_path() / "parley_static_XXXXXX").string();
    folder_ = mkdtemp(name.data());
    write("index.html", "<!doctype html>app");
    write("sw.js", "worker");
    write("assets/app-1a2b.js", std::string(5000, 'x'));
    write("assets/logo.png", std::string(5000, 'x'));
  }
  ~StaticFilesTest() override { fs::remove_all(folder_); }

  void write(const std::string& path, const std::string& content) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << content;
  }
  HttpResponse get(const std::string& path, HttpHeaders headers = {}, const std::string& method = "GET") {
    const auto files = StaticFiles::load(folder_.string());
    EXPECT_TRUE(files);
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.headers = std::move(headers);
    return files->respond(request);
  }

  fs::path folder_;
};

TEST_F(StaticFilesTest, ServesAFileWithItsType) {
  const HttpResponse response = get("/sw.js");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content(), "worker");
  EXPECT_EQ(response.headers.get("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(response.headers.get("Cache-Control"), "no-cache");
}

TEST_F(StaticFilesTest, LetsNamedAssetsBeKeptForEver) {
  EXPECT_EQ(get("/assets/app-1a2b.js").headers.get("Cache-Control"), "public, max-age=31536000, immutable");
}

TEST_F(StaticFilesTest, GivesPathsOfTheAppTheIndex) {
  for (const char* path : {"/", "/rooms/abc", "/login"}) {
    EXPECT_EQ(get(path).content(), "<!doctype html>app") << path;
    EXPECT_EQ(get(path).headers.get("Content-Type"), "text/html; charset=utf-8");
  }
}

TEST_F(StaticFilesTest, AnswersAMissingFileWith404) {
  EXPECT_EQ(get("/missing.js").status, 404);
  EXPECT_EQ(get("/assets/app-old.css").status, 404);
}

TEST_F(StaticFilesTest, NeverLeavesTheFolder) {
  std::ofstream(folder_.string() + ".secret") << "secret";
  const std::string outside = "/../" + folder_.filename().string() + ".secret";
  fs::create_symlink("/etc/passwd", folder_ / "link.txt");
  fs::create_directory_symlink("/etc", folder_ / "etc");
  for (const std::string& path : {outside, std::string("/../../../../etc/passwd.x"), std::string("/link.txt"),
                                  std::string("/etc/os-release.x"), std::string("/assets/../../x.y")}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  fs::remove(folder_.string() + ".secret");
}

TEST_F(StaticFilesTest, AnswersAKnownEtagWith304) {
  const HttpResponse first = get("/sw.js");
  const std::string etag(first.headers.get("ETag"));
  const HttpResponse second = get("/sw.js", {{"If-None-Match", "\"x\", " + etag}});
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.content(), "");
  EXPECT_EQ(second.headers.get("ETag"), etag);
  EXPECT_EQ(get("/sw.js", {{"If-None-Match", "\"other\""}}).status, 200);
}

TEST_F(StaticFilesTest, CompressesTextForClientsThatTakeIt) {
  const HttpResponse response = get("/assets/app-1a2b.js", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_EQ(response.headers.get("Content-Encoding"), "gzip");
  EXPECT_EQ(response.headers.get("Vary"), "Accept-Encoding");
  EXPECT_LT(response.content().size(), 200u);
  EXPECT_TRUE(response.content().starts_with("\x1f\x8b"));
  EXPECT_FALSE(get("/assets/app-1a2b.js").headers.has("Content-Encoding"));
  EXPECT_FALSE(get("/assets/logo.png", {{"Accept-Encoding", "gzip"}}).headers.has("Content-Encoding"));
}

TEST_F(StaticFilesTest, SendsTheSecurityHeaders) {
  const HttpResponse response = get("/");
  EXPECT_NE(response.headers.get("Content-Security-Policy").find("default-src 'self'"), std::string_view::npos);
  EXPECT_NE(response.headers.get("Permissions-Policy").find("camera=(self)"), std::string_view::npos);
  EXPECT_EQ(response.headers.get("X-Content-Type-Options"), "nosniff");
}

TEST_F(StaticFilesTest, RefusesOtherMethods) {
  EXPECT_EQ(get("/", {}, "HEAD").status, 200);
  const HttpResponse response = get("/", {}, "POST");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.get("Allow"), "GET, HEAD");
}

TEST_F(StaticFilesTest, SaysWhichFolderIsMissing) {
  const auto files = StaticFiles::load((folder_ / "none").string());
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().message.find("none"), std::string::npos);
}

}  // namespace
}  // namespace parley::net

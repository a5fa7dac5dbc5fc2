#include "edge/files/multipart.h"

#include <gtest/gtest.h>

#include <optional>

namespace parley::files_api {
namespace {

ReadAt reading(const std::string& body) {
  return [body](uint64_t offset, std::span<char> into) -> std::optional<size_t> {
    if (offset >= body.size()) return 0;
    return body.copy(into.data(), into.size(), offset);
  };
}
std::string part(const std::string& disposition, const std::string& content) {
  return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
}
MultipartError error_of(const std::string& body) {
  const auto parts = parse_multipart(reading(body), "b");
  EXPECT_FALSE(parts.has_value()) << body;
  return parts ? MultipartError::kUnreadable : parts.error();
}

TEST(Multipart, SaysWhereThePartsAre) {
  const std::string body =
      part("name=\"voice\"", "true") + part("name=\"file\"; filename=\"a;b.png\"", "\r\n--c\r\n") + "--b--\r\n";
  const auto parts = parse_multipart(reading(body), "b");
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].name, "voice");
  EXPECT_FALSE((*parts)[0].is_file);
  EXPECT_EQ(body.substr((*parts)[0].offset, (*parts)[0].size), "true");
  EXPECT_EQ((*parts)[1].file_name, "a;b.png");
  EXPECT_EQ(body.substr((*parts)[1].offset, (*parts)[1].size), "\r\n--c\r\n");
}

TEST(Multipart, FindsDelimitersWhereverTheWindowsOfReadingMeet) {
  for (size_t size = 65'536 - 200; size < 65'536 + 20; ++size) {
    const std::string body = part("name=\"file\"; filename=\"a\"", std::string(size, '-')) + "--b--\r\n";
    const auto parts = parse_multipart(reading(body), "b");
    ASSERT_TRUE(parts) << size;
    ASSERT_EQ(parts->front().size, size);
  }
}

TEST(Multipart, KnowsEmptyPartsAndOtherHeaders) {
  const auto parts = parse_multipart(
      reading("--b\r\nContent-Type: a/b\r\ncontent-disposition: form-data; filename=x; name=f\r\n\r\n\r\n--b--"), "b");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->front().size, 0u);
  EXPECT_EQ(parts->front().file_name, "x");
}

TEST(Multipart, RefusesWhatIsNone) {
  for (const char* body :
       {"", "--b", "--b\r\n", "--bx\r\n", "x--b\r\n\r\n", "--b\r\n\r\ncontent\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nopen",
        "--b\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--", "--b\r\nno colon\r\n\r\n\r\n--b--"}) {
    EXPECT_EQ(error_of(body), MultipartError::kMalformed) << body;
  }
}

TEST(Multipart, HasLimits) {
  std::string many;
  for (size_t i = 0; i <= kMaxParts; ++i) many += part("name=\"a\"", "");
  EXPECT_EQ(error_of(many + "--b--"), MultipartError::kTooManyParts);
  EXPECT_EQ(error_of("--b\r\nX: " + std::string(kMaxPartHead, 'x') + "\r\n\r\n\r\n--b--"),
            MultipartError::kHeadTooLarge);
}

TEST(Multipart, SaysWhenTheBodyCannotBeRead) {
  const ReadAt broken = [](uint64_t, std::span<char>) -> std::optional<size_t> { return std::nullopt; };
  const auto parts = parse_multipart(broken, "b");
  ASSERT_FALSE(parts);
  EXPECT_EQ(parts.error(), MultipartError::kUnreadable);
}

TEST(Multipart, TakesTheBoundaryAsRfc2046HasIt) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(multipart_boundary("multipart/form-data; charset=utf-8; BOUNDARY=\"a b:c\""), "a b:c");
  EXPECT_EQ(multipart_boundary("multipart/form-data"), "");
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'a')), "");
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=a\"b"), "");
}

}  // namespace
}  // namespace parley::files_api

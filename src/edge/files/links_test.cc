#include "edge/files/links.h"

#include <gtest/gtest.h>

#include <map>

namespace parley::files_api {
namespace {

using product::FileId;
using product::UserId;
using product::files::FormRole;

const LinkSettings kSettings{.key = Redacted(std::string("key")), .base = "https://cdn.example.com"};
constexpr WallTime kNow{1'800'000'123'456'789};

LinkParts parts() {
  return {.file = FileId("f"), .form = FormRole::kSmall, .user = UserId("ada"), .expires_at = link_end(kNow)};
}
/// What a server would parse of it.
LinkQuery query_of(const std::string& url) {
  std::map<std::string, std::string> values;
  std::string_view rest = std::string_view(url).substr(url.find('?') + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    values[std::string(pair.substr(0, pair.find('=')))] = pair.substr(pair.find('=') + 1);
  }
  LinkQuery query{.form = values["form"] == "small" ? FormRole::kSmall : FormRole::kOriginal};
  query.expires = std::stoll(values["expires"]);
  query.signature = values["signature"];
  if (values.contains("user")) query.user = UserId(values["user"]);
  if (values.contains("download")) query.download = values["download"] == "true";
  return query;
}

TEST(FileLinks, SayWhatTheyWereMadeFor) {
  LinkParts made = parts();
  made.is_download = true;
  const std::string url = make_link(kSettings, made);
  EXPECT_TRUE(url.starts_with("https://cdn.example.com/api/v1/content/f?form=small&"));
  const auto read = read_link(kSettings, FileId("f"), query_of(url), kNow);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->user, UserId("ada"));
  EXPECT_TRUE(read->is_download);
}

TEST(FileLinks, AreGoodForNothingElse) {
  const LinkQuery good = query_of(make_link(kSettings, parts()));
  ASSERT_TRUE(read_link(kSettings, FileId("f"), good, kNow));
  EXPECT_FALSE(read_link(kSettings, FileId("g"), good, kNow));
  LinkQuery altered = good;
  altered.form = FormRole::kOriginal;
  EXPECT_FALSE(read_link(kSettings, FileId("f"), altered, kNow));
  altered = good;
  altered.expires += 1;
  EXPECT_FALSE(read_link(kSettings, FileId("f"), altered, kNow));
  altered = good;
  altered.user.reset();
  EXPECT_FALSE(read_link(kSettings, FileId("f"), altered, kNow)) << "everybody's";
  altered = good;
  altered.download = true;
  EXPECT_FALSE(read_link(kSettings, FileId("f"), altered, kNow));
  altered = good;
  altered.signature.pop_back();
  EXPECT_FALSE(read_link(kSettings, FileId("f"), altered, kNow));
  const LinkSettings other{.key = Redacted(std::string("other")), .base = kSettings.base};
  EXPECT_FALSE(read_link(other, FileId("f"), good, kNow));
}

TEST(FileLinks, EndAfterAnHourOrTwoAndAreTheSameMeanwhile) {
  const WallTime end = link_end(kNow);
  EXPECT_GE(end.unix_us - kNow.unix_us, kLinkPeriod.us());
  EXPECT_LE(end.unix_us - kNow.unix_us, 2 * kLinkPeriod.us());
  EXPECT_EQ(link_end(WallTime{kNow.unix_us + 1'000'000}), end);
  const LinkQuery good = query_of(make_link(kSettings, parts()));
  EXPECT_TRUE(read_link(kSettings, FileId("f"), good, WallTime{end.unix_us - 1}));
  EXPECT_FALSE(read_link(kSettings, FileId("f"), good, end));
}

}  // namespace
}  // namespace parley::files_api

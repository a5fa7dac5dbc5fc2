#include "adapters/mail/message.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "adapters/mail/folder_mailer.h"
#include "base/base64.h"

namespace parley::mail {
namespace {

MessageStamp stamp_of() { return {{0}, "id"}; }

TEST(MailMessage, IsWhatMailProgramsRead) {
  const std::string text = make_message({"ali@example.com", "Hello", "Line\nüçüncü\n", "tr"},
                                        {"no@chat.example", "Söz"}, {{1'795'180'555'000'000}, "abc123"});
  EXPECT_TRUE(
      text.starts_with("Date: Fri, 20 Nov 2026 13:15:55 +0000\r\nFrom: =?UTF-8?B?U8O2eg==?= <no@chat.example>\r\n"
                       "To: <ali@example.com>\r\nSubject: Hello\r\nMessage-ID: <abc123@chat.example>\r\n"))
      << text;
  const std::string body = text.substr(text.find("\r\n\r\n") + 4);
  EXPECT_EQ(body, base64_encode(as_bytes("Line\r\nüçüncü\r\n")) + "\r\n");
}

TEST(MailMessage, EncodesASubjectInWordsThatFit) {
  std::string subject;
  for (int i = 0; i < 40; ++i) subject += "Şə🎧";
  const std::string encoded = encode_words(subject);
  std::string decoded;
  std::string_view rest = encoded;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n "));
    EXPECT_LE(line.size(), 75u);
    ASSERT_TRUE(line.starts_with("=?UTF-8?B?") && line.ends_with("?="));
    const auto bytes = base64_decode(line.substr(10, line.size() - 12));
    ASSERT_TRUE(bytes);
    decoded += as_text(*bytes);
    rest.remove_prefix(std::min(rest.size(), line.size() + 3));
  }
  EXPECT_EQ(decoded, subject);
}

TEST(MailMessage, NothingInASubjectBecomesAHeader) {
  const std::string text =
      make_message({"a@b.c", "Hi\r\nBcc: <all@example.com>", "x", "en"}, {"n@b.c", "A\r\nX: y"}, stamp_of());
  EXPECT_FALSE(text.contains("\nBcc:"));
  EXPECT_FALSE(text.contains("\nX:"));
}

TEST(MailMessage, KnowsAnAddress) {
  EXPECT_TRUE(is_address("a.b+c@example.com"));
  for (const char* bad : {"", "a", "@b", "a@", "a@b@c", "a b@c.d", "a@b\r\nRCPT TO:<x@y>", "<a@b.c>", "-oQ@b.c"})
    EXPECT_FALSE(is_address(bad)) << bad;
}

class FolderMailerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "parley_mail_XXXXXX").string();
    ASSERT_TRUE(::mkdtemp(name.data()));
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
  SeededRng rng_{1};
};

TEST_F(FolderMailerTest, WritesEveryMailAsAFile) {
  FolderMailer mailer(folder_ / "mails", {"no@chat.example", ""}, rng_);
  ASSERT_TRUE(mailer.send({"a@b.c", "One", "1", "en"}));
  ASSERT_TRUE(mailer.send({"a@b.c", "Two", "2", "en"}));
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "mails")) {
    EXPECT_EQ(entry.path().extension(), ".eml");
    std::ifstream file(entry.path());
    std::string first;
    std::getline(file, first);
    EXPECT_TRUE(first.starts_with("Date: ")) << first;
    ++count;
  }
  EXPECT_EQ(count, 2);
}

TEST_F(FolderMailerTest, RefusesWhatIsNoAddressAndWhatCannotBeWritten) {
  FolderMailer mailer(folder_, {"no@chat.example", ""}, rng_);
  EXPECT_EQ(mailer.send({"a b@c", "One", "1", "en"}).error().code, product::ProblemCode::kInvalidRequest);
  std::ofstream(folder_ / "file") << "in the way";
  FolderMailer blocked(folder_ / "file", {"no@chat.example", ""}, rng_);
  EXPECT_EQ(blocked.send({"a@b.c", "One", "1", "en"}).error().code, product::ProblemCode::kInternal);
}

}  // namespace
}  // namespace parley::mail

#include "product/identity/names.h"

#include <gtest/gtest.h>

#include "product/identity/mail_tokens.h"
#include "product/identity/secrets.h"

namespace parley::product::identity {
namespace {

TEST(Usernames, HoldLettersOfOneScript) {
  for (const char* good : {"ali", "Şəki_1", "ığdır.34", "ёжик", "Ωμέγα", "a1", "a-b.c_d"})
    EXPECT_TRUE(check_username(good)) << good;
  for (const char* bad : {"a", "", "аli", "Ωmega", "a b", "a@b", "a/b", "-ab", "ab_", "a__b", "東京", "a\u0307b",
                          "a\u200bb", "<b>", "abcdefghijklmnopqrstuvwxyz1234567"})
    EXPECT_FALSE(check_username(bad)) << bad;
}

TEST(Emails, HaveTheShapeOfAnAddress) {
  for (const char* good : {"a@b.co", "a.b+c@mail.example.com", "ünal@örnek.com.tr"})
    EXPECT_TRUE(check_email(good)) << good;
  for (const char* bad : {"", "a", "a@", "@b.co", "a@b", "a b@c.de", "a@b@c.de", "a@.de", "a@b..de", "a@b.de.",
                          "\"a\"@b.de", "a@b.de\r\nBcc: x@y.z", "<a@b.de>", "a@b,c.de"})
    EXPECT_FALSE(check_email(bad)) << bad;
}

TEST(TimeZones, HaveTheShapeOfANameInTheList) {
  for (const char* good : {"", "UTC", "Europe/Istanbul", "America/Argentina/Buenos_Aires", "Etc/GMT+3"})
    EXPECT_TRUE(check_time_zone(good)) << good;
  for (const char* bad : {"../etc/passwd", "Europe//Istanbul", "/UTC", "3", "Europe/İstanbul"})
    EXPECT_FALSE(check_time_zone(bad)) << bad;
}

TEST(AvatarUrls, AreWebAddressesWithoutCredentialsOrScripts) {
  for (const char* good : {"", "https://cdn.example.com/a.png?x=1", "http://localhost:3000/a.png"})
    EXPECT_TRUE(check_avatar_url(good)) << good;
  for (const char* bad : {"javascript:alert(1)", "data:text/html,x", "https://", "https://u:p@example.com/", "/a.png",
                          "https://a.b/\"><script>", "https://a b/"})
    EXPECT_FALSE(check_avatar_url(bad)) << bad;
}

TEST(Passwords, MustNotBeGuessable) {
  const std::array<std::string_view, 2> names{"SelinKaya", "Isparta32@example.com"};
  for (const char* good : {"doğru at pil zımba", "x7#kQ!pp"}) EXPECT_TRUE(check_password(good, names)) << good;
  for (const char* bad : {"kısa12", "12345678", "PassWord", "aaaaaaaaaaaa", "ğğğğğğğğ", "selınkaya", "ısparta32",
                          "isparta32@EXAMPLE.com", "Galatasaray"})
    EXPECT_EQ(check_password(bad, names).error().code, ProblemCode::kPasswordTooWeak) << bad;
}

TEST(Passwords, AreCountedInCharacters) {
  EXPECT_TRUE(check_password("şğüöçıəŞ", {}));
  EXPECT_FALSE(check_password("şğüöçıə", {}));
}

TEST(Secrets, CarryTheirKindAndAreStoredAsHashes) {
  SeededRng rng(1);
  const std::string secret = make_secret(SecretKind::kAccess, rng);
  EXPECT_EQ(secret.size(), 46u);
  EXPECT_TRUE(is_secret(SecretKind::kAccess, secret));
  EXPECT_FALSE(is_secret(SecretKind::kRefresh, secret));
  EXPECT_NE(make_secret(SecretKind::kAccess, rng), secret);
  EXPECT_EQ(hash_secret("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
}

TEST(MailTexts, SpeakThreeLanguagesAndHideTheSecretFromServers) {
  MailOrder order{MailPurpose::kResetPassword, "a@b.de", "tr", "Ali", Redacted(std::string("pm_x"))};
  Mail mail = write_mail(order, "https://chat.example.com/", "en");
  EXPECT_EQ(mail.locale, "tr");
  EXPECT_TRUE(mail.text.starts_with("Merhaba Ali,")) << mail.text;
  EXPECT_TRUE(mail.text.contains("\nhttps://chat.example.com/reset-password#token=pm_x\n")) << mail.text;
  order.locale = "";
  EXPECT_EQ(write_mail(order, "https://x", "az").locale, "az");
  EXPECT_EQ(write_mail(order, "https://x", "de").locale, "en");
  order.purpose = MailPurpose::kVerifyEmail;
  EXPECT_TRUE(write_mail(order, "https://x", "az").text.contains("https://x/verify-email#token=pm_x"));
}

}  // namespace
}  // namespace parley::product::identity

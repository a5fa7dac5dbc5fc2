// What the mails say, in the three languages.
#include <fmt/format.h>

#include <array>

#include "product/identity/mail_tokens.h"

namespace parley::product::identity {
namespace {

struct MailText {
  MailPurpose purpose;
  std::string_view locale;
  std::string_view subject;
  std::string_view hello;  ///< With a name: "{}".
  std::string_view body;   ///< With the link: "{}".
};

using enum MailPurpose;
constexpr std::array kTexts{
    MailText{kVerifyEmail, "en", "Confirm your e-mail address", "Hello {},",
             "please confirm that this address is yours:\n\n{}\n\nThe link works for one day. If you did not create "
             "this account, ignore this mail.\n"},
    MailText{kVerifyEmail, "tr", "E-posta adresinizi doğrulayın", "Merhaba {},",
             "bu adresin size ait olduğunu lütfen doğrulayın:\n\n{}\n\nBağlantı bir gün geçerlidir. Bu hesabı siz "
             "açmadıysanız bu iletiyi dikkate almayın.\n"},
    MailText{kVerifyEmail, "az", "E-poçt ünvanınızı təsdiqləyin", "Salam {},",
             "zəhmət olmasa bu ünvanın sizə məxsus olduğunu təsdiqləyin:\n\n{}\n\nKeçid bir gün etibarlıdır. Bu hesabı "
             "siz yaratmamısınızsa, bu məktuba əhəmiyyət verməyin.\n"},
    MailText{kResetPassword, "en", "Choose a new password", "Hello {},",
             "somebody asked for a new password for your account. If it was you, choose it here:\n\n{}\n\nThe link "
             "works once, within 30 minutes. If it was not you, ignore this mail: nothing has changed.\n"},
    MailText{kResetPassword, "tr", "Yeni parola belirleyin", "Merhaba {},",
             "hesabınız için yeni bir parola istendi. İsteyen sizseniz parolanızı buradan belirleyin:\n\n{}\n\n"
             "Bağlantı 30 dakika içinde bir kez kullanılabilir. İsteyen siz değilseniz bu iletiyi dikkate almayın: "
             "hiçbir şey değişmedi.\n"},
    MailText{kResetPassword, "az", "Yeni parol seçin", "Salam {},",
             "hesabınız üçün yeni parol istənildi. İstəyən sizsinizsə, parolu burada seçin:\n\n{}\n\nKeçid 30 dəqiqə "
             "ərzində bir dəfə işləyir. İstəyən siz deyilsinizsə, bu məktuba əhəmiyyət verməyin: heç nə dəyişməyib.\n"},
};

const MailText& text_of(MailPurpose purpose, std::string_view locale) {
  const MailText* english = nullptr;
  for (const MailText& text : kTexts) {
    if (text.purpose != purpose) continue;
    if (text.locale == locale) return text;
    if (!english) english = &text;
  }
  return *english;
}

}  // namespace

Mail write_mail(const MailOrder& order, std::string_view site, std::string_view language) {
  const MailText& text = text_of(order.purpose, order.locale.empty() ? language : std::string_view(order.locale));
  while (site.ends_with('/')) site.remove_suffix(1);
  const std::string_view page = order.purpose == kVerifyEmail ? "verify-email" : "reset-password";
  const std::string link = fmt::format("{}/{}#token={}", site, page, order.secret.reveal());
  const std::string name = order.name.empty() ? order.to : order.name;
  return {.to = order.to,
          .subject = std::string(text.subject),
          .text = fmt::format(fmt::runtime(text.hello), name) + "\n\n" + fmt::format(fmt::runtime(text.body), link),
          .locale = std::string(text.locale)};
}

}  // namespace parley::product::identity

#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "product/ports/mailer.h"

namespace parley::mail {

/// Who mails are from: EMAIL_FROM, EMAIL_FROM_NAME.
struct Sender {
  std::string address;
  std::string name;  ///< May be empty.
};

/// What tells one mail from another.
struct MessageStamp {
  WallTime now;
  std::string id;  ///< Unique, letters and digits.
};

/// Whether it can stand in an envelope and a header: one @, no blanks, brackets or control characters.
bool is_address(std::string_view text);

/// The mail as it travels (RFC 5322, lines ended by CRLF): headers in ASCII with encoded words (RFC 2047), the text as
/// UTF-8 in base64.
std::string make_message(const product::Mail& mail, const Sender& from, const MessageStamp& stamp);

/// A header's text: as it is when it is printable ASCII, otherwise encoded words of at most 75 characters, folded.
std::string encode_words(std::string_view text);
/// "Fri, 20 Nov 2026 13:15:55 +0000".
std::string format_mail_date(WallTime time);

}  // namespace parley::mail

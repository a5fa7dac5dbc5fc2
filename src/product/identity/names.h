#pragma once

#include <span>
#include <string>
#include <string_view>

#include "product/model/problem.h"

namespace parley::product::identity {

/// Code points.
inline constexpr size_t kMinUsername = 2;
inline constexpr size_t kMaxUsername = 32;
/// RFC 5321 section 4.5.3.1.3, less the angle brackets.
inline constexpr size_t kMaxEmail = 254;
/// Code points. Shorter ones are guessed; longer ones cost nothing more, as argon2 takes any length.
inline constexpr size_t kMinPassword = 8;
inline constexpr size_t kMaxPassword = 256;

// Each: kInvalidRequest with the field's pointer.

/// Letters of one script (Latin, Greek or Cyrillic: mixed ones look like somebody else's name), digits, and between
/// them single characters of "_.-". Begins and ends with a letter or digit.
Outcome<void> check_username(std::string_view name);
/// The shape a@b.c, without blanks, quotes or control characters; whether it exists is what the mail proves.
Outcome<void> check_email(std::string_view email);
/// "Europe/Istanbul", "UTC", "Etc/GMT+3": the shape of a name in the IANA list; empty clears.
Outcome<void> check_time_zone(std::string_view zone);
/// An https URL (or http, in development) of at most 2048 bytes; empty clears.
Outcome<void> check_avatar_url(std::string_view url);

/// kPasswordTooWeak, with why: too short, one of the most common ones, one character repeated, or equal (by the fold)
/// to one of `names`: user name, e-mail address and what stands before its @.
Outcome<void> check_password(std::string_view password, std::span<const std::string_view> names);

}  // namespace parley::product::identity

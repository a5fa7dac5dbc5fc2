#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/rng.h"

namespace parley::product::identity {

/// What a secret opens. Each kind has letters of its own in front, so that a scanner of logs and repositories finds
/// them, and one never stands in for another.
enum class SecretKind : unsigned char {
  kAccess,   ///< "pa_": a session, for minutes.
  kRefresh,  ///< "pr_": the next access token.
  kApiKey,   ///< "pk_": a server's key.
  kMail,     ///< "pm_": proves that a mail was read.
  kTicket,   ///< "pt_": a sign-in that lacks its second factor.
};

/// 256 random bits as text: "pa_" and 43 characters.
std::string make_secret(SecretKind kind, Rng& rng);
/// By its first letters.
bool is_secret(SecretKind kind, std::string_view text);
/// What is stored: SHA-256. Enough for secrets of this size, which nobody can guess one by one.
std::string hash_secret(std::string_view secret);
/// Takes as long whether or not they are equal.
bool equals_in_constant_time(std::string_view a, std::string_view b);

}  // namespace parley::product::identity

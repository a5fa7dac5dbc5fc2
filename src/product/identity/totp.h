#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace parley::product::identity {

// One-time passwords by time: RFC 6238 with HMAC-SHA-1, 30 seconds and 6 digits, which is what every authenticator app
// understands.

inline constexpr int64_t kTotpPeriodSeconds = 30;
/// Steps accepted before and after the present one: for clocks that differ and slow typing (RFC 6238 section 5.2).
inline constexpr int64_t kTotpSkew = 1;

/// RFC 4226 section 5.3; `digits` from 6 to 8.
std::string hotp(ByteView secret, uint64_t counter, int digits);
/// The step that `code` belongs to, if it is within the skew and later than `last_step`: no code works twice.
std::optional<int64_t> match_totp(ByteView secret, std::string_view code, WallTime now, int64_t last_step);

/// RFC 4648 section 6, without padding. Decoding ignores case and blanks.
std::string base32_encode(ByteView bytes);
std::optional<ByteVector> base32_decode(std::string_view text);

/// "otpauth://totp/...": what a QR code shows to an app.
std::string make_totp_url(std::string_view issuer, std::string_view account, std::string_view base32_secret);

}  // namespace parley::product::identity

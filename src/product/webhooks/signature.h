#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/redacted.h"
#include "base/rng.h"
#include "base/time.h"

// Standard Webhooks 1.0 (standardwebhooks.com): a receiver needs no code of ours to verify what we send.

namespace parley::product::webhooks {

/// "whsec_" and 32 random bytes in Base64: the HMAC's own size (the scheme wants 24 to 64).
Redacted<std::string> make_signing_secret(Rng& rng);

/// "v1,<Base64 of HMAC-SHA256>" over id, seconds and exactly the bytes of the body, with points between. `secret` is
/// one of make_signing_secret().
std::string sign(const Redacted<std::string>& secret, std::string_view id, WallTime at, std::string_view body);

/// What signs a delivery: while a rotated secret still counts, header `webhook-signature` holds both signatures.
struct Secrets {
  Redacted<std::string> current;
  std::optional<Redacted<std::string>> old;
};
std::string signature_header(const Secrets& secrets, std::string_view id, WallTime at, std::string_view body);

}  // namespace parley::product::webhooks

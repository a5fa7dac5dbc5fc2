#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace parley {

/// RFC 4648 section 4: `+` and `/`, padded.
std::string base64_encode(ByteView bytes);
/// RFC 4648 section 5 as JOSE uses it: `-` and `_`, no padding.
std::string base64url_encode(ByteView bytes);

/// Both accept correct padding or none, and nothing else: other characters, a wrong length and set bits beyond the
/// last byte give nullopt, so that a value has one spelling per alphabet.
std::optional<ByteVector> base64_decode(std::string_view text);
std::optional<ByteVector> base64url_decode(std::string_view text);

}  // namespace parley

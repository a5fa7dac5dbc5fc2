#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::api {

using Sha256 = std::array<uint8_t, 32>;
Sha256 sha256(std::string_view bytes);
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
/// The first 16 bytes as text: enough where nobody gains by a collision with something else of his own.
std::string short_text(const Sha256& digest);

}  // namespace parley::api

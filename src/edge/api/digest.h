#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace parley::api {

using Sha256 = std::array<uint8_t, 32>;
Sha256 sha256(std::string_view bytes);
/// The same of bytes that come in pieces.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(const Sha256Hasher&) = delete;
  Sha256Hasher& operator=(const Sha256Hasher&) = delete;
  void update(std::string_view bytes);
  /// Once, after the last piece.
  Sha256 finish();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
/// The first 16 bytes as text: enough where nobody gains by a collision with something else of his own.
std::string short_text(const Sha256& digest);

}  // namespace parley::api

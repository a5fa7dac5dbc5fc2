#include "media/wire/stun_format.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"
#include "media/wire/stun.h"

namespace parley::wire::stun_format {
namespace {

constexpr std::array<uint32_t, 256> make_crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? 0xedb88320 ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kCrcTable = make_crc_table();

}  // namespace

uint32_t crc32(ByteView bytes) {
  uint32_t value = 0xffffffff;
  for (const uint8_t byte : bytes) value = kCrcTable[(value ^ byte) & 0xff] ^ (value >> 8);
  return ~value;
}

std::array<uint8_t, kIntegritySize> integrity_of(ByteView message, size_t integrity_offset, ByteView key) {
  PARLEY_CHECK(integrity_offset >= kStunHeaderSize && integrity_offset <= message.size());
  PARLEY_CHECK(integrity_offset <= kStunMaxSize);
  // The message is copied because its length field must be changed; it is at most kStunMaxSize.
  std::array<uint8_t, kStunMaxSize> copy;
  std::memcpy(copy.data(), message.data(), integrity_offset);
  const size_t length = integrity_offset + kIntegrityAttributeSize - kStunHeaderSize;
  copy[2] = static_cast<uint8_t>(length >> 8);
  copy[3] = static_cast<uint8_t>(length);
  std::array<uint8_t, kIntegritySize> digest{};
  unsigned size = 0;
  const auto* result =
      HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), copy.data(), integrity_offset, digest.data(), &size);
  PARLEY_CHECK(result != nullptr && size == kIntegritySize);
  return digest;
}

}  // namespace parley::wire::stun_format

#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

/// Shared by the STUN reader and writer; not for other modules.
namespace parley::wire::stun_format {

inline constexpr uint32_t kMagicCookie = 0x2112a442;
inline constexpr uint32_t kFingerprintXor = 0x5354554e;  ///< RFC 8489 section 14.7: "STUN".
inline constexpr size_t kIntegritySize = 20;             ///< HMAC-SHA1.
inline constexpr size_t kIntegrityAttributeSize = 4 + kIntegritySize;
inline constexpr size_t kFingerprintAttributeSize = 8;
inline constexpr uint8_t kFamilyV4 = 1;
inline constexpr uint8_t kFamilyV6 = 2;

/// RFC 8489 section 18.3 and RFC 8445 section 20.
enum Attribute : uint16_t {
  kMappedAddress = 0x0001,
  kUsername = 0x0006,
  kMessageIntegrity = 0x0008,
  kErrorCode = 0x0009,
  kUnknownAttributes = 0x000a,
  kRealm = 0x0014,
  kNonce = 0x0015,
  kMessageIntegritySha256 = 0x001c,
  kXorMappedAddress = 0x0020,
  kPriority = 0x0024,
  kUseCandidate = 0x0025,
  kFingerprint = 0x8028,
  kIceControlled = 0x8029,
  kIceControlling = 0x802a,
};

/// CRC-32 of ISO 3309, as FINGERPRINT uses it.
uint32_t crc32(ByteView bytes);

/// HMAC-SHA1 over the message up to (not including) MESSAGE-INTEGRITY at `integrity_offset`, with the header's length
/// field taken as if the message ended behind that attribute (RFC 8489 section 14.5).
std::array<uint8_t, kIntegritySize> integrity_of(ByteView message, size_t integrity_offset, ByteView key);

}  // namespace parley::wire::stun_format

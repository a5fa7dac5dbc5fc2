#include <openssl/crypto.h>

#include <algorithm>

#include "media/wire/stun.h"
#include "media/wire/stun_format.h"

namespace parley::wire {
namespace {

using namespace stun_format;

struct Header {
  uint16_t type = 0;
  uint16_t length = 0;
};

std::expected<Header, StunError> parse_header(ByteView datagram) {
  if (datagram.size() < kStunHeaderSize) return std::unexpected(StunError::kTooShort);
  if (datagram.size() > kStunMaxSize) return std::unexpected(StunError::kTooLong);
  ByteReader r(datagram);
  const Header header{r.u16(), r.u16()};
  const uint32_t cookie = r.u32();
  if ((header.type & 0xc000) != 0 || cookie != kMagicCookie || header.length % 4 != 0) {
    return std::unexpected(StunError::kNotStun);
  }
  const size_t size = kStunHeaderSize + header.length;
  if (size > datagram.size()) return std::unexpected(StunError::kTooShort);
  if (size < datagram.size()) return std::unexpected(StunError::kTrailingBytes);
  return header;
}

/// RFC 8489 section 5: the class bits lie between the method's.
StunClass class_of(uint16_t type) { return static_cast<StunClass>((type >> 7 & 2) | (type >> 4 & 1)); }
StunMethod method_of(uint16_t type) {
  return static_cast<StunMethod>((type & 0x000f) | (type >> 1 & 0x0070) | (type >> 2 & 0x0f80));
}

/// One attribute; `offset` is where its head begins in the datagram.
struct RawAttribute {
  uint16_t type = 0;
  size_t offset = 0;
  ByteView value;
};

/// The attribute at the reader, whose offset 0 is the datagram's; fails the reader when it runs over the end.
RawAttribute read_attribute(ByteReader& r) {
  RawAttribute attribute;
  attribute.offset = r.offset();
  attribute.type = r.u16();
  const uint16_t size = r.u16();
  attribute.value = r.bytes(size);
  r.skip((4 - size % 4) % 4);
  return attribute;
}

/// RFC 8489 section 14.2: the address is masked by the cookie and, for IPv6, the transaction id.
std::optional<SocketAddress> read_xor_address(ByteView value, const StunTransactionId& id) {
  ByteReader r(value);
  r.skip(1);
  const uint8_t family = r.u8();
  const auto port = static_cast<uint16_t>(r.u16() ^ (kMagicCookie >> 16));
  if (!r.ok()) return std::nullopt;
  if (family == kFamilyV4 && r.remaining() == 4) return SocketAddress::v4(r.u32() ^ kMagicCookie, port);
  if (family != kFamilyV6 || r.remaining() != 16) return std::nullopt;
  std::array<uint8_t, 16> mask{0x21, 0x12, 0xa4, 0x42};
  std::copy(id.begin(), id.end(), mask.begin() + 4);
  std::array<uint8_t, 16> ip{};
  for (size_t i = 0; i < ip.size(); ++i) ip[i] = static_cast<uint8_t>(r.u8() ^ mask[i]);
  return SocketAddress::v6(ip, port);
}

std::optional<StunErrorCode> read_error(ByteView value) {
  ByteReader r(value);
  r.skip(2);
  const uint8_t hundreds = r.u8() & 7;
  const uint8_t rest = r.u8();
  if (!r.ok() || hundreds < 3 || hundreds > 6 || rest > 99) return std::nullopt;
  const ByteView reason = r.rest();
  return StunErrorCode{static_cast<uint16_t>(hundreds * 100 + rest),
                       std::string(as_text(reason.first(std::min(reason.size(), kStunMaxReason))))};
}

bool read_unknown_attributes(ByteView value, StunMessage& message) {
  if (value.size() % 2 != 0) return false;
  ByteReader r(value);
  while (r.remaining() >= 2 && message.unknown_attributes.size() < kStunMaxUnknownAttributes) {
    message.unknown_attributes.push_back(r.u16());
  }
  return true;
}

/// Attributes with a number or a flag. True when well formed.
bool read_number(const RawAttribute& attribute, StunMessage& message) {
  ByteReader r(attribute.value);
  switch (attribute.type) {
    case kPriority:
      message.priority = r.u32();
      break;
    case kIceControlling:
      message.ice_controlling = r.u64();
      break;
    case kIceControlled:
      message.ice_controlled = r.u64();
      break;
    default:
      message.use_candidate = true;
      break;
  }
  return r.ok() && r.remaining() == 0;
}

/// True when the attribute is well formed or of no interest.
bool read_value(const RawAttribute& attribute, StunMessage& message) {
  switch (attribute.type) {
    case kUsername:
      if (attribute.value.size() > kStunMaxUsername) return false;
      // RFC 8489 section 14: of repeated attributes the first counts; here and below.
      if (!message.username) message.username = std::string(as_text(attribute.value));
      return true;
    case kPriority:
    case kIceControlling:
    case kIceControlled:
    case kUseCandidate:
      return read_number(attribute, message);
    case kXorMappedAddress:
      if (!message.xor_mapped_address)
        message.xor_mapped_address = read_xor_address(attribute.value, message.transaction_id);
      return message.xor_mapped_address.has_value();
    case kErrorCode:
      if (!message.error) message.error = read_error(attribute.value);
      return message.error.has_value();
    case kUnknownAttributes:
      return read_unknown_attributes(attribute.value, message);
    case kMessageIntegrity:
      message.has_integrity = true;
      return attribute.value.size() == kIntegritySize;
    // RFC 8489 section 9.1.2: a client may send both kinds of integrity; the SHA-1 one is the one verified here.
    case kMessageIntegritySha256:
    case kMappedAddress:
    case kRealm:
    case kNonce:
      return true;
    default:
      // RFC 8489 section 14: types below 0x8000 must be understood.
      if (attribute.type < 0x8000 && message.unknown_required.size() < kStunMaxUnknownAttributes) {
        message.unknown_required.push_back(attribute.type);
      }
      return true;
  }
}

bool is_fingerprint_right(ByteView datagram, const RawAttribute& attribute) {
  if (attribute.value.size() != 4 || attribute.offset + kFingerprintAttributeSize != datagram.size()) return false;
  ByteReader r(attribute.value);
  return r.u32() == (crc32(datagram.first(attribute.offset)) ^ kFingerprintXor);
}

}  // namespace

std::string_view to_string(StunError error) {
  switch (error) {
    case StunError::kTooShort:
      return "too short";
    case StunError::kTooLong:
      return "too long";
    case StunError::kNotStun:
      return "not a STUN message";
    case StunError::kBadAttribute:
      return "malformed attribute";
    case StunError::kBadFingerprint:
      return "wrong fingerprint";
    case StunError::kTrailingBytes:
      return "trailing bytes";
  }
  return "unknown";
}

std::expected<StunMessage, StunError> parse_stun(ByteView datagram) {
  const auto header = parse_header(datagram);
  if (!header) return std::unexpected(header.error());
  StunMessage message;
  message.message_class = class_of(header->type);
  message.method = method_of(header->type);
  std::copy_n(datagram.begin() + 8, message.transaction_id.size(), message.transaction_id.begin());

  ByteReader r(datagram);
  r.skip(kStunHeaderSize);
  while (r.remaining() > 0) {
    const RawAttribute attribute = read_attribute(r);
    if (!r.ok()) return std::unexpected(StunError::kBadAttribute);
    if (attribute.type == kFingerprint) {
      // RFC 8489 section 14.7: FINGERPRINT is the last attribute.
      if (!is_fingerprint_right(datagram, attribute)) return std::unexpected(StunError::kBadFingerprint);
      message.has_fingerprint = true;
      continue;
    }
    // RFC 8489 section 14.5: nothing else behind MESSAGE-INTEGRITY counts, for it is not protected.
    if (message.has_integrity) continue;
    if (!read_value(attribute, message)) return std::unexpected(StunError::kBadAttribute);
  }
  return message;
}

bool verify_integrity(ByteView datagram, ByteView key) {
  if (!parse_header(datagram)) return false;
  ByteReader r(datagram);
  r.skip(kStunHeaderSize);
  while (r.remaining() > 0) {
    const RawAttribute attribute = read_attribute(r);
    if (!r.ok()) return false;
    if (attribute.type != kMessageIntegrity) continue;
    if (attribute.value.size() != kIntegritySize) return false;
    const auto expected = integrity_of(datagram, attribute.offset, key);
    // In constant time, so that a forger learns nothing from how long a refusal takes.
    return CRYPTO_memcmp(expected.data(), attribute.value.data(), kIntegritySize) == 0;
  }
  return false;
}

std::optional<UsernameParts> split_username(std::string_view username) {
  const size_t colon = username.find(':');
  if (colon == std::string_view::npos || username.find(':', colon + 1) != std::string_view::npos) return std::nullopt;
  return UsernameParts{username.substr(0, colon), username.substr(colon + 1)};
}

}  // namespace parley::wire

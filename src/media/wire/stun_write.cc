#include "media/wire/stun.h"
#include "media/wire/stun_format.h"

namespace parley::wire {
namespace {

using namespace stun_format;

uint16_t type_of(StunClass message_class, StunMethod method) {
  const auto c = static_cast<unsigned>(message_class);
  const auto m = static_cast<unsigned>(method);
  return static_cast<uint16_t>((m & 0x000f) | (m & 0x0070) << 1 | (m & 0x0f80) << 2 | (c & 1) << 4 | (c & 2) << 7);
}

void write_attribute(ByteWriter& w, uint16_t type, ByteView value) {
  w.u16(type);
  w.u16(static_cast<uint16_t>(value.size()));
  w.bytes(value);
  w.zeros((4 - value.size() % 4) % 4);
}

void write_tie_breaker(ByteWriter& w, uint16_t type, const std::optional<uint64_t>& tie_breaker) {
  if (!tie_breaker) return;
  w.u16(type);
  w.u16(8);
  w.u64(*tie_breaker);
}

void write_xor_address(ByteWriter& w, const SocketAddress& address, const StunTransactionId& id) {
  const bool is_v4 = address.is_v4();
  w.u16(kXorMappedAddress);
  w.u16(is_v4 ? 8 : 20);
  w.u8(0);
  w.u8(is_v4 ? kFamilyV4 : kFamilyV6);
  w.u16(static_cast<uint16_t>(address.port() ^ (kMagicCookie >> 16)));
  if (is_v4) {
    w.u32(address.v4_host_order() ^ kMagicCookie);
    return;
  }
  std::array<uint8_t, 16> mask{0x21, 0x12, 0xa4, 0x42};
  std::copy(id.begin(), id.end(), mask.begin() + 4);
  for (size_t i = 0; i < mask.size(); ++i) w.u8(static_cast<uint8_t>(address.ip()[i] ^ mask[i]));
}

void write_error(ByteWriter& w, const StunErrorCode& error) {
  w.u16(kErrorCode);
  w.u16(static_cast<uint16_t>(4 + error.reason.size()));
  w.u16(0);
  w.u8(static_cast<uint8_t>(error.code / 100));
  w.u8(static_cast<uint8_t>(error.code % 100));
  w.bytes(as_bytes(error.reason));
  w.zeros((4 - error.reason.size() % 4) % 4);
}

void write_unknown_attributes(ByteWriter& w, const std::vector<uint16_t>& types) {
  if (types.empty()) return;
  w.u16(kUnknownAttributes);
  w.u16(static_cast<uint16_t>(types.size() * 2));
  for (const uint16_t type : types) w.u16(type);
  w.zeros(types.size() % 2 * 2);
}

void write_attributes(ByteWriter& w, const StunMessage& message) {
  if (message.username) write_attribute(w, kUsername, as_bytes(*message.username));
  if (message.priority) {
    w.u16(kPriority);
    w.u16(4);
    w.u32(*message.priority);
  }
  if (message.use_candidate) write_attribute(w, kUseCandidate, {});
  write_tie_breaker(w, kIceControlling, message.ice_controlling);
  write_tie_breaker(w, kIceControlled, message.ice_controlled);
  if (message.xor_mapped_address) write_xor_address(w, *message.xor_mapped_address, message.transaction_id);
  if (message.error) write_error(w, *message.error);
  write_unknown_attributes(w, message.unknown_attributes);
}

bool is_within_limits(const StunMessage& m) {
  return (!m.username || m.username->size() <= kStunMaxUsername) &&
         (!m.error || (m.error->reason.size() <= kStunMaxReason && m.error->code >= 300 && m.error->code <= 699)) &&
         m.unknown_attributes.size() <= kStunMaxUnknownAttributes && static_cast<uint16_t>(m.method) <= 0x0fff;
}

}  // namespace

size_t serialize_stun(const StunMessage& message, ByteView key, MutableByteView out) {
  if (!is_within_limits(message)) return 0;
  ByteWriter w(out.first(std::min(out.size(), kStunMaxSize)));
  w.u16(type_of(message.message_class, message.method));
  w.u16(0);
  w.u32(kMagicCookie);
  w.bytes(message.transaction_id);
  write_attributes(w, message);
  if (!w.ok()) return 0;

  if (message.has_integrity) {
    const auto digest = integrity_of(w.written(), w.size(), key);
    write_attribute(w, kMessageIntegrity, digest);
  }
  // The checksum covers the header's final length, FINGERPRINT included (RFC 8489 section 14.7).
  const size_t tail = message.has_fingerprint ? kFingerprintAttributeSize : 0;
  w.patch_u16(2, static_cast<uint16_t>(w.size() + tail - kStunHeaderSize));
  if (message.has_fingerprint) {
    const uint32_t fingerprint = crc32(w.written()) ^ kFingerprintXor;
    w.u16(kFingerprint);
    w.u16(4);
    w.u32(fingerprint);
  }
  return w.ok() ? w.size() : 0;
}

StunMessage make_binding_request(const BindingRequest& check) {
  StunMessage message;
  message.transaction_id = check.transaction_id;
  message.username = check.username;
  message.priority = check.priority;
  message.use_candidate = check.use_candidate;
  (check.role == IceRole::kControlling ? message.ice_controlling : message.ice_controlled) = check.tie_breaker;
  message.has_integrity = true;
  message.has_fingerprint = true;
  return message;
}

StunMessage make_binding_success(const StunTransactionId& transaction_id, const SocketAddress& mapped) {
  StunMessage message;
  message.message_class = StunClass::kSuccess;
  message.transaction_id = transaction_id;
  message.xor_mapped_address = mapped;
  message.has_integrity = true;
  message.has_fingerprint = true;
  return message;
}

StunMessage make_binding_error(const StunTransactionId& transaction_id, uint16_t code, std::string_view reason) {
  StunMessage message;
  message.message_class = StunClass::kError;
  message.transaction_id = transaction_id;
  message.error = StunErrorCode{code, std::string(reason)};
  message.has_integrity = true;
  message.has_fingerprint = true;
  return message;
}

StunMessage make_binding_indication(const StunTransactionId& transaction_id) {
  StunMessage message;
  message.message_class = StunClass::kIndication;
  message.transaction_id = transaction_id;
  message.has_fingerprint = true;
  return message;
}

}  // namespace parley::wire

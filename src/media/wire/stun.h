#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/socket_address.h"

namespace parley::wire {

/// RFC 8489 section 5, the two class bits.
enum class StunClass : uint8_t { kRequest = 0, kIndication = 1, kSuccess = 2, kError = 3 };

/// RFC 8489 section 5: 12 bits. Other values than the named one are parsed too, so that they can be answered.
enum class StunMethod : uint16_t { kBinding = 1 };

using StunTransactionId = std::array<uint8_t, 12>;

/// RFC 8489 section 14.8: 300 to 699.
struct StunErrorCode {
  uint16_t code = 0;
  std::string reason;
  bool operator==(const StunErrorCode&) const = default;
};
inline constexpr uint16_t kStunBadRequest = 400;
inline constexpr uint16_t kStunUnauthenticated = 401;
inline constexpr uint16_t kStunUnknownAttribute = 420;
inline constexpr uint16_t kStunRoleConflict = 487;  ///< RFC 8445 section 7.3.1.1.

inline constexpr size_t kStunHeaderSize = 20;
/// A message we make or accept: far above any ICE check (about 150 bytes), below one Ethernet packet, so that a reader
/// never hashes more than that for an unknown sender.
inline constexpr size_t kStunMaxSize = 1280;
/// RFC 8489 section 14.3: USERNAME has fewer than 509 bytes.
inline constexpr size_t kStunMaxUsername = 508;
/// RFC 8489 section 14.8: a reason phrase has fewer than 763 bytes; ours and our peers' are short.
inline constexpr size_t kStunMaxReason = 128;
/// More unknown attributes than this are not listed in the 420 answer: a sender needs one to know.
inline constexpr size_t kStunMaxUnknownAttributes = 16;

/// A STUN message with the attributes ICE uses (RFC 8489, RFC 8445 section 16.1). Attributes that are unknown and
/// optional are dropped; unknown ones that must be understood are listed. Attributes behind MESSAGE-INTEGRITY are
/// ignored (RFC 8489 section 14.5).
struct StunMessage {
  StunClass message_class = StunClass::kRequest;
  StunMethod method = StunMethod::kBinding;
  StunTransactionId transaction_id{};
  std::optional<std::string> username;      ///< "receiver ufrag:sender ufrag" in a check.
  std::optional<uint32_t> priority;         ///< PRIORITY of the peer-reflexive candidate this check would make.
  bool use_candidate = false;               ///< USE-CANDIDATE: the controlling side nominates this pair.
  std::optional<uint64_t> ice_controlling;  ///< Tie-breaker of a controlling sender.
  std::optional<uint64_t> ice_controlled;   ///< Tie-breaker of a controlled sender.
  std::optional<SocketAddress> xor_mapped_address;
  std::optional<StunErrorCode> error;
  std::vector<uint16_t> unknown_attributes;  ///< On an error 420: the UNKNOWN-ATTRIBUTES it carries.
  std::vector<uint16_t> unknown_required;    ///< On a parsed message: types 0x0000-0x7fff that we do not know.
  bool has_integrity = false;    ///< Carries MESSAGE-INTEGRITY. Parsing does not verify it: see verify_integrity().
  bool has_fingerprint = false;  ///< Carries FINGERPRINT. Parsing did verify it.
  bool operator==(const StunMessage&) const = default;
};

enum class StunError : uint8_t {
  kTooShort,        ///< Below 20 bytes, or shorter than its length field says.
  kTooLong,         ///< Above kStunMaxSize.
  kNotStun,         ///< First two bits set, wrong magic cookie, or a length that is no multiple of four.
  kBadAttribute,    ///< An attribute runs over the end or has a wrong size.
  kBadFingerprint,  ///< FINGERPRINT is not last or does not match.
  kTrailingBytes,   ///< The datagram is longer than the message.
};
std::string_view to_string(StunError error);

/// Reads one message that fills `datagram` exactly.
std::expected<StunMessage, StunError> parse_stun(ByteView datagram);

/// True when `datagram` carries a MESSAGE-INTEGRITY that `key` explains (RFC 8489 section 14.5). With short-term
/// credentials the key is the password of the side that receives the request.
bool verify_integrity(ByteView datagram, ByteView key);

/// Writes `message`; MESSAGE-INTEGRITY under `key` when has_integrity, FINGERPRINT when has_fingerprint. Returns the
/// size, or 0 when `out` is too small or a limit above is passed. kStunMaxSize bytes always suffice for what the
/// limits allow. unknown_required is not written.
size_t serialize_stun(const StunMessage& message, ByteView key, MutableByteView out);

enum class IceRole : uint8_t { kControlling, kControlled };

/// What a connectivity check says (RFC 8445 section 7.1).
struct BindingRequest {
  StunTransactionId transaction_id{};
  std::string username;  ///< "receiver ufrag:sender ufrag".
  uint32_t priority = 0;
  IceRole role = IceRole::kControlling;
  uint64_t tie_breaker = 0;
  bool use_candidate = false;
};
/// All of these ask for MESSAGE-INTEGRITY and FINGERPRINT, as ICE does; clear the flags for plain STUN.
StunMessage make_binding_request(const BindingRequest& check);
StunMessage make_binding_success(const StunTransactionId& transaction_id, const SocketAddress& mapped);
StunMessage make_binding_error(const StunTransactionId& transaction_id, uint16_t code, std::string_view reason);
/// A keep-alive (RFC 8445 section 11): FINGERPRINT only.
StunMessage make_binding_indication(const StunTransactionId& transaction_id);

/// The ufrag before and after the colon of a check's USERNAME; nullopt without exactly one colon.
struct UsernameParts {
  std::string_view receiver;
  std::string_view sender;
};
std::optional<UsernameParts> split_username(std::string_view username);

}  // namespace parley::wire

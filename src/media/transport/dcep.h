#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "media/transport/sctp.h"

namespace parley::transport {

/// SCTP payload protocol identifiers of WebRTC (RFC 8831 section 8). Empty messages have their own, because SCTP cannot
/// carry an empty one: a single byte stands in.
enum class PayloadProtocol : uint32_t {
  kDcep = 50,
  kString = 51,
  kBinary = 53,
  kStringEmpty = 56,
  kBinaryEmpty = 57,
};

struct DcepOpen {
  DataChannelParameters parameters;
};
struct DcepAck {};
using DcepMessage = std::variant<DcepOpen, DcepAck>;

/// Reads one message of the Data Channel Establishment Protocol (RFC 8832 section 5); nullopt when it is malformed, of
/// an unknown kind, or its label or protocol is longer than kSctpMaxLabel.
std::optional<DcepMessage> parse_dcep(ByteView bytes);
ByteVector serialize_dcep_open(const DataChannelParameters& parameters);
ByteVector serialize_dcep_ack();

}  // namespace parley::transport

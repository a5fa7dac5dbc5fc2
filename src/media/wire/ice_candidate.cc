#include "media/wire/ice_candidate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "media/wire/sdp.h"
#include "media/wire/sdp_text.h"

namespace parley::wire {
namespace {

using namespace sdp_text;

constexpr std::string_view kPrefix = "candidate:";
constexpr size_t kMaxFoundation = 32;  ///< RFC 8839 section 5.1.
constexpr size_t kMaxHost = 253;       ///< The longest domain name.
constexpr size_t kMaxUfrag = 256;      ///< RFC 8839 section 5.4.

constexpr std::array<std::string_view, 4> kTypes{"host", "srflx", "prflx", "relay"};
constexpr std::array<std::string_view, 3> kTcpTypes{"active", "passive", "so"};

template <class Enum, size_t kCount>
std::optional<Enum> find_name(const std::array<std::string_view, kCount>& names, std::string_view text) {
  const auto it = std::find(names.begin(), names.end(), text);
  if (it == names.end()) return std::nullopt;
  return static_cast<Enum>(it - names.begin());
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

/// The key-value pairs behind the type. False when a known key has a bad value.
bool read_extensions(std::string_view rest, IceCandidate& candidate) {
  CandidateHost related;
  while (true) {
    const std::string_view key = take_token(rest);
    if (key.empty()) break;
    const std::string_view value = take_token(rest);
    if (key == "raddr") {
      if (value.empty() || value.size() > kMaxHost) return false;
      related.host = value;
    } else if (key == "rport") {
      const auto port = to_number<uint16_t>(value);
      if (!port) return false;
      related.port = *port;
    } else if (key == "tcptype") {
      candidate.tcp_type = find_name<TcpType>(kTcpTypes, value);
      if (!candidate.tcp_type) return false;
    } else if (key == "ufrag") {
      if (value.size() > kMaxUfrag) return false;
      candidate.ufrag = value;
    }
  }
  if (!related.host.empty()) candidate.related = std::move(related);
  return true;
}

/// Foundation, component and priority, connection address; false when malformed. The transport is read by the caller.
bool read_fixed_part(std::string_view& rest, IceCandidate& candidate, std::string_view& transport) {
  candidate.foundation = take_token(rest);
  const auto component = to_number<uint8_t>(take_token(rest));
  transport = take_token(rest);
  const auto priority = to_number<uint32_t>(take_token(rest));
  candidate.connection.host = take_token(rest);
  const auto port = to_number<uint16_t>(take_token(rest));
  if (candidate.foundation.empty() || candidate.foundation.size() > kMaxFoundation) return false;
  if (!component || *component == 0 || !priority || !port) return false;
  if (candidate.connection.host.empty() || candidate.connection.host.size() > kMaxHost) return false;
  candidate.component = *component;
  candidate.priority = *priority;
  candidate.connection.port = *port;
  return take_token(rest) == "typ";
}

}  // namespace

std::string_view to_string(CandidateError error) {
  switch (error) {
    case CandidateError::kTooLong:
      return "candidate too long";
    case CandidateError::kMalformed:
      return "malformed candidate";
    case CandidateError::kUnsupportedTransport:
      return "candidate transport is neither UDP nor TCP";
    case CandidateError::kUnsupportedType:
      return "unknown candidate type";
  }
  return "unknown";
}

std::expected<IceCandidate, CandidateError> parse_candidate(std::string_view text) {
  if (text.size() > kCandidateMaxText) return std::unexpected(CandidateError::kTooLong);
  text = trim(text);
  if (text.starts_with("a=")) text.remove_prefix(2);
  if (!text.starts_with(kPrefix) || has_control_characters(text)) return std::unexpected(CandidateError::kMalformed);
  text.remove_prefix(kPrefix.size());
  IceCandidate candidate;
  std::string_view transport;
  if (!read_fixed_part(text, candidate, transport)) return std::unexpected(CandidateError::kMalformed);
  if (equals_ignoring_case(transport, "tcp")) {
    candidate.transport = CandidateTransport::kTcp;
  } else if (!equals_ignoring_case(transport, "udp")) {
    return std::unexpected(CandidateError::kUnsupportedTransport);
  }
  const auto type = find_name<CandidateType>(kTypes, take_token(text));
  if (!type) return std::unexpected(CandidateError::kUnsupportedType);
  candidate.type = *type;
  if (!read_extensions(text, candidate)) return std::unexpected(CandidateError::kMalformed);
  return candidate;
}

std::string serialize(const IceCandidate& candidate) {
  std::string text =
      fmt::format("{}{} {} {} {} {} {} typ {}", kPrefix, candidate.foundation, candidate.component,
                  candidate.transport == CandidateTransport::kUdp ? "udp" : "tcp", candidate.priority,
                  candidate.connection.host, candidate.connection.port, kTypes[static_cast<size_t>(candidate.type)]);
  if (candidate.related) text += fmt::format(" raddr {} rport {}", candidate.related->host, candidate.related->port);
  if (candidate.tcp_type) text += fmt::format(" tcptype {}", kTcpTypes[static_cast<size_t>(*candidate.tcp_type)]);
  if (!candidate.ufrag.empty()) text += fmt::format(" ufrag {}", candidate.ufrag);
  return text;
}

uint32_t candidate_priority(CandidateType type, uint16_t local_preference, uint8_t component) {
  // RFC 8445 section 5.1.2.2, in the order of CandidateType.
  constexpr std::array<uint32_t, 4> kTypePreference{126, 100, 110, 0};
  return kTypePreference[static_cast<size_t>(type)] << 24 | uint32_t{local_preference} << 8 | (256u - component);
}

}  // namespace parley::wire

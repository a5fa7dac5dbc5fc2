#pragma once

#include <optional>
#include <string_view>

#include "media/wire/sdp.h"

/// The readers of single attributes, between parse_sdp() and the values; not for other modules.
namespace parley::wire::sdp_attributes {

/// Nullopt when all is well.
using Fault = std::optional<SdpError::Code>;

/// "a=<name>:<value>" without the "a="; `value` is empty for a flag.
struct Attribute {
  std::string_view name;
  std::string_view value;
};

/// Reads an attribute of a media section, or ignores it.
Fault apply_media_attribute(const Attribute& attribute, MediaSection& section);

/// ICE, fingerprint and setup, which both levels have. True when the attribute is one of these; `fault` says how the
/// reading went.
bool apply_transport_attribute(const Attribute& attribute, SdpTransport& transport, Fault& fault);

std::optional<Direction> parse_direction(std::string_view text);

}  // namespace parley::wire::sdp_attributes

#include "media/wire/sdp.h"

#include <fmt/format.h>

#include <algorithm>

#include "media/wire/sdp_text.h"

namespace parley::wire {
namespace {

std::string_view describe(SdpError::Code code) {
  using Code = SdpError::Code;
  switch (code) {
    case Code::kTextTooLong:
      return "the description is too long";
    case Code::kLineTooLong:
      return "the line is too long";
    case Code::kMalformedLine:
      return "the line is not of the form <letter>=<value>";
    case Code::kBadVersion:
      return "the description does not begin with v=0";
    case Code::kBadOrigin:
      return "the origin is missing or malformed";
    case Code::kBadMedia:
      return "the m-line is malformed";
    case Code::kUnsupportedKind:
      return "the media kind is not audio, video or application";
    case Code::kTooManyMediaSections:
      return "there are too many m-lines";
    case Code::kTooManyPayloadTypes:
      return "there are too many payload types";
    case Code::kTooManyExtmaps:
      return "there are too many header extensions";
    case Code::kTooManySsrcs:
      return "there are too many SSRCs";
    case Code::kTooManyItems:
      return "there are too many attributes of one kind";
    case Code::kBadAttribute:
      return "the attribute is malformed";
  }
  return "unknown error";
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string to_string(const SdpError& error) {
  if (error.line == 0) return std::string(describe(error.code));
  return fmt::format("line {}: {}", error.line, describe(error.code));
}

bool SdpCodec::has_feedback(std::string_view feedback) const {
  return std::find(rtcp_feedback.begin(), rtcp_feedback.end(), feedback) != rtcp_feedback.end();
}

const SdpCodec* MediaSection::codec(uint8_t payload_type) const {
  const auto it = std::find_if(codecs.begin(), codecs.end(),
                               [&](const SdpCodec& each) { return each.payload_type == payload_type; });
  return it == codecs.end() ? nullptr : &*it;
}

const SdpGroup* SessionDescription::bundle() const {
  const auto it =
      std::find_if(groups.begin(), groups.end(), [](const SdpGroup& each) { return each.semantics == "BUNDLE"; });
  return it == groups.end() ? nullptr : &*it;
}

const MediaSection* SessionDescription::section(std::string_view mid) const {
  const auto it = std::find_if(media.begin(), media.end(), [&](const MediaSection& each) { return each.mid == mid; });
  return it == media.end() ? nullptr : &*it;
}

SdpTransport SessionDescription::transport_of(const MediaSection& section) const {
  SdpTransport result = section.transport;
  // RFC 8839 section 5.4: ufrag and password belong together.
  if (result.ice_ufrag.empty()) {
    result.ice_ufrag = transport.ice_ufrag;
    result.ice_pwd = transport.ice_pwd;
  }
  if (result.ice_options.empty()) result.ice_options = transport.ice_options;
  if (!result.fingerprint) result.fingerprint = transport.fingerprint;
  if (!result.setup) result.setup = transport.setup;
  return result;
}

std::optional<std::string_view> fmtp_value(std::string_view fmtp, std::string_view key) {
  while (!fmtp.empty()) {
    std::string_view parameter = sdp_text::take_until(fmtp, ';');
    const std::string_view name = sdp_text::trim(sdp_text::take_until(parameter, '='));
    if (equals_ignoring_case(name, key)) return sdp_text::trim(parameter);
  }
  return std::nullopt;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view to_string(MediaKind kind) {
  switch (kind) {
    case MediaKind::kAudio:
      return "audio";
    case MediaKind::kVideo:
      return "video";
    case MediaKind::kApplication:
      return "application";
  }
  return "unknown";
}

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::kSendRecv:
      return "sendrecv";
    case Direction::kSendOnly:
      return "sendonly";
    case Direction::kRecvOnly:
      return "recvonly";
    case Direction::kInactive:
      return "inactive";
  }
  return "unknown";
}

std::string_view to_string(SetupRole role) {
  switch (role) {
    case SetupRole::kActPass:
      return "actpass";
    case SetupRole::kActive:
      return "active";
    case SetupRole::kPassive:
      return "passive";
    case SetupRole::kHoldConn:
      return "holdconn";
  }
  return "unknown";
}

Direction reversed(Direction direction) {
  if (direction == Direction::kSendOnly) return Direction::kRecvOnly;
  if (direction == Direction::kRecvOnly) return Direction::kSendOnly;
  return direction;
}

}  // namespace parley::wire

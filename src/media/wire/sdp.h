#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "media/wire/ice_candidate.h"

/// Session descriptions (RFC 8866) in the form WebRTC uses (RFC 8829), as plain values. Unknown attributes are dropped
/// on parse. What the values mean to a negotiation is not known here.
namespace parley::wire {

// Limits on parse. Each is a bound on memory and time for text from an authenticated but untrusted client.

/// 100 video sections of a browser's answer are about 400 KiB.
inline constexpr size_t kSdpMaxText = 1024 * 1024;
inline constexpr size_t kSdpMaxLine = 16 * 1024;
/// Two per subscribed participant in a room of 250; more m-lines are an error, not truncated.
inline constexpr size_t kSdpMaxMediaSections = 500;
/// The m-line's list; only 128 different values exist, repeats are dropped.
inline constexpr size_t kSdpMaxPayloadTypes = 200;
inline constexpr size_t kSdpMaxFeedbackPerCodec = 16;
inline constexpr size_t kSdpMaxExtmaps = 64;
inline constexpr size_t kSdpMaxSsrcs = 200;
inline constexpr size_t kSdpMaxSsrcGroups = 100;
inline constexpr size_t kSdpMaxSsrcsPerGroup = 16;
inline constexpr size_t kSdpMaxRids = 16;
inline constexpr size_t kSdpMaxCandidates = 128;
inline constexpr size_t kSdpMaxGroups = 16;
inline constexpr size_t kSdpMaxIceOptions = 16;
inline constexpr size_t kSdpMaxFingerprintBytes = 64;  ///< SHA-512.

enum class MediaKind : uint8_t { kAudio, kVideo, kApplication };
enum class Direction : uint8_t { kSendRecv, kSendOnly, kRecvOnly, kInactive };
enum class SetupRole : uint8_t { kActPass, kActive, kPassive, kHoldConn };
enum class RidDirection : uint8_t { kSend, kRecv };

/// "o=". The address is not used by WebRTC and written as 127.0.0.1.
struct SdpOrigin {
  std::string username = "-";
  uint64_t session_id = 0;
  uint64_t session_version = 0;
  bool operator==(const SdpOrigin&) const = default;
};

/// RFC 5888: "a=group:BUNDLE 0 1".
struct SdpGroup {
  std::string semantics;
  std::vector<std::string> mids;
  bool operator==(const SdpGroup&) const = default;
};

/// RFC 8122: of several, the first sha-256 one, else the first.
struct Fingerprint {
  std::string algorithm;  ///< Lower case: "sha-256".
  ByteVector digest;
  bool operator==(const Fingerprint&) const = default;
};

/// What may stand at session level and, stronger, in a section.
struct SdpTransport {
  std::string ice_ufrag;  ///< Empty when absent.
  std::string ice_pwd;
  std::vector<std::string> ice_options;
  std::optional<Fingerprint> fingerprint;
  std::optional<SetupRole> setup;
  bool operator==(const SdpTransport&) const = default;
};

/// One payload type with its rtpmap, fmtp and rtcp-fb lines.
struct SdpCodec {
  uint8_t payload_type = 0;  ///< 0 to 127.
  std::string name;          ///< As written ("opus", "VP8", "rtx"); compare without case. Empty without an rtpmap.
  uint32_t clock_rate = 0;
  uint8_t channels = 1;
  std::string fmtp;                        ///< Verbatim parameters; empty when absent.
  std::vector<std::string> rtcp_feedback;  ///< Verbatim: "nack", "nack pli", "ccm fir", "transport-cc".
  bool has_feedback(std::string_view feedback) const;
  bool operator==(const SdpCodec&) const = default;
};

/// RFC 8285 section 8.
struct SdpExtmap {
  uint8_t id = 0;  ///< 1 to 255.
  std::string uri;
  std::optional<Direction> direction;
  bool operator==(const SdpExtmap&) const = default;
};

/// RFC 8830.
struct Msid {
  std::string stream_id;  ///< "-" for no stream.
  std::string track_id;   ///< May be empty.
  bool operator==(const Msid&) const = default;
};

/// RFC 5576: the attributes of one ssrc together.
struct SdpSsrc {
  uint32_t ssrc = 0;
  std::string cname;
  std::optional<Msid> msid;
  bool operator==(const SdpSsrc&) const = default;
};

struct SdpSsrcGroup {
  std::string semantics;  ///< "FID", "SIM", "FEC-FR".
  std::vector<uint32_t> ssrcs;
  bool operator==(const SdpSsrcGroup&) const = default;
};

/// RFC 8851.
struct SdpRid {
  std::string id;
  RidDirection direction = RidDirection::kSend;
  std::string params;  ///< Verbatim restrictions; empty when absent.
  bool operator==(const SdpRid&) const = default;
};

/// One stream of a simulcast list (RFC 8853). Of comma-separated alternatives only the first is kept.
struct SimulcastRid {
  std::string rid;
  bool is_paused = false;
  bool operator==(const SimulcastRid&) const = default;
};
struct Simulcast {
  std::vector<SimulcastRid> send;
  std::vector<SimulcastRid> recv;
  bool operator==(const Simulcast&) const = default;
};

struct MediaSection {
  MediaKind kind = MediaKind::kAudio;
  uint16_t port = 9;  ///< 0 rejects the section (or, in an offer, goes with bundle-only).
  std::string protocol = "UDP/TLS/RTP/SAVPF";
  std::string format;  ///< kApplication only: "webrtc-datachannel".
  std::string mid;
  Direction direction = Direction::kSendRecv;  ///< Audio and video only.
  SdpTransport transport;
  std::vector<SdpCodec> codecs;  ///< In the order of the m-line: the sender's preference.
  std::vector<SdpExtmap> extmaps;
  std::vector<SdpSsrc> ssrcs;
  std::vector<SdpSsrcGroup> ssrc_groups;
  std::optional<Msid> msid;  ///< The first, when there are several.
  std::vector<SdpRid> rids;
  std::optional<Simulcast> simulcast;
  std::vector<IceCandidate> candidates;  ///< Malformed and unsupported ones are dropped on parse.
  std::optional<uint16_t> sctp_port;
  std::optional<uint64_t> max_message_size;  ///< Bytes.
  bool rtcp_mux = false;
  bool rtcp_rsize = false;
  bool bundle_only = false;
  bool extmap_allow_mixed = false;
  bool end_of_candidates = false;

  bool is_rejected() const { return port == 0 && !bundle_only; }
  const SdpCodec* codec(uint8_t payload_type) const;
  bool operator==(const MediaSection&) const = default;
};

struct SessionDescription {
  SdpOrigin origin;
  std::vector<SdpGroup> groups;
  std::string msid_semantic;  ///< Verbatim: "WMS *"; empty when absent.
  SdpTransport transport;
  bool ice_lite = false;
  bool extmap_allow_mixed = false;
  std::vector<MediaSection> media;

  const SdpGroup* bundle() const;
  const MediaSection* section(std::string_view mid) const;
  /// The section's transport attributes, each taken from the session when the section has none.
  SdpTransport transport_of(const MediaSection& section) const;
  bool operator==(const SessionDescription&) const = default;
};

struct SdpError {
  enum class Code : uint8_t {
    kTextTooLong,
    kLineTooLong,
    kMalformedLine,  ///< Not "<letter>=<value>".
    kBadVersion,     ///< No "v=0" at the start.
    kBadOrigin,
    kBadMedia,         ///< An m-line that cannot be read.
    kUnsupportedKind,  ///< A kind that is not audio, video or application.
    kTooManyMediaSections,
    kTooManyPayloadTypes,
    kTooManyExtmaps,
    kTooManySsrcs,
    kTooManyItems,  ///< Another of the limits above.
    kBadAttribute,  ///< A known attribute that cannot be read.
  };
  Code code{};
  uint32_t line = 0;  ///< From 1; 0 when it concerns the whole.
  bool operator==(const SdpError&) const = default;
};
/// A sentence for the log or the peer.
std::string to_string(const SdpError& error);

std::expected<SessionDescription, SdpError> parse_sdp(std::string_view text);
/// With CRLF line ends. What parse_sdp() made survives the round trip.
std::string serialize(const SessionDescription& description);

/// The value of `key` in fmtp parameters ("minptime=10;useinbandfec=1"), spaces trimmed, key compared without case.
std::optional<std::string_view> fmtp_value(std::string_view fmtp, std::string_view key);
/// ASCII letters compared without case, as codec names and tokens are.
bool equals_ignoring_case(std::string_view a, std::string_view b);

std::string_view to_string(MediaKind kind);
std::string_view to_string(Direction direction);
std::string_view to_string(SetupRole role);
/// What an answerer sees of an offered direction: sendonly becomes recvonly and the reverse.
Direction reversed(Direction direction);

}  // namespace parley::wire

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "media/sfu/media_params.h"
#include "media/transport/dtls.h"
#include "media/transport/ice.h"
#include "media/wire/sdp.h"

namespace parley::livekit {

/// Our side of one peer connection, as every description of ours states it.
struct LocalTransport {
  transport::IceCredentials ice;
  transport::DtlsFingerprint fingerprint;
  std::vector<wire::IceCandidate> candidates;
  transport::DtlsRole dtls_role = transport::DtlsRole::kServer;  ///< Answers state it; offers leave it open.
};

/// How the answer should shape what the client sends in one section.
struct ReceivePreferences {
  sfu::Codec preferred_codec = sfu::Codec::kUnknown;  ///< Put first; senders use the first one.
  bool use_dtx = true;                                ///< Opus: stop sending in silence.
  bool use_stereo = false;
};

/// A track of ours in one section.
struct OutgoingTrack {
  std::string stream_id;  ///< "PA_x|TR_y": clients take publisher and track from it.
  std::string track_id;
  sfu::Codec codec = sfu::Codec::kUnknown;
  bool is_stereo = false;
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;  ///< Used when the section has RTX for the codec.
};

/// Pure functions between SDP and what the SFU needs. Offer/answer rules: RFC 8829 §5, RFC 3264 §6; what LiveKit's
/// clients expect beyond them is said where it matters.

/// Answers a section in which the client sends: recvonly with the codecs, feedback and extensions we take.
wire::MediaSection answer_receive(const wire::MediaSection& offered, const ReceivePreferences& preferences);
/// What the SFU has to know of such a section; `track` may be null.
sfu::ReceiveSection make_receive_section(const wire::MediaSection& offered, const wire::MediaSection& answered,
                                         sfu::Track* track);
/// Answers a section in which the client only receives: sendonly with `track`, or inactive without one.
wire::MediaSection answer_send(const wire::MediaSection& offered, const std::optional<OutgoingTrack>& track);
wire::MediaSection answer_application(const wire::MediaSection& offered);
wire::MediaSection reject(const wire::MediaSection& offered);

/// A section of our own offer (dual mode): sendonly with `track`, or inactive to keep the place.
wire::MediaSection offer_send(wire::MediaKind kind, std::string mid, const std::optional<OutgoingTrack>& track);
wire::MediaSection offer_application(std::string mid);

/// How to send `track` in `section`, which is ours (an answer or an offer); nullopt when the codec is not in it.
std::optional<sfu::SendParams> make_send_params(const wire::MediaSection& section, const OutgoingTrack& track);

enum class DescriptionKind { kOffer, kAnswer };
/// The whole description around `media`: BUNDLE, ICE-lite, our transport in each section.
wire::SessionDescription make_description(DescriptionKind kind, std::vector<wire::MediaSection> media,
                                          const LocalTransport& transport, uint64_t session_id, uint64_t version);

/// Extension ids that hold for the whole bundle (RFC 9143 §10).
wire::ExtensionIds extension_ids(const wire::SessionDescription& description);

/// 0 low, 1 medium, 2 high: q, h, f (or the old 2, 1, 0), otherwise by place in the list.
int layer_of_rid(std::string_view rid, size_t place);

/// True when the client sends in this section.
bool client_sends(const wire::MediaSection& offered);

}  // namespace parley::livekit

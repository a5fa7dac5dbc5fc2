#pragma once

#include <string>
#include <vector>

#include "media/client/client_options.h"
#include "media/client/publication.h"
#include "media/transport/dtls.h"
#include "media/transport/ice.h"
#include "media/wire/sdp.h"

namespace parley::client {

/// The m-lines of a client's descriptions, in the manner of two browsers. Pure.

wire::MediaSection offer_receiving(wire::MediaKind kind, std::string mid, Dialect dialect);
/// Simulcast is declared by rids, a single layer by its SSRCs.
wire::MediaSection offer_sending(const Publication& publication, std::string mid, Dialect dialect);
wire::MediaSection offer_data(std::string mid);
/// The answer to a server's section: Opus and VP8 with what else was offered for them; anything else is rejected.
wire::MediaSection answer_receiving(const wire::MediaSection& offered);

/// The client's side of a transport.
struct ClientTransport {
  transport::IceCredentials ice;
  transport::DtlsFingerprint fingerprint;
  wire::SetupRole answered_setup = wire::SetupRole::kActive;
};
/// The whole description around `media`; offers actpass (reference 2.9).
enum class Description : uint8_t { kOffer, kAnswer };
wire::SessionDescription describe(Description kind, std::vector<wire::MediaSection> media,
                                  const ClientTransport& transport, uint64_t version);

/// The payload type of the section's first Opus or VP8, with its RTX; nullopt when it has neither.
struct MediaCodec {
  uint8_t payload_type = 0;
  uint8_t rtx_payload_type = 0;  ///< 0 without.
  bool has_nack = false;
};
std::optional<MediaCodec> find_media_codec(const wire::MediaSection& section);
wire::ExtensionIds section_extensions(const wire::MediaSection& section);

/// The first UDP candidate with a numeric address.
std::optional<SocketAddress> find_udp_candidate(const std::vector<wire::IceCandidate>& candidates);
/// From a trickled candidateInit (JSON).
std::optional<SocketAddress> udp_candidate_of_trickle(std::string_view candidate_init);

}  // namespace parley::client

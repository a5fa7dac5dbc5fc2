#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "media/client/client_options.h"
#include "media/client/client_sdp.h"
#include "media/client/publication.h"
#include "media/client/reception.h"
#include "media/congestion/feedback_generator.h"
#include "media/transport/peer.h"
#include "media/wire/rtcp.h"

namespace parley::client {

/// What a connection counts that belongs to no single track.
struct ConnectionCounts {
  uint64_t packets = 0;  ///< RTP, authenticated.
  uint64_t rtcp_packets = 0;
  uint64_t unknown_ssrc = 0;   ///< RTP of a stream that no description names.
  uint64_t wrong_payload = 0;  ///< With a payload type that its section does not have.
  uint64_t malformed = 0;
  uint64_t feedbacks = 0;      ///< Transport-wide feedback from the server.
  uint64_t feedback_lost = 0;  ///< Packets that it reported lost.
  uint64_t key_frame_requests = 0;
};

/// One peer connection of a client: its transport, its m-lines, the tracks it sends and receives. Knows descriptions,
/// not the signal protocol around them. Owner: a Client.
class PeerConnection {
 public:
  PeerConnection(const ClientOptions& options, ConnectionIndex index, Rng& rng);

  transport::Peer& transport() { return transport_; }
  const transport::Peer& transport() const { return transport_; }
  bool is_connected() const { return transport_.is_connected(); }

  // Descriptions.
  /// Adds m-lines to offer, in order.
  void add_receiving(wire::MediaKind kind);
  void add_data();
  void add_publication(Publication& publication);
  bool has_sections() const { return !sections_.empty(); }
  wire::SessionDescription make_offer();
  /// The server's answer to the newest offer; `mid_to_track_id` may be empty.
  void on_answer(const wire::SessionDescription& answer, const std::map<std::string, std::string>& mid_to_track_id,
                 Timestamp now, transport::PeerOutputs& out);
  /// Takes a server's offer; returns our answer.
  wire::SessionDescription on_offer(const wire::SessionDescription& offer, Timestamp now, transport::PeerOutputs& out);
  /// The server's, of its newest description.
  const std::string& server_ufrag() const { return remote_ice_.ufrag; }
  /// New ICE credentials for the next offer.
  void restart_ice();
  void on_trickle(const SocketAddress& server, Timestamp now);

  // Media.
  void on_datagram(const Path& from, ByteView datagram, Timestamp now, ClientOutputs& out);
  void send_due(Now now, transport::PeerOutputs& out);
  void on_timer(Now now, transport::PeerOutputs& out);
  Timestamp next_deadline() const;

  /// Received tracks, by sid. A track that ended and came back begins anew.
  const std::map<std::string, std::unique_ptr<Reception>>& receptions() const { return receptions_; }
  Reception* reception(const std::string& track_sid);
  /// Tracks whose receiving began or ended since the last call.
  struct Change {
    std::string track_sid;
    bool is_new = false;
  };
  std::vector<Change> take_changes() { return std::exchange(changes_, {}); }
  const ConnectionCounts& counts() const { return counts_; }
  /// From receiver reports for what we send.
  std::optional<TimeDelta> rtt() const { return rtt_; }

 private:
  /// One m-line that we offer.
  struct Section {
    std::string mid;
    wire::MediaKind kind = wire::MediaKind::kAudio;
    Publication* publication = nullptr;
  };
  // peer_connection_sdp.cc
  std::string next_mid() { return std::to_string(sections_.size()); }
  void take_remote_transport(const wire::SessionDescription& remote, Timestamp now, transport::PeerOutputs& out);
  void connect(Timestamp now);
  void take_remote_tracks(const wire::SessionDescription& remote, const wire::SessionDescription& ours,
                          const std::map<std::string, std::string>& mid_to_track_id);
  void take_track(const wire::MediaSection& remote, const wire::MediaSection& ours, std::string track_sid);
  void end_track(const std::string& track_sid);
  void take_send_format(const Section& section, const wire::MediaSection& answered);
  // peer_connection_rtcp.cc
  void on_rtp(ByteView packet, Timestamp now, transport::PeerOutputs& out);
  void on_rtcp(ByteView compound, Timestamp now, transport::PeerOutputs& out);
  void on_nack(const wire::Nack& nack, transport::PeerOutputs& out);
  void on_key_frame_request(uint32_t ssrc);
  void on_reports(const wire::RecordList<wire::ReportBlock>& blocks, Timestamp now);
  void send_feedback(Timestamp now, transport::PeerOutputs& out);
  void send_transport_feedback(transport::PeerOutputs& out);
  void send_reports(Now now, transport::PeerOutputs& out);
  void send_rtcp(ByteView compound, transport::PeerOutputs& out);
  std::optional<SendTarget> target(transport::PeerOutputs& out);

  const ClientOptions& options_;
  Rng& rng_;
  ConnectionIndex index_;
  transport::Peer transport_;
  std::vector<Section> sections_;
  uint64_t version_ = 0;
  wire::SessionDescription offer_;  ///< Our newest.
  transport::IceCredentials remote_ice_;
  std::optional<SocketAddress> server_;
  std::map<std::string, std::unique_ptr<Reception>> receptions_;
  std::unordered_map<uint32_t, Reception*> by_ssrc_;
  std::vector<Change> changes_;
  congestion::FeedbackGenerator feedback_;
  wire::ExtensionIds receive_extensions_;
  uint16_t transport_sequence_ = 0;
  uint32_t local_ssrc_;
  Timestamp next_report_;
  Timestamp next_feedback_ = Timestamp::never();  ///< When a reception wants to ask for something.
  std::optional<TimeDelta> rtt_;
  std::optional<int64_t> report_clock_offset_;  ///< Wall minus monotonic, microseconds, fixed at the first report.
  ConnectionCounts counts_;
};

}  // namespace parley::client

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "media/client/client_options.h"
#include "media/client/peer_connection.h"
#include "media/client/publication.h"

namespace parley::client {

enum class ClientState : uint8_t {
  kNew,
  kJoined,  ///< The Join came; media may not be up yet.
  kActive,  ///< The primary connection has been up.
  kLeft,    ///< For good; a new Client joins again.
};

/// What a client asks of one received track (UpdateTrackSettings).
struct TrackWish {
  bool disabled = false;
  pb::VideoQuality quality = pb::HIGH;
  uint32_t width = 0;  ///< With height, instead of quality.
  uint32_t height = 0;
};

/// A LiveKit client made of this server's own machines in the client role, for simulation and load generation. It
/// publishes synthetic Opus and VP8, and authenticates, checks and measures everything it receives. Sans-IO: knows
/// nothing of sockets, clocks and tokens. Owner: one thread.
class Client {
 public:
  /// `rng` must outlive it.
  Client(ClientOptions options, Rng& rng);
  ~Client();

  // Joining. The caller opens the signal connection with these, adding the token.
  /// Single mode, `/rtc/v1`.
  pb::JoinRequest make_join_request();
  /// Dual mode, `/rtc`: query keys and values, not escaped, without access_token.
  std::vector<std::pair<std::string, std::string>> make_query() const;
  /// The same, to resume the session on a new signal connection. Call after on_signal_closed().
  pb::JoinRequest make_resume_request() const;
  std::vector<std::pair<std::string, std::string>> make_resume_query() const;

  // Inputs.
  void on_signal(const pb::SignalResponse& response, Now now, ClientOutputs& out);
  void on_signal_closed();
  void on_datagram(ConnectionIndex connection, const Path& from, ByteView datagram, Now now, ClientOutputs& out);
  void on_timer(Now now, ClientOutputs& out);
  Timestamp next_deadline() const;
  /// When the SCTP mailbox names `connection`.
  void collect_sctp(ConnectionIndex connection, Now now, ClientOutputs& out);

  // Wishes.
  void leave(ClientOutputs& out);
  /// Tracks are numbered in the order of ClientOptions::publish and of these calls.
  size_t publish(const PublishSpec& spec, ClientOutputs& out);
  void unpublish(size_t track, ClientOutputs& out);
  void set_muted(size_t track, bool muted, ClientOutputs& out);
  /// Stops or starts sending one simulcast layer, as an encoder short of bandwidth does.
  void set_layer_active(size_t track, int layer, bool active);
  void subscribe(const std::string& track_sid, bool subscribe, ClientOutputs& out);
  void set_track_wish(const std::string& track_sid, const TrackWish& wish, ClientOutputs& out);
  void allow_subscribers(const pb::SubscriptionPermission& permission, ClientOutputs& out);
  /// New ICE credentials for the connections on which this client offers, and an offer with them.
  void restart_ice(ClientOutputs& out);
  /// A user packet to everyone. False while the channel is not open or its buffer is full.
  bool send_data(pb::DataPacket::Kind kind, std::string payload, ClientOutputs& out);
  bool send_packet(pb::DataPacket packet, pb::DataPacket::Kind kind, ClientOutputs& out);

  // What is known.
  ClientState state() const { return state_; }
  bool has_signal() const { return has_signal_; }
  const std::string& sid() const { return participant_.sid(); }
  const pb::ParticipantInfo& participant() const { return participant_; }
  /// The newest token; empty until the server sent one.
  const std::string& token() const { return token_; }
  const pb::JoinResponse& join_response() const { return join_; }
  /// By sid, without oneself and those who left.
  const std::map<std::string, pb::ParticipantInfo>& others() const { return others_; }
  const std::vector<std::unique_ptr<Publication>>& publications() const { return publications_; }
  bool is_connected(ConnectionIndex connection) const;
  /// Null when there is none.
  PeerConnection* connection(ConnectionIndex connection) { return connections_[index_of(connection)].get(); }
  const PeerConnection* connection(ConnectionIndex connection) const {
    return connections_[index_of(connection)].get();
  }
  /// The connection that tracks are received on.
  const PeerConnection& receiving() const { return *connections_[index_of(receiving_index())]; }
  ConnectionIndex receiving_index() const {
    return options_.mode == ConnectionMode::kSingle ? ConnectionIndex::kPublisher : ConnectionIndex::kSubscriber;
  }
  /// Reliable packets can be sent.
  bool is_data_ready() const { return send_channels_.reliable.has_value(); }

 private:
  struct Channels {
    std::optional<transport::DataChannelId> reliable;
    std::optional<transport::DataChannelId> lossy;
  };
  static size_t index_of(ConnectionIndex index) { return static_cast<size_t>(index); }
  PeerConnection& publisher() { return *connections_[0]; }
  ConnectionIndex primary_index() const;
  pb::ClientInfo client_info() const;
  // client.cc
  void send(pb::SignalRequest request, ClientOutputs& out);
  void make_connections();
  void settle(ConnectionIndex index, ClientOutputs& out);
  void on_connected(ConnectionIndex index, ClientOutputs& out);
  void open_channels(ClientOutputs& out);
  // client_signal.cc
  void on_join(const pb::JoinResponse& join, Now now, ClientOutputs& out);
  void on_answer(const pb::SessionDescription& answer, Now now, ClientOutputs& out);
  void on_offer(const pb::SessionDescription& offer, Now now, ClientOutputs& out);
  void on_trickle(const pb::TrickleRequest& trickle, Now now);
  void on_update(const pb::ParticipantUpdate& update);
  void on_track_published(const pb::TrackPublishedResponse& published, ClientOutputs& out);
  void on_requirement(const pb::MediaSectionsRequirement& requirement, ClientOutputs& out);
  void on_server_mute(const pb::MuteTrackRequest& mute);
  void on_request_response(const pb::RequestResponse& response, ClientOutputs& out);
  void on_leave(const pb::LeaveRequest& leave, ClientOutputs& out);
  void add_track(Publication& publication, ClientOutputs& out);
  void negotiate(ClientOutputs& out);
  pb::SessionDescription make_offer();
  void send_ping(Now now, ClientOutputs& out);
  // client_resume.cc
  void on_reconnect(const pb::ReconnectResponse& reconnect, ClientOutputs& out);
  pb::SyncState make_sync_state() const;
  void repeat_wishes(ClientOutputs& out);
  // client_data.cc
  void on_channel(ConnectionIndex index, const transport::SctpEvent& event);
  void on_message(const transport::SctpEvent& event, ClientOutputs& out);
  bool transmit(const pb::DataPacket& packet, pb::DataPacket::Kind kind, ClientOutputs& out);

  ClientOptions options_;
  Rng& rng_;
  ClientState state_ = ClientState::kNew;
  bool has_signal_ = false;
  std::array<std::unique_ptr<PeerConnection>, kConnections> connections_;
  std::vector<std::unique_ptr<Publication>> publications_;
  pb::JoinResponse join_;
  pb::ParticipantInfo participant_;
  std::map<std::string, pb::ParticipantInfo> others_;
  std::string token_;
  std::vector<pb::SignalRequest> waiting_;  ///< For the signal connection to come back; at most kMaxWaiting.
  // Negotiation of the connection on which this client offers.
  uint32_t offer_id_ = 0;
  bool is_offer_outstanding_ = false;
  bool must_offer_again_ = false;
  pb::SessionDescription last_offer_;
  pb::SessionDescription last_answer_;
  std::map<std::string, TrackWish> track_wishes_;
  std::map<std::string, bool> subscription_wishes_;
  // Data.
  Channels send_channels_;
  uint32_t next_sequence_ = 1;
  std::deque<pb::DataPacket> sent_reliable_;       ///< The last kMaxKept, to send again after a resume.
  std::map<std::string, uint32_t> last_received_;  ///< By sender's sid.
  // Time.
  Timestamp next_ping_ = Timestamp::never();
  Timestamp last_signal_;
  int64_t last_rtt_ms_ = 0;
};

}  // namespace parley::client

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/packet_batch.h"
#include "base/rng.h"
#include "base/time.h"
#include "media/sfu/counters.h"
#include "media/sfu/equalise.h"
#include "media/sfu/events.h"
#include "media/sfu/room.h"
#include "media/stream/packet_pool.h"
#include "media/transport/dtls.h"
#include "media/wire/rtcp.h"

namespace parley::sfu {

struct SfuConfig {
  const transport::DtlsContext* dtls = nullptr;  ///< Must outlive the Sfu, as must the next two.
  const transport::SrtpBackend* srtp = nullptr;
  transport::SctpStack* sctp = nullptr;
  std::shared_ptr<transport::SctpMailbox> mailbox;
  /// 65,536 cells are 105 MB at most, the history of about 130 simulcast publishers.
  size_t max_cells = 65'536;
  /// First character of every ICE ufrag made here: tells shards whose a check is.
  char ufrag_prefix = '0';
  /// Longest time a video frame whose end has not arrived is held back, so that it goes out as one burst. Zero
  /// forwards each packet at the end of its pass.
  TimeDelta max_hold = TimeDelta::millis(2);
  /// Small fan-outs are not held: bursts would save little.
  size_t hold_from_subscriptions = 8;
  /// Most bytes of padding that make a frame's packets equal; 0 pads nothing. See equalise().
  size_t max_padding = kMaxPadding;
  /// Bytes of datagrams after which a pass ends and the rest of a room has its turn in the next one: what is written
  /// is sent while it is in the cache. Much less would fill no sendmmsg; a key frame to 500 would be 25 MB.
  size_t max_pass_bytes = 192 * 1024;
};

/// All rooms, participants and peers of one shard, and the path of every packet between them. Sans-IO: datagrams and
/// `now` come in, packets and events go to `Outputs`. Control calls and datagrams must not be mixed inside one pass
/// with objects from another Sfu. Owner: one shard.
class Sfu {
 public:
  Sfu(SfuConfig config, Rng& rng) : config_(std::move(config)), rng_(rng), pool_(config_.max_cells) {}
  ~Sfu();

  // Control: sfu.cc. Returned pointers are owned here and valid until the matching remove call.
  Room* add_room();
  void remove_room(Room* room);
  Participant* add_participant(Room* room);
  void remove_participant(Participant* participant, Outputs& out);
  MediaPeer* add_peer(Participant* participant);
  void remove_peer(MediaPeer* peer, Outputs& out);
  /// New ICE credentials for a peer; checks under the old ones are still answered until the client has moved.
  void restart_ice(MediaPeer* peer);
  Track* add_track(Participant* participant, TrackParams params);
  void remove_track(Track* track);
  /// While muted nothing of the track is forwarded, whatever its publisher sends.
  void set_muted(Track* track, bool muted);
  Subscription* subscribe(Participant* participant, Track* track, MediaPeer* peer, SendParams params);
  void unsubscribe(Participant* participant, Track* track);
  /// Asks the publisher for a key frame of whatever `subscription` waits for.
  void request_key_frame(Subscription& subscription);
  uint32_t make_ssrc() { return rng_.next_u32() | 1; }

  // Data: packet_path.cc.
  Verdict on_datagram(const Path& from, ByteView datagram, Timestamp now, Outputs& out);
  /// After the datagrams that were waiting: forwards what they brought, or a part of it when it is much; then
  /// next_deadline() is now. The caller empties `out` in between.
  void end_pass(Timestamp now, Outputs& out);

  // Time: sfu_timers.cc.
  void on_timer(Now now, Outputs& out);
  Timestamp next_deadline() const;
  /// Takes what the SCTP stack's timer produced for peers of this shard.
  void collect_sctp(Timestamp now, Outputs& out);

  /// Which peer a STUN username names, so that a shard can tell whether a datagram is its own; null for a stranger.
  MediaPeer* peer_by_ufrag(std::string_view ufrag);
  /// True while `peer` is one of this Sfu's; for events that may have outlived it.
  bool has_peer(const MediaPeer* peer) const { return live_peers_.contains(peer); }
  const Counters& counters() const { return counters_; }
  size_t cells_in_use() const { return pool_.in_use(); }
  size_t peer_count() const { return peers_.size(); }

  /// Sends what DTLS, SCTP or STUN wrote, lists events, and plans the peer's next deadline. For use after calling the
  /// peer's transport directly (data channels).
  void after_transport(MediaPeer& peer, Outputs& out);

 private:
  /// What a packet carries on its subscriber's connection instead of what its publisher wrote.
  struct OutgoingHeader {
    uint8_t payload_type;
    uint32_t ssrc;
    uint16_t sequence_number;
    uint32_t timestamp;
    std::optional<uint16_t> original_sequence_number;  ///< Set on RTX.
    std::optional<forward::Vp8Rewriter::Values> vp8;   ///< Set when the descriptor must change.
  };
  /// Fixed header and the extensions sent downstream: 12, and an abs-capture-time and a dependency descriptor of up to
  /// 255 bytes each in the two-byte form.
  static constexpr size_t kMaxOutgoingHeader = 12 + 4 + 2 * 257 + 4;

  // packet_path.cc
  MediaPeer* find_peer(const Path& from, ByteView datagram);
  void learn_path(MediaPeer& peer, const Path& from);
  Verdict on_rtp(MediaPeer& peer, size_t size, size_t wire_size, Timestamp now);
  Verdict place(MediaPeer& peer, const ReceiveBinding& binding, uint16_t sequence_number, size_t wire_size,
                Timestamp now);
  void mark_feedback_due(MediaPeer& peer);
  void list_pending(Track& track, PendingPacket packet);
  bool must_wait(const Room& room, Timestamp now) const;
  void begin_round(Room& room);
  void forward_room(Room& room, Timestamp now, Outputs& out);
  void forward_track(Subscription& subscription, Timestamp now, Outputs& out);
  void forward_packet(Subscription& subscription, const stream::PacketCell& cell, int layer, Timestamp now,
                      Outputs& out);
  void forward_overtaken(Subscription& subscription, const PendingPacket& first, Timestamp now, Outputs& out);
  bool prepare_srtp(Subscription& subscription);
  bool write_media(const Subscription& subscription, const stream::PacketCell& cell,
                   const forward::Forwarder::Rewrite& rewrite, PacketBatch& batch);
  bool write_packet(const Subscription& subscription, transport::SrtpStream stream, const stream::PacketCell& cell,
                    const OutgoingHeader& header, PacketBatch& batch);
  static ByteView copy_payload(ByteView payload, const OutgoingHeader& header, uint8_t* dst);
  // rtcp_path.cc
  Verdict on_rtcp(MediaPeer& peer, ByteView compound, Timestamp now, Outputs& out);
  void on_sender_report(MediaPeer& peer, const wire::SenderReport& report, Timestamp now);
  void on_report_block(MediaPeer& peer, const wire::ReportBlock& block, Timestamp now);
  static void take_rtt(MediaPeer& peer, TimeDelta rtt);
  void on_nack(MediaPeer& peer, const wire::Nack& nack, Timestamp now, Outputs& out);
  void on_picture_loss(MediaPeer& peer, uint32_t media_ssrc);
  void resend(Subscription& subscription, uint16_t sequence_number, Timestamp now, Outputs& out);
  void send_feedback(MediaPeer& peer, Timestamp now, Outputs& out);
  void send_transport_feedback(MediaPeer& peer, Outputs& out);
  void send_reports(MediaPeer& peer, Now now, Outputs& out);
  void write_reception(MediaPeer& peer, Timestamp now, ByteWriter& writer);
  static uint32_t first_media_ssrc(const MediaPeer& peer);
  wire::NtpTime to_report_clock(Timestamp now) const;
  void send_rtcp(MediaPeer& peer, ByteView compound, Outputs& out);
  // sfu_timers.cc
  void on_peer_timer(MediaPeer& peer, Now now, Outputs& out);
  void schedule(MediaPeer& peer, Timestamp at);
  Timestamp peer_deadline(MediaPeer& peer) const;
  void measure_speakers(Outputs& out);
  void review_layers();
  void request_overdue();
  // sfu.cc
  void take_transport_events(MediaPeer& peer, Outputs& out);
  void register_ufrags(MediaPeer& peer);
  transport::IceCredentials make_credentials();
  void unlist(Track* track);

  struct Deadline {
    Timestamp at;
    PeerId peer;
    bool operator>(const Deadline& o) const { return at > o.at; }
  };

  SfuConfig config_;
  Rng& rng_;
  stream::PacketPool pool_;
  stream::PacketRef spare_;  ///< Where the next datagram is decrypted to; taken when it turns out to be media.
  std::vector<std::unique_ptr<Room>> rooms_;
  std::unordered_map<PeerId, MediaPeer*> peers_;
  std::unordered_set<const MediaPeer*> live_peers_;
  std::unordered_map<Path, MediaPeer*> by_path_;
  std::unordered_map<std::string, MediaPeer*> by_ufrag_;
  std::vector<Room*> pending_rooms_;
  std::vector<MediaPeer*> feedback_due_;
  std::vector<Track*> started_tracks_;
  std::vector<Deadline> deadlines_;  ///< A heap; entries that no longer match their peer are stale.
  std::vector<uint64_t> mailbox_tags_;
  uint64_t last_peer_id_ = 0;
  std::optional<int64_t> report_clock_offset_;  ///< Wall minus monotonic, microseconds, fixed at the first report.
  Timestamp next_review_;
  Timestamp next_speakers_;
  Counters counters_;
};

}  // namespace parley::sfu

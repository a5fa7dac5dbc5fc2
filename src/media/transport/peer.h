#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/packet_batch.h"
#include "base/rng.h"
#include "base/time.h"
#include "media/transport/dtls.h"
#include "media/transport/ice.h"
#include "media/transport/sctp.h"
#include "media/transport/srtp.h"

namespace parley::transport {

struct PeerEvent {
  enum class Kind : uint8_t {
    kConnected,     ///< ICE has a path and DTLS is up: media may flow. Once per peer.
    kPathChanged,   ///< path() is another one.
    kDisconnected,  ///< No consent for kIceDisconnectAfter. May be followed by kReconnected.
    kReconnected,
    kFailed,      ///< ICE gave up. An ICE restart revives the peer.
    kDtlsFailed,  ///< For good; `dtls_failure` says why.
    kDtlsClosed,  ///< The peer said close_notify. Not by itself the end.
    kData,        ///< `sctp` says what happened to the data channels.
  };
  Kind kind = Kind::kConnected;
  DtlsFailure dtls_failure = DtlsFailure::kNone;
  SctpEvent sctp = {};
};

/// Caller-owned, reused for many peers; the caller drains packets and events before the next peer's events would be
/// mixed up with these.
struct PeerOutputs {
  PacketBatch packets;  ///< Control datagrams to send: STUN answers, DTLS flights, SCTP.
  std::vector<PeerEvent> events;

  PacketBatch scratch_records{16 * 1024};  ///< Working memory of the peer; no meaning to callers.
  PacketBatch scratch_sctp{64 * 1024};
  std::vector<SctpEvent> scratch_events;
};

/// What became of a datagram.
enum class PeerVerdict : uint8_t {
  kRtp,              ///< Decrypted; hand on the first `size` bytes of `plain`.
  kRtcp,             ///< Likewise, a compound RTCP packet.
  kControl,          ///< Consumed: STUN or DTLS.
  kDropUnknown,      ///< Neither STUN, DTLS, RTP nor RTCP.
  kDropStun,         ///< Refused by ICE; see stun_counts().
  kDropUnvalidated,  ///< From an address that no authenticated check came from.
  kDropEarlyMedia,   ///< SRTP before DTLS is up.
  kDropSrtp,         ///< Refused by SRTP; see srtp_errors().
};
inline constexpr size_t kPeerVerdicts = 8;

struct PeerPacket {
  PeerVerdict verdict = PeerVerdict::kDropUnknown;
  size_t size = 0;
};

struct PeerOptions {
  /// kServer: ICE-lite, controlled, DTLS server (the product). kClient: controlling, DTLS client (simulation, load
  /// test). The DTLS role may still change: set_dtls_role().
  DtlsRole role = DtlsRole::kServer;
  const DtlsContext* dtls = nullptr;  ///< Must outlive the peer.
  const SrtpBackend* srtp = nullptr;  ///< Must outlive the peer.
  SctpStack* sctp = nullptr;          ///< Must outlive the peer; null: no data channels.
  std::shared_ptr<SctpMailbox> sctp_mailbox;
  uint64_t sctp_tag = 0;
  IceCredentials ice;
  Rng* rng = nullptr;  ///< Clients only. Must outlive the peer.
};

/// The transport of one peer connection: ICE, DTLS, SRTP and data channels behind one socket address. Media is
/// decrypted into the caller's buffer and encrypted by the caller through srtp(); everything else is kept inside.
/// Before an authenticated check came from an address, nothing from it is answered but STUN, and STUN only to who knows
/// the password. Owner: one shard.
class Peer {
 public:
  explicit Peer(PeerOptions options);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// The fingerprint that signalling names. May come late; until then the peer does not connect.
  void set_remote_fingerprint(DtlsFingerprint fingerprint, PeerOutputs& out);
  /// The role that the descriptions agreed on (RFC 8842 section 5). Changes nothing once the handshake has begun.
  void set_dtls_role(DtlsRole role, Timestamp now, PeerOutputs& out);
  DtlsRole dtls_role() const { return dtls_role_; }
  /// Clients only: begins, or after a change of credentials or address restarts, checking `server`.
  void connect(const Path& server, IceCredentials remote, Timestamp now);
  /// New local ICE credentials.
  void restart_ice(IceCredentials local);

  /// One datagram. `plain` needs room for `datagram.size()` bytes and may be the datagram's own memory.
  PeerPacket on_datagram(const Path& from, ByteView datagram, uint8_t* plain, Timestamp now, PeerOutputs& out);
  /// Also collects what the SCTP stack's timer produced; call it too when the mailbox names this peer.
  void on_timer(Timestamp now, PeerOutputs& out);
  Timestamp next_deadline() const;

  /// ICE and DTLS are up, and consent is not lost.
  bool is_connected() const;
  /// Media may go to path(). Longer than is_connected(): silence for the last seconds before kFailed would make every
  /// lost row of checks heard, and consent lives 30 s (RFC 7675 section 5.1).
  bool may_send() const { return dtls_.state() == DtlsState::kConnected && path().has_value(); }
  IceState ice_state() const;
  /// An authenticated check came from there: what comes over `path` is looked at.
  bool is_validated(const Path& path) const;
  DtlsState dtls_state() const { return dtls_.state(); }
  const IceCredentials& ice_credentials() const;
  /// After a restart: the credentials before it, still answered.
  std::optional<IceCredentials> previous_ice_credentials() const;
  /// Where media goes. Set while ICE has a path.
  const std::optional<Path>& path() const;
  /// Encrypts outgoing media; null before kConnected.
  SrtpSender* srtp() { return sender_ ? &*sender_ : nullptr; }

  std::expected<DataChannelId, SctpSendError> open_channel(const DataChannelParameters& parameters, PeerOutputs& out);
  std::expected<void, SctpSendError> send_data(DataChannelId channel, DataKind kind, ByteView payload,
                                               PeerOutputs& out);
  void close_channel(DataChannelId channel, PeerOutputs& out);
  /// Bytes of data-channel messages not yet acknowledged.
  size_t buffered_amount() const { return sctp_ ? sctp_->buffered_amount() : 0; }

  /// Says goodbye (close_notify).
  void close(PeerOutputs& out);

  const std::array<uint64_t, kPeerVerdicts>& verdict_counts() const { return verdicts_; }
  const std::array<uint64_t, kStunVerdicts>& stun_counts() const { return stun_verdicts_; }
  /// Null before kConnected.
  const SrtpErrorCounts* srtp_errors() const { return receiver_ ? &receiver_->errors() : nullptr; }
  const DtlsCounts& dtls_counts() const { return dtls_.counts(); }

 private:
  struct IceSnapshot {
    IceState state;
    std::optional<Path> path;
  };
  PeerPacket on_media(const Path& from, ByteView datagram, uint8_t* plain, PeerVerdict kind);
  PeerVerdict on_stun(const Path& from, ByteView datagram, Timestamp now, PeerOutputs& out);
  PeerVerdict on_dtls(const Path& from, ByteView datagram, Timestamp now, PeerOutputs& out);
  IceSnapshot ice_snapshot() const { return {ice_state(), path()}; }
  void after_ice(const IceSnapshot& before, Timestamp now, PeerOutputs& out);
  void start_dtls(Timestamp now, PeerOutputs& out);
  void after_dtls(DtlsState before, PeerOutputs& out);
  void deliver_sctp(PeerOutputs& out);

  const DtlsRole role_;
  DtlsRole dtls_role_;
  const DtlsContext& dtls_context_;
  const SrtpBackend* srtp_backend_;
  std::variant<IceLite, IceClient> ice_;
  DtlsEndpoint dtls_;
  std::optional<DtlsFingerprint> remote_fingerprint_;
  SctpStack* sctp_stack_;
  std::shared_ptr<SctpMailbox> sctp_mailbox_;
  uint64_t sctp_tag_;
  std::optional<SrtpSender> sender_;
  std::optional<SrtpReceiver> receiver_;
  std::unique_ptr<SctpAssociation> sctp_;
  bool has_been_connected_ = false;  ///< kConnected has been reported.
  std::array<uint64_t, kPeerVerdicts> verdicts_{};
  std::array<uint64_t, kStunVerdicts> stun_verdicts_{};
};

}  // namespace parley::transport

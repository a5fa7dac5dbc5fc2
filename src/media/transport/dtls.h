#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/packet_batch.h"
#include "base/result.h"
#include "base/time.h"
#include "media/transport/srtp.h"
#include "media/wire/sdp.h"

namespace parley::transport {

/// SHA-256, SHA-384 and SHA-512 are believed; a fingerprint by any other hash matches no certificate.
using DtlsFingerprint = wire::Fingerprint;

enum class DtlsRole : uint8_t { kServer, kClient };

/// A self-made ECDSA P-256 certificate and the OpenSSL contexts around it. One per process; immutable once made, shared
/// by all threads, and must outlive every DtlsEndpoint. Making one costs about a millisecond and uses OpenSSL's own
/// randomness, so it is made at start and passed in.
class DtlsContext {
 public:
  /// `common_name` is cosmetic. The certificate is valid from a day before `now` for a year.
  static Result<std::unique_ptr<DtlsContext>> make(WallTime now, std::string_view common_name = "parley");
  ~DtlsContext();
  DtlsContext(const DtlsContext&) = delete;
  DtlsContext& operator=(const DtlsContext&) = delete;

  /// SHA-256 of the certificate, for SDP.
  const DtlsFingerprint& fingerprint() const;

  struct Impl;
  /// Use make().
  explicit DtlsContext(std::unique_ptr<Impl> impl);
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

enum class DtlsState : uint8_t {
  kNew,        ///< Nothing sent or received.
  kHandshake,  ///< In progress, or finished and waiting for the peer's fingerprint from signalling.
  kConnected,  ///< Keys are there and the peer's certificate is the one that SDP named.
  kClosed,     ///< The peer sent close_notify. Not by itself a reason to end the session.
  kFailed,     ///< For good; see DtlsFailure.
};

enum class DtlsFailure : uint8_t {
  kNone,
  kTimeout,              ///< No handshake within kDtlsHandshakeTimeout.
  kFingerprintMismatch,  ///< Someone else's certificate.
  kNoSrtpProfile,        ///< The peer offers no profile we have.
  kProtocol,             ///< Fatal alert or a message OpenSSL refuses.
};

/// From the first flight to a verified peer. LiveKit's clients give up earlier; longer only keeps garbage.
inline constexpr TimeDelta kDtlsHandshakeTimeout = TimeDelta::seconds(30);
/// First retransmission after 100 ms instead of RFC 6347's 1 s: WebRTC paths are known by then to answer within this,
/// and a lost flight is what delays joining most. Doubles up to the limit.
inline constexpr TimeDelta kDtlsFirstRetransmit = TimeDelta::millis(100);
inline constexpr TimeDelta kDtlsMaxRetransmit = TimeDelta::seconds(3);
/// Largest datagram we emit, in bytes; certificates larger than this are fragmented.
inline constexpr size_t kDtlsMtu = 1200;

struct DtlsSrtpKeys {
  SrtpMasterKey local;   ///< For what we send.
  SrtpMasterKey remote;  ///< For what we receive.
};

/// Where an endpoint puts what it has to send and what it has received.
struct DtlsOutput {
  PacketBatch& datagrams;  ///< To `path`.
  const Path& path;
  PacketBatch& application;  ///< Decrypted application records (SCTP packets); the path of entries is not set.
};

struct DtlsCounts {
  uint32_t ignored_datagrams = 0;  ///< Not DTLS, unreadable, or after the end.
  uint32_t retransmissions = 0;
};

/// One DTLS 1.2 association (RFC 6347) over datagrams, with use_srtp (RFC 5764). Retransmission follows `now`, never a
/// clock: OpenSSL's own timer is kept expired and its work is asked for only when our deadline has passed.
/// Owner: one shard. After the handshake the record buffers are freed.
class DtlsEndpoint {
 public:
  DtlsEndpoint(const DtlsContext& context, DtlsRole role);
  ~DtlsEndpoint();
  DtlsEndpoint(DtlsEndpoint&&) noexcept;
  DtlsEndpoint& operator=(DtlsEndpoint&&) noexcept;

  /// The certificate that signalling promises. May come after the handshake has begun.
  void set_remote_fingerprint(DtlsFingerprint fingerprint);
  /// Client: sends the first flight. Server: nothing to do.
  void start(Timestamp now, DtlsOutput& out);
  void on_datagram(ByteView datagram, Timestamp now, DtlsOutput& out);
  void on_timer(Timestamp now, DtlsOutput& out);
  Timestamp next_deadline() const;

  /// Sends one application record. False before kConnected and when `data` exceeds the MTU.
  bool send(ByteView data, DtlsOutput& out);
  /// Sends close_notify.
  void close(DtlsOutput& out);

  DtlsState state() const;
  DtlsFailure failure() const;
  /// In kConnected.
  const std::optional<DtlsSrtpKeys>& srtp_keys() const;
  const DtlsCounts& counts() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::transport

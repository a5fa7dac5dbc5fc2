#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/packet_batch.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "media/transport/dtls.h"

namespace parley::transport {

/// An SCTP stream, which a data channel uses in both directions.
struct DataChannelTag {};
using DataChannelId = StrongId<DataChannelTag, uint16_t>;

enum class DataOrder : uint8_t { kOrdered, kUnordered };
enum class DataKind : uint8_t { kString, kBinary };

/// What DCEP agrees on (RFC 8832 section 5.1). At most one of the two limits is set; neither means reliable.
struct DataChannelParameters {
  std::string label = {};
  std::string protocol = {};
  DataOrder order = DataOrder::kOrdered;
  std::optional<uint32_t> max_retransmits = {};
  std::optional<uint32_t> max_lifetime_ms = {};
  uint16_t priority = 256;  ///< RFC 8831 section 6.4: 256 is "normal". Carried, not acted on.
  bool operator==(const DataChannelParameters&) const = default;
};

struct SctpEvent {
  enum class Kind : uint8_t {
    kConnected,      ///< The association is up; queued channels are being opened.
    kLost,           ///< The association ended; every channel is closed.
    kChannelOpened,  ///< By the peer, or by us and now acknowledged. `parameters` is set.
    kChannelClosed,  ///< Both directions are reset; the id may be used again.
    kMessage,        ///< `data_kind` and `payload` are set.
  };
  Kind kind = Kind::kConnected;
  DataChannelId channel{};
  DataKind data_kind = DataKind::kBinary;
  ByteVector payload = {};
  DataChannelParameters parameters = {};
};

enum class SctpSendError : uint8_t {
  kNotConnected,   ///< The association is not up.
  kNoChannel,      ///< No open channel of that id, or it is closing.
  kTooLarge,       ///< Above kSctpMaxOutgoingMessage.
  kBufferFull,     ///< kSctpSendBuffer is reached; nothing of the message was taken.
  kNoFreeChannel,  ///< kSctpMaxChannels are open, or the label is too long.
};

/// RFC 8841: the port that SDP names. Fixed, as in every WebRTC endpoint.
inline constexpr uint16_t kSctpPort = 5000;
/// What we advertise as max-message-size and send at most, in bytes.
inline constexpr size_t kSctpMaxOutgoingMessage = 65'535;
/// What we accept, in bytes: Chromium's own limit. A larger message ends the association.
inline constexpr size_t kSctpMaxIncomingMessage = 262'144;
/// Bytes accepted for sending and not yet acknowledged, per association. Two seconds at 4 Mbit/s; a slower reader is
/// the caller's to handle (drop lossy data, close the peer).
inline constexpr size_t kSctpSendBuffer = 1'048'576;
/// Open or opening channels per association. LiveKit uses three.
inline constexpr size_t kSctpMaxChannels = 64;
/// Label and protocol, in bytes each.
inline constexpr size_t kSctpMaxLabel = 1024;
/// SCTP packets of one association waiting to be collected. The overflow is dropped as if lost: SCTP retransmits.
inline constexpr size_t kSctpMaxQueuedPackets = 2048;
/// Largest SCTP packet, in bytes: kDtlsMtu less the DTLS record (13 header, 8 nonce, 16 tag).
inline constexpr size_t kSctpMtu = 1160;

/// Tells an owner which of its associations have packets or events to collect, because the timer driver, on another
/// thread, made some. One per shard. Thread-safe. Bounded by the number of associations: each is listed once until it
/// is collected.
class SctpMailbox {
 public:
  void post(uint64_t tag);
  /// Moves the tags out, into `tags` (cleared first).
  void take(std::vector<uint64_t>& tags);
  bool empty() const { return !has_mail_.load(std::memory_order_acquire); }

 private:
  std::mutex mutex_;
  std::vector<uint64_t> tags_;
  std::atomic<bool> has_mail_{false};
};

struct SctpOutputs {
  PacketBatch& packets;            ///< SCTP packets for DTLS; the path of entries is not set.
  std::vector<SctpEvent>& events;  ///< In order.
};

/// One SCTP association with its data channels (RFC 8831, RFC 8832). Owner: one shard; no method may be called by two
/// threads at once, but different associations and the stack's timer may run at the same time.
class SctpAssociation {
 public:
  virtual ~SctpAssociation() = default;

  /// Sends INIT. Both sides do (simultaneous open), when DTLS is up.
  virtual void start(SctpOutputs& out) = 0;
  virtual void on_packet(ByteView packet, SctpOutputs& out) = 0;
  /// Takes what the stack's timer produced meanwhile, and retries what did not fit.
  virtual void collect(SctpOutputs& out) = 0;

  /// Opens a channel; before kConnected the request waits. Data may be sent once the association is up, without
  /// waiting for kChannelOpened.
  virtual std::expected<DataChannelId, SctpSendError> open_channel(const DataChannelParameters& parameters,
                                                                   SctpOutputs& out) = 0;
  virtual std::expected<void, SctpSendError> send(DataChannelId channel, DataKind kind, ByteView payload,
                                                  SctpOutputs& out) = 0;
  /// Resets our direction (RFC 8831 section 6.7); kChannelClosed follows when the peer has done so too.
  virtual void close_channel(DataChannelId channel, SctpOutputs& out) = 0;

  virtual bool is_connected() const = 0;
  /// Bytes accepted by send() and not yet acknowledged.
  virtual size_t buffered_amount() const = 0;
  /// Packets the stack made while kSctpMaxQueuedPackets were waiting.
  virtual uint64_t dropped_packets() const = 0;
};

/// The process's SCTP stack (usrsctp, which is one global state; one lock is held around each call into it). Make one,
/// keep it until every association is gone. One driver calls on_timer(); it may emit packets of any association, which
/// land in that association's own queue and are announced in its mailbox. Thread-safe.
class SctpStack {
 public:
  SctpStack();
  ~SctpStack();
  SctpStack(const SctpStack&) = delete;
  SctpStack& operator=(const SctpStack&) = delete;

  /// Advances the stack's timers. Wanted every kSctpTimerPeriod.
  void on_timer(TimeDelta elapsed);

  /// `role` is the DTLS role: clients open even stream ids, servers odd ones (RFC 8832 section 6). `mailbox` may be
  /// null when the caller collects often anyway; it is shared because the timer driver may post while the owner goes.
  std::unique_ptr<SctpAssociation> make_association(DtlsRole role, std::shared_ptr<SctpMailbox> mailbox, uint64_t tag);

 private:
  TimeDelta remainder_;  ///< Below a millisecond. Under the stack's lock.
};

/// By how much retransmissions and delayed SACKs, 200 ms at the earliest, may be late. The library looks at every timer
/// of every association each time: at its own 10 ms that was a tenth of a server's work.
inline constexpr TimeDelta kSctpTimerPeriod = TimeDelta::millis(50);

}  // namespace parley::transport

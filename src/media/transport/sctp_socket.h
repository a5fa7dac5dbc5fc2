#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "media/transport/dcep.h"
#include "media/transport/sctp_outbox.h"

struct socket;

namespace parley::transport {

/// What a socket has to say, in order.
struct SctpUp {};
struct SctpDown {};
/// The peer reset these of its outgoing streams; empty means all.
struct SctpIncomingReset {
  std::vector<uint16_t> streams;
};
/// A reset of ours is over, done or refused.
struct SctpOutgoingReset {
  std::vector<uint16_t> streams;
  bool is_done = true;
};
struct SctpIncomingMessage {
  uint16_t stream = 0;
  uint32_t ppid = 0;
  ByteVector payload;
};
using SctpIndication = std::variant<SctpUp, SctpDown, SctpIncomingReset, SctpOutgoingReset, SctpIncomingMessage>;

struct SctpSendOptions {
  uint16_t stream = 0;
  PayloadProtocol ppid = PayloadProtocol::kBinary;
  DataOrder order = DataOrder::kOrdered;
  std::optional<uint32_t> max_retransmits = {};
  std::optional<uint32_t> max_lifetime_ms = {};
};

enum class SctpResetResult : uint8_t { kStarted, kBusy, kUnsupported };

/// The streams we offer in each direction, so also the number of usable ids: kSctpMaxChannels of either parity, with
/// slack for peers that choose ids freely. Each costs about 100 bytes per association.
inline constexpr uint16_t kSctpStreams = 256;

/// One usrsctp socket on AF_CONN: every use of the library's socket calls, and no knowledge of data channels. It is
/// polled, so the library's only callback is the one for output.
class SctpSocket {
 public:
  explicit SctpSocket(std::shared_ptr<SctpOutbox> outbox);
  ~SctpSocket();
  SctpSocket(const SctpSocket&) = delete;
  SctpSocket& operator=(const SctpSocket&) = delete;

  void connect();
  void on_packet(ByteView packet);
  /// The next indication, or nullopt.
  std::optional<SctpIndication> poll();
  std::expected<void, SctpSendError> send(const SctpSendOptions& options, ByteView payload);
  SctpResetResult reset_stream(uint16_t stream);
  size_t buffered_amount() const;

 private:
  void set_option(int level, int name, const void* value, size_t size);
  void set_options();
  std::optional<SctpIndication> on_notification(ByteView bytes);

  std::optional<SctpAddress> address_;
  struct socket* socket_ = nullptr;
  ByteVector partial_;       ///< The beginning of a message that is still coming.
  ByteVector notification_;  ///< Likewise of a notification.
};

}  // namespace parley::transport

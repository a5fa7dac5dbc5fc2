#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "base/packet_batch.h"
#include "media/transport/sctp.h"

namespace parley::transport {

/// Held around every call into usrsctp. The library has locks of its own, but with several threads opening, driving and
/// closing associations beside its timers it was seen to corrupt the heap (0.9.5). A call takes microseconds, and
/// data channels are little of an SFU's traffic.
std::mutex& usrsctp_mutex();

/// Where usrsctp's output for one association waits for the owner. Written under usrsctp's locks by whichever thread
/// drives the stack, so it only copies; read by the owner. The bound is kSctpMaxQueuedPackets, beyond which packets are
/// dropped and counted. Lock order: usrsctp_mutex(), this one, the mailbox's.
class SctpOutbox {
 public:
  SctpOutbox(std::shared_ptr<SctpMailbox> mailbox, uint64_t tag) : mailbox_(std::move(mailbox)), tag_(tag) {}

  void push(ByteView packet);
  /// The owner is about to drive the association and will take() afterwards: no announcement needed.
  void owner_enters();
  /// Appends all waiting packets to `out` and ends the owner's presence.
  void take(PacketBatch& out);
  /// Asks for a visit of the owner without a packet.
  void announce();
  uint64_t dropped() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<SctpMailbox> mailbox_;
  uint64_t tag_;
  PacketBatch packets_{0};
  uint64_t dropped_ = 0;
  bool is_owner_inside_ = false;
  bool is_announced_ = false;
};

/// usrsctp names an AF_CONN endpoint by a pointer, which it only compares and hands back. We give it a number dressed
/// up as one and look the number up, so that nothing dangles when an association goes while another thread drives
/// the stack. Numbers are not reused in practice (64 bits). All of it under usrsctp_mutex().
class SctpAddress {
 public:
  explicit SctpAddress(std::shared_ptr<SctpOutbox> outbox);
  ~SctpAddress();
  SctpAddress(const SctpAddress&) = delete;
  SctpAddress& operator=(const SctpAddress&) = delete;
  void* as_pointer() const;

  /// usrsctp's output callback.
  static int on_output(void* address, void* data, size_t size, uint8_t tos, uint8_t set_df);

 private:
  uint64_t number_;
};

}  // namespace parley::transport

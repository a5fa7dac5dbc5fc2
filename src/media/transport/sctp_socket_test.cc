// What only a peer other than ourselves would send: messages above our own limits.

#include "media/transport/sctp_socket.h"

#include <gtest/gtest.h>

#include "media/transport/virtual_clock.h"

namespace parley::transport {
namespace {

/// A bare socket, which may send anything, facing one of our associations.
class ForeignPeer {
 public:
  explicit ForeignPeer(SctpStack& stack) : stack_(stack), ours_(stack.make_association(DtlsRole::kServer, nullptr, 0)) {
    SctpOutputs out{to_foreign_, events};
    ours_->start(out);
    socket_.connect();
    run(20);
  }

  bool is_connected() const { return ours_->is_connected(); }
  bool send(const SctpSendOptions& options, ByteView payload) { return socket_.send(options, payload).has_value(); }
  bool open_channel() { return send({.ppid = PayloadProtocol::kDcep}, serialize_dcep_open({.label = "big"})); }
  void run(int ticks) {
    for (int tick = 0; tick < ticks; ++tick) {
      SctpOutputs out{to_foreign_, events};
      outbox_->take(to_ours_);
      for (const auto& entry : to_ours_.entries()) ours_->on_packet(to_ours_.datagram(entry), out);
      to_ours_.clear();
      for (const auto& entry : to_foreign_.entries()) socket_.on_packet(to_foreign_.datagram(entry));
      to_foreign_.clear();
      while (socket_.poll()) {
      }
      advance_virtual_clock(kSctpTimerPeriod);
      stack_.on_timer(kSctpTimerPeriod);
      ours_->collect(out);
    }
  }
  size_t count(SctpEvent::Kind kind) const {
    return static_cast<size_t>(std::ranges::count(events, kind, &SctpEvent::kind));
  }

  std::vector<SctpEvent> events;

 private:
  SctpStack& stack_;
  std::unique_ptr<SctpAssociation> ours_;
  std::shared_ptr<SctpOutbox> outbox_ = std::make_shared<SctpOutbox>(nullptr, 1);
  SctpSocket socket_{outbox_};
  PacketBatch to_foreign_{0};
  PacketBatch to_ours_{0};
};

TEST(SctpLimits, AMessageOfTheLargestSizeIsTaken) {
  SctpStack stack;
  ForeignPeer peer(stack);
  ASSERT_TRUE(peer.is_connected());
  ASSERT_TRUE(peer.open_channel());
  ASSERT_TRUE(peer.send({}, ByteVector(kSctpMaxIncomingMessage, 7)));
  peer.run(300);
  ASSERT_EQ(peer.count(SctpEvent::Kind::kMessage), 1u);
  EXPECT_EQ(peer.events.back().payload, ByteVector(kSctpMaxIncomingMessage, 7));
}

TEST(SctpLimits, ALargerMessageEndsTheAssociation) {
  SctpStack stack;
  ForeignPeer peer(stack);
  ASSERT_TRUE(peer.open_channel());
  ASSERT_TRUE(peer.send({}, ByteVector(kSctpMaxIncomingMessage + 1, 7)));
  peer.run(300);
  EXPECT_EQ(peer.count(SctpEvent::Kind::kMessage), 0u);
  EXPECT_EQ(peer.count(SctpEvent::Kind::kLost), 1u);
  EXPECT_FALSE(peer.is_connected());
}

TEST(SctpLimits, DataOnAStreamThatIsNoChannelOrOfAnUnknownKindIsIgnored) {
  SctpStack stack;
  ForeignPeer peer(stack);
  ASSERT_TRUE(peer.send({.stream = 6}, ByteVector(10, 1)));
  ASSERT_TRUE(peer.open_channel());
  ASSERT_TRUE(peer.send({.ppid = static_cast<PayloadProtocol>(99)}, ByteVector(10, 1)));
  ASSERT_TRUE(peer.send({.ppid = PayloadProtocol::kDcep}, ByteVector(10, 1)));
  ASSERT_TRUE(peer.open_channel());
  peer.run(50);
  EXPECT_EQ(peer.count(SctpEvent::Kind::kMessage), 0u);
  EXPECT_EQ(peer.count(SctpEvent::Kind::kChannelOpened), 1u);
  EXPECT_TRUE(peer.is_connected());
}

TEST(SctpLimits, MoreChannelsThanTheMostAreResetAndDoNotOpen) {
  SctpStack stack;
  ForeignPeer peer(stack);
  for (uint16_t stream = 0; stream < kSctpMaxChannels + 20; ++stream) {
    ASSERT_TRUE(peer.send({.stream = stream, .ppid = PayloadProtocol::kDcep}, serialize_dcep_open({.label = "many"})));
  }
  peer.run(200);
  EXPECT_EQ(peer.count(SctpEvent::Kind::kChannelOpened), kSctpMaxChannels);
  EXPECT_TRUE(peer.is_connected());
}

TEST(SctpOutboxTest, IsBoundedAndCountsWhatItDrops) {
  SctpOutbox outbox(nullptr, 1);
  const ByteVector packet(100);
  for (size_t i = 0; i < kSctpMaxQueuedPackets + 5; ++i) outbox.push(packet);
  PacketBatch out(0);
  outbox.take(out);
  EXPECT_EQ(out.size(), kSctpMaxQueuedPackets);
  EXPECT_EQ(outbox.dropped(), 5u);
  outbox.push(packet);
  outbox.take(out);
  EXPECT_EQ(out.size(), kSctpMaxQueuedPackets + 1);
}

}  // namespace
}  // namespace parley::transport

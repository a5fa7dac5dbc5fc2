#include "media/transport/sctp.h"

#include <gtest/gtest.h>
#include <usrsctp.h>

#include <thread>

#include "media/transport/sctp_test_util.h"

namespace parley::transport {
namespace {

using test::SctpPair;
using Kind = SctpEvent::Kind;

const DataChannelParameters kReliable{.label = "_reliable", .protocol = ""};
const DataChannelParameters kLossy{
    .label = "_lossy", .protocol = "", .order = DataOrder::kUnordered, .max_retransmits = 0};

class SctpTest : public ::testing::Test {
 protected:
  SctpStack stack_;
};

TEST_F(SctpTest, BothSidesStartingAtOnceConnectWithinASecond) {
  SctpPair pair(stack_);
  pair.connect();
  EXPECT_LE(pair.now.ms(), 200);
  EXPECT_EQ(pair.client.of(Kind::kConnected).size(), 1u);
  EXPECT_EQ(pair.server.of(Kind::kConnected).size(), 1u);
}

TEST_F(SctpTest, AChannelOpensOnBothSidesWithItsParameters) {
  SctpPair pair(stack_);
  pair.connect();
  const DataChannelId reliable = pair.open(pair.client, kReliable);
  const DataChannelId lossy = pair.open(pair.server, kLossy);
  const DataChannelId timed = pair.open(pair.client, {.label = "t", .protocol = "p", .max_lifetime_ms = 250});
  pair.run_for(TimeDelta::millis(200));
  EXPECT_EQ(reliable.value() % 2, 0) << "the DTLS client uses even ids";
  EXPECT_EQ(lossy.value() % 2, 1);
  ASSERT_EQ(pair.server.of(Kind::kChannelOpened).size(), 3u);
  for (const auto& [id, parameters] : {std::pair{reliable, kReliable},
                                       {lossy, kLossy},
                                       {timed, {.label = "t", .protocol = "p", .max_lifetime_ms = 250}}}) {
    for (const SctpPair::End* end : {&pair.client, &pair.server}) {
      const auto opened = end->of(Kind::kChannelOpened);
      const auto found = std::ranges::find(opened, id, [](const SctpEvent* e) { return e->channel; });
      ASSERT_NE(found, opened.end());
      EXPECT_EQ((*found)->parameters, parameters);
    }
  }
}

TEST_F(SctpTest, ChannelsAskedForBeforeTheAssociationIsUpOpenThen) {
  SctpPair pair(stack_);
  const DataChannelId channel = pair.open(pair.server, kReliable);
  EXPECT_EQ(pair.send(pair.server, channel, "early").error(), SctpSendError::kNotConnected);
  pair.connect();
  pair.run_for(TimeDelta::millis(200));
  EXPECT_EQ(pair.client.of(Kind::kChannelOpened).size(), 1u);
  EXPECT_EQ(pair.server.of(Kind::kChannelOpened).size(), 1u);
}

TEST_F(SctpTest, DataSentRightBehindTheOpenArrivesAfterIt) {
  SctpPair pair(stack_);
  pair.connect();
  const DataChannelId channel = pair.open(pair.server, kLossy);
  ASSERT_TRUE(pair.send(pair.server, channel, "first"));
  pair.run_for(TimeDelta::millis(200));
  ASSERT_EQ(pair.client.messages(channel), (std::vector<std::string>{"first"}));
  EXPECT_EQ(pair.client.events[1].kind, Kind::kChannelOpened);
}

TEST_F(SctpTest, StringsBinariesAndEmptyMessagesKeepTheirKind) {
  SctpPair pair(stack_);
  pair.connect();
  const DataChannelId channel = pair.open(pair.client, kReliable);
  ASSERT_TRUE(pair.send(pair.client, channel, "text", DataKind::kString));
  ASSERT_TRUE(pair.send(pair.client, channel, "blob", DataKind::kBinary));
  ASSERT_TRUE(pair.send(pair.client, channel, "", DataKind::kString));
  ASSERT_TRUE(pair.send(pair.client, channel, "", DataKind::kBinary));
  pair.run_for(TimeDelta::millis(500));
  const auto messages = pair.server.of(Kind::kMessage);
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages[0]->data_kind, DataKind::kString);
  EXPECT_EQ(messages[1]->data_kind, DataKind::kBinary);
  EXPECT_EQ(messages[2]->data_kind, DataKind::kString);
  EXPECT_EQ(messages[3]->data_kind, DataKind::kBinary);
  EXPECT_EQ(pair.server.messages(channel), (std::vector<std::string>{"text", "blob", "", ""}));
}

TEST_F(SctpTest, NoPacketIsLargerThanDtlsCanCarry) {
  SctpPair pair(stack_);
  pair.connect();
  const DataChannelId channel = pair.open(pair.client, kReliable);
  ASSERT_TRUE(pair.send(pair.client, channel, std::string(kSctpMaxOutgoingMessage, 'x')));
  ASSERT_TRUE(pair.run_until([&] { return !pair.server.messages(channel).empty(); }));
  EXPECT_EQ(pair.server.messages(channel)[0].size(), kSctpMaxOutgoingMessage);
  EXPECT_LE(pair.largest_packet, kSctpMtu);
  EXPECT_GT(pair.largest_packet, kSctpMtu - 40);
}

TEST_F(SctpTest, AMessageAboveTheLimitIsRefused) {
  SctpPair pair(stack_);
  pair.connect();
  const DataChannelId channel = pair.open(pair.client, kReliable);
  EXPECT_EQ(pair.send(pair.client, channel, std::string(kSctpMaxOutgoingMessage + 1, 'x')).error(),
            SctpSendError::kTooLarge);
}

TEST_F(SctpTest, AReliableChannelDeliversEverythingInOrderThroughLoss) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SctpPair pair(stack_, {.loss_percent = 15, .seed = seed});
    pair.connect();
    ASSERT_TRUE(pair.client.association->is_connected()) << "seed " << seed;
    const DataChannelId channel = pair.open(pair.client, kReliable);
    std::vector<std::string> sent;
    for (int i = 0; i < 60; ++i) sent.push_back(std::to_string(i) + std::string(static_cast<size_t>(i) * 50, 'x'));
    for (const std::string& text : sent) {
      ASSERT_TRUE(pair.run_until([&] { return pair.send(pair.client, channel, text).has_value(); }));
    }
    pair.run_until([&] { return pair.server.messages(channel).size() >= sent.size(); });
    EXPECT_TRUE(pair.server.messages(channel) == sent) << "seed " << seed;
  }
}

TEST_F(SctpTest, ALossyChannelLosesAndDoesNotWait) {
  SctpPair pair(stack_);
  pair.connect();
  const DataChannelId channel = pair.open(pair.client, kLossy);
  pair.run_for(TimeDelta::millis(200));
  pair.options.loss_percent = 30;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(pair.send(pair.client, channel, std::to_string(i)));
    pair.run_for(TimeDelta::millis(20));
  }
  pair.options.loss_percent = 0;
  pair.run_for(TimeDelta::seconds(3));
  const size_t received = pair.server.messages(channel).size();
  EXPECT_LT(received, 190u);
  EXPECT_GT(received, 60u);
  EXPECT_EQ(pair.client.association->buffered_amount(), 0u) << "what was given up is not kept";
}

TEST_F(SctpTest, AFullBufferRefusesWholeMessagesAndRecovers) {
  SctpPair pair(stack_);
  pair.connect();
  const DataChannelId channel = pair.open(pair.client, kReliable);
  pair.run_for(TimeDelta::millis(200));
  pair.options.loss_percent = 100;
  const std::string text(50'000, 'x');
  size_t accepted = 0;
  while (accepted < 1000 && pair.send(pair.client, channel, text)) ++accepted;
  EXPECT_LE(accepted * text.size(), kSctpSendBuffer);
  EXPECT_GT(accepted * text.size(), kSctpSendBuffer * 8 / 10);
  EXPECT_EQ(pair.send(pair.client, channel, text).error(), SctpSendError::kBufferFull);
  EXPECT_GE(pair.client.association->buffered_amount(), accepted * text.size());
  pair.options.loss_percent = 0;
  ASSERT_TRUE(pair.run_until([&] { return pair.server.messages(channel).size() == accepted; }));
  pair.run_for(TimeDelta::seconds(1));
  EXPECT_EQ(pair.client.association->buffered_amount(), 0u);
  EXPECT_TRUE(pair.send(pair.client, channel, text));
}

TEST_F(SctpTest, ClosingAChannelClosesItOnBothSidesAndFreesItsId) {
  SctpPair pair(stack_);
  pair.connect();
  const DataChannelId keep = pair.open(pair.client, kReliable);
  const DataChannelId gone = pair.open(pair.client, kLossy);
  pair.run_for(TimeDelta::millis(200));
  pair.close(pair.server, gone);
  EXPECT_EQ(pair.send(pair.server, gone, "x").error(), SctpSendError::kNoChannel);
  ASSERT_TRUE(pair.run_until(
      [&] { return !pair.client.of(Kind::kChannelClosed).empty() && !pair.server.of(Kind::kChannelClosed).empty(); }));
  EXPECT_EQ(pair.client.of(Kind::kChannelClosed)[0]->channel, gone);
  EXPECT_EQ(pair.server.of(Kind::kChannelClosed)[0]->channel, gone);
  EXPECT_EQ(pair.open(pair.client, kReliable), gone);
  ASSERT_TRUE(pair.send(pair.client, gone, "again"));
  ASSERT_TRUE(pair.send(pair.client, keep, "still"));
  pair.run_for(TimeDelta::millis(500));
  EXPECT_EQ(pair.server.messages(gone), (std::vector<std::string>{"again"}));
  EXPECT_EQ(pair.server.messages(keep), (std::vector<std::string>{"still"}));
}

TEST_F(SctpTest, SeveralChannelsClosedAtOnceAllClose) {
  SctpPair pair(stack_, {.loss_percent = 10, .seed = 3});
  pair.connect();
  std::vector<DataChannelId> channels;
  for (int i = 0; i < 6; ++i) channels.push_back(pair.open(i % 2 == 0 ? pair.client : pair.server, kReliable));
  pair.run_for(TimeDelta::seconds(3));
  for (const DataChannelId channel : channels) pair.close(pair.client, channel);
  EXPECT_TRUE(pair.run_until([&] {
    return pair.client.of(Kind::kChannelClosed).size() == 6 && pair.server.of(Kind::kChannelClosed).size() == 6;
  }));
}

TEST_F(SctpTest, ChannelsAreBoundedOnBothSides) {
  SctpPair pair(stack_);
  pair.connect();
  for (size_t i = 0; i < kSctpMaxChannels; ++i) pair.open(pair.client, kReliable);
  SctpOutputs out = pair.client.outputs();
  EXPECT_EQ(pair.client.association->open_channel(kReliable, out).error(), SctpSendError::kNoFreeChannel);
  pair.run_for(TimeDelta::seconds(1));
  EXPECT_EQ(pair.server.of(Kind::kChannelOpened).size(), kSctpMaxChannels);
}

TEST_F(SctpTest, ALabelAboveTheLimitIsRefused) {
  SctpPair pair(stack_);
  SctpOutputs out = pair.client.outputs();
  const DataChannelParameters huge{.label = std::string(kSctpMaxLabel + 1, 'x'), .protocol = ""};
  EXPECT_EQ(pair.client.association->open_channel(huge, out).error(), SctpSendError::kNoFreeChannel);
}

/// An ABORT (RFC 9260 section 3.3.7) with the addressing of `packet`.
ByteVector make_abort(ByteView packet) {
  ByteVector bytes(16);
  ByteWriter writer(bytes);
  writer.bytes(packet.first(8));
  writer.zeros(4);
  writer.u8(6);
  writer.u8(0);
  writer.u16(4);
  const uint32_t checksum = usrsctp_crc32c(bytes.data(), bytes.size());
  std::memcpy(bytes.data() + 8, &checksum, sizeof checksum);
  return bytes;
}

TEST_F(SctpTest, APeerThatAbortsIsReportedAsLostOnceAndTheAssociationIsOver) {
  SctpPair pair(stack_);
  pair.connect();
  const DataChannelId channel = pair.open(pair.client, kReliable);
  pair.run_for(TimeDelta::millis(200));
  SctpOutputs out = pair.server.outputs();
  const ByteVector abort = make_abort(pair.last_packet_to_server);
  pair.server.association->on_packet(abort, out);
  pair.server.association->on_packet(abort, out);
  EXPECT_EQ(pair.server.of(Kind::kLost).size(), 1u);
  EXPECT_FALSE(pair.server.association->is_connected());
  EXPECT_EQ(pair.server.association->send(channel, DataKind::kString, {}, out).error(), SctpSendError::kNotConnected);
  EXPECT_EQ(pair.server.association->open_channel(kReliable, out).error(), SctpSendError::kNotConnected);
}

TEST_F(SctpTest, GarbageIsHarmless) {
  SctpPair pair(stack_);
  pair.connect();
  const DataChannelId channel = pair.open(pair.client, kReliable);
  SeededRng rng(8);
  for (int i = 0; i < 500; ++i) {
    ByteVector garbage(rng.below(200));
    rng.fill(garbage);
    SctpOutputs out = pair.server.outputs();
    pair.server.association->on_packet(garbage, out);
  }
  ASSERT_TRUE(pair.send(pair.client, channel, "fine"));
  pair.run_for(TimeDelta::millis(500));
  EXPECT_EQ(pair.server.messages(channel), (std::vector<std::string>{"fine"}));
}

TEST_F(SctpTest, TheMailboxNamesAnAssociationOnceUntilItIsCollected) {
  auto mailbox = std::make_shared<SctpMailbox>();
  auto association = stack_.make_association(DtlsRole::kServer, mailbox, 42);
  PacketBatch packets(0);
  std::vector<SctpEvent> events;
  SctpOutputs out{packets, events};
  association->start(out);
  EXPECT_EQ(packets.size(), 1u) << "INIT comes back to the caller at once";
  EXPECT_TRUE(mailbox->empty());
  for (int i = 0; i < 500; ++i) stack_.on_timer(TimeDelta::millis(10));
  std::vector<uint64_t> tags;
  mailbox->take(tags);
  EXPECT_EQ(tags, (std::vector<uint64_t>{42}));
  packets.clear();
  association->collect(out);
  EXPECT_GE(packets.size(), 2u) << "retransmitted INITs";
}

TEST_F(SctpTest, AThousandAssociationsComeAndGo) {
  for (int i = 0; i < 500; ++i) {
    SctpPair pair(stack_, {.one_way = TimeDelta::zero()});
    pair.connect();
    ASSERT_TRUE(pair.client.association->is_connected());
    pair.open(pair.client, kReliable);
    pair.run_for(TimeDelta::millis(20));
  }
}

TEST(SctpStackTest, CanBeMadeAgainAfterItsEnd) {
  for (int i = 0; i < 3; ++i) {
    SctpStack stack;
    SctpPair pair(stack);
    pair.connect();
    EXPECT_TRUE(pair.client.association->is_connected());
  }
}

TEST(SctpStackTest, SeveralThreadsAndTheTimerDriverWorkAtOnce) {
  SctpStack stack;
  std::atomic<bool> is_over{false};
  std::atomic<int> wanted_ticks{0};
  std::jthread driver([&] {
    while (!is_over) {
      if (wanted_ticks.exchange(0) == 0) continue;
      advance_virtual_clock(kSctpTimerPeriod);
      stack.on_timer(kSctpTimerPeriod);
    }
  });
  std::vector<std::jthread> shards;
  std::atomic<int> delivered{0};
  for (int shard = 0; shard < 3; ++shard) {
    shards.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        SctpPair pair(stack, {.one_way = TimeDelta::zero(), .wanted_ticks = &wanted_ticks});
        pair.connect();
        const DataChannelId channel = pair.open(pair.client, kReliable);
        if (pair.send(pair.client, channel, std::string(30'000, 'x')) &&
            pair.run_until([&] { return !pair.server.messages(channel).empty(); })) {
          ++delivered;
        }
      }
    });
  }
  shards.clear();
  is_over = true;
  EXPECT_EQ(delivered, 30);
}

}  // namespace
}  // namespace parley::transport

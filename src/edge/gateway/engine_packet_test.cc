#include "edge/gateway/engine_packet.h"

#include <gtest/gtest.h>

#include "net/websocket_codec.h"

namespace parley::gateway {
namespace {

TEST(EnginePacket, HasATypeAndData) {
  const auto packet = parse_engine_packet("4hello");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, EngineType::kMessage);
  EXPECT_EQ(packet->kind, PayloadKind::kText);
  EXPECT_EQ(packet->data, "hello");
  EXPECT_EQ(parse_engine_packet("2probe")->type, EngineType::kPing);
}

TEST(EnginePacket, IsRefusedWithoutAKnownTypeOrProperText) {
  for (const char* text : {"", "7", "abc", " 4", "4\xff", "b!", "bAQ=A"})
    EXPECT_FALSE(parse_engine_packet(text)) << text;
}

TEST(EnginePacket, MayBeBinaryInBase64) {
  const auto packet = parse_engine_packet("bAQIDBA==");
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->type, EngineType::kMessage);
  EXPECT_EQ(packet->kind, PayloadKind::kBinary);
  EXPECT_EQ(packet->data, "\1\2\3\4");
}

TEST(EnginePayloadReader, TakesPacketsOneByOne) {
  EnginePayloadReader reader(
      "4a\x1e"
      "2\x1e"
      "bAQ==");
  EXPECT_EQ(reader.next()->data, "a");
  EXPECT_EQ(reader.next()->type, EngineType::kPing);
  EXPECT_FALSE(reader.is_done());
  EXPECT_EQ(reader.next()->data, "\1");
  EXPECT_TRUE(reader.is_done());
}

TEST(EnginePayloadReader, IsNeverDoneAfterSomethingBad) {
  for (const char* text : {"", "4a\x1e", "\x1e",
                           "4a\x1e"
                           "x"}) {
    EnginePayloadReader reader(text);
    while (reader.next()) continue;
    EXPECT_FALSE(reader.is_done()) << text;
  }
}

TEST(EngineMessage, BecomesAPollingPayloadWithSeparators) {
  EngineMessage message;
  message.add(EngineType::kMessage, "hello");
  message.add_binary("\1\2\3\4");
  std::string payload = "2";
  message.append_to_payload(payload);
  EXPECT_EQ(payload,
            "2\x1e"
            "4hello\x1e"
            "bAQIDBA==");
}

TEST(EngineMessage, IsFramesForAWebSocketOfEveryLengthForm) {
  for (const size_t size : {size_t{0}, size_t{125}, size_t{126}, size_t{70'000}}) {
    EngineMessage message;
    message.add_binary(std::string(size, 'x'));
    message.add(EngineType::kPing, "");
    net::WebSocketReader reader(net::WebSocketSide::kClient, 100'000);
    std::vector<net::WebSocketEvent> events;
    reader.consume(as_bytes(message.frames()), events);
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[0].payload.size(), size);
    EXPECT_EQ(events[1].payload, "2");
    std::string payload;
    message.append_to_payload(payload);
    EXPECT_TRUE(
        payload.ends_with("\x1e"
                          "2"));
  }
}

TEST(EngineMessage, CanDoWithoutBinaryFrames) {
  EngineMessage message;
  message.add(EngineType::kMessage, "a");
  message.add_binary("\1");
  const EngineMessagePtr plain = message.as_text_only();
  EXPECT_FALSE(plain->has_binary());
  EXPECT_EQ(plain->frames(), std::string("\x81\x02"
                                         "4a"
                                         "\x81\x05"
                                         "bAQ=="));
}

}  // namespace
}  // namespace parley::gateway

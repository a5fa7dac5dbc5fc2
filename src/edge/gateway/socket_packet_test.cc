#include "edge/gateway/socket_packet.h"

#include <gtest/gtest.h>

namespace parley::gateway {
namespace {

SocketPacket decode(std::string_view text) {
  SocketPacketDecoder decoder({});
  const auto packet = decoder.add_text(text);
  EXPECT_TRUE(packet && *packet) << text;
  return packet && *packet ? **packet : SocketPacket{};
}

SocketPacketError error_of(std::string_view text) {
  SocketPacketDecoder decoder({});
  const auto packet = decoder.add_text(text);
  EXPECT_FALSE(packet) << text;
  return packet ? SocketPacketError::kTooLarge : packet.error();
}

std::string payload(const EngineMessagePtr& message) {
  std::string text;
  message->append_to_payload(text);
  return text;
}

TEST(SocketPacketDecoder, ReadsEveryPartOfAnEvent) {
  const SocketPacket packet = decode(R"(2/custom,17["name",1,"two",{"3":[true]}])");
  EXPECT_EQ(packet.type, SocketType::kEvent);
  EXPECT_EQ(packet.namespace_name, "/custom");
  EXPECT_EQ(packet.id, 17u);
  EXPECT_EQ(packet.event, "name");
  EXPECT_EQ(packet.values, (std::vector<std::string>{"1", R"("two")", R"({"3":[true]})"}));
}

TEST(SocketPacketDecoder, ReadsConnectDisconnectAndAck) {
  EXPECT_EQ(decode("0").auth, "");
  EXPECT_EQ(decode(R"(0{"token":"1"})").auth, R"({"token":"1"})");
  EXPECT_EQ(decode("0/custom").namespace_name, "/custom");
  EXPECT_EQ(decode("1/custom,").type, SocketType::kDisconnect);
  EXPECT_EQ(decode("35[]").id, 5u);
  EXPECT_EQ(decode("2[12]").event, "12");
}

TEST(SocketPacketDecoder, RefusesWhatTheTypeDoesNotAllow) {
  for (const char* text : {"",
                           "7",
                           "abc",
                           "9[]",
                           "2",
                           "2{}",
                           "2[]",
                           R"(2[null])",
                           R"(2abc["x"])",
                           R"(2["connect"])",
                           R"(2["disconnecting"])",
                           R"(299999999999999999999["x"])",
                           "0[]",
                           "0x",
                           "1{}",
                           "3[]",
                           "31{}",
                           R"(4{"message":"x"})",
                           R"(5["x"])",
                           R"(5-["x"])",
                           R"(5x-["x"])"}) {
    EXPECT_EQ(error_of(text), SocketPacketError::kMalformed) << text;
  }
  EXPECT_EQ(error_of("0/a\x1e"
                     "4b"),
            SocketPacketError::kMalformed)
      << "it would split a polling payload";
  EXPECT_EQ(error_of("2/" + std::string(kMaxNamespaceLength, 'n') + R"(,["x"])"), SocketPacketError::kMalformed);
}

TEST(SocketPacketDecoder, CollectsAttachments) {
  SocketPacketDecoder decoder({});
  EXPECT_EQ(*decoder.add_text(R"(52-3["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}])"),
            std::nullopt);
  EXPECT_EQ(*decoder.add_binary("one"), std::nullopt);
  const auto packet = decoder.add_binary("two");
  ASSERT_TRUE(packet && *packet);
  EXPECT_EQ((*packet)->type, SocketType::kEvent);
  EXPECT_EQ((*packet)->id, 3u);
  EXPECT_EQ((*packet)->attachments, (std::vector<std::string>{"one", "two"}));
  EXPECT_TRUE(decoder.add_text("1")) << "ready for the next";
}

TEST(SocketPacketDecoder, RefusesAttachmentBombs) {
  EXPECT_EQ(error_of(R"(511-["a"])"), SocketPacketError::kTooManyAttachments);
  EXPECT_EQ(error_of(R"(59007199254740991-["a"])"), SocketPacketError::kTooManyAttachments);
  SocketPacketDecoder decoder({.attachments = 3, .attachment_bytes = 10});
  ASSERT_TRUE(decoder.add_text(R"(53-["a"])"));
  ASSERT_TRUE(decoder.add_binary(std::string(6, 'x')));
  EXPECT_EQ(decoder.add_binary(std::string(5, 'x')).error(), SocketPacketError::kTooLarge);
}

TEST(SocketPacketDecoder, RefusesWhatComesOutOfPlace) {
  SocketPacketDecoder decoder({});
  EXPECT_EQ(decoder.add_binary("x").error(), SocketPacketError::kUnexpectedBinary);
  ASSERT_TRUE(decoder.add_text(R"(51-["a",{"_placeholder":true,"num":0}])"));
  EXPECT_EQ(decoder.add_text("1").error(), SocketPacketError::kUnexpectedText);
}

TEST(SocketPacket, IsEncodedAsTheProtocolHasIt) {
  const std::vector<std::string_view> values = {R"("a")", "1"};
  const std::vector<std::string_view> attachments = {"\1\2"};
  EXPECT_EQ(payload(encode_event("/", "na\"me", {values, {}, std::nullopt})), R"(42["na\"me","a",1])");
  EXPECT_EQ(payload(encode_event("/x", "e", {values, {}, 7})), R"(42/x,7["e","a",1])");
  EXPECT_EQ(payload(encode_event("/", "e", {values, {}, std::nullopt}, "abc5")), R"(42["e","a",1,"abc5"])");
  EXPECT_EQ(payload(encode_event("/", "e", {values, attachments, std::nullopt})),
            "451-[\"e\",\"a\",1]\x1e"
            "bAQI=");
  EXPECT_EQ(payload(encode_ack("/x", {values, {}, 7})), R"(43/x,7["a",1])");
  EXPECT_EQ(payload(encode_ack("/", {{}, attachments, 0})),
            "461-0[]\x1e"
            "bAQI=");
  EXPECT_EQ(payload(encode_connect("/", "S", "")), R"(40{"sid":"S"})");
  EXPECT_EQ(payload(encode_connect("/x", "S", "P")), R"(40/x,{"sid":"S","pid":"P"})");
  EXPECT_EQ(payload(encode_connect_error("/", "no", "")), R"(44{"message":"no"})");
  EXPECT_EQ(payload(encode_connect_error("/x", "no", R"({"code":1})")), R"(44/x,{"message":"no","data":{"code":1}})");
  EXPECT_EQ(payload(encode_disconnect("/x")), "41/x,");
}

}  // namespace
}  // namespace parley::gateway

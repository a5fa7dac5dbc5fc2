#include "net/websocket_codec.h"

#include <gtest/gtest.h>

namespace parley::net {
namespace {

constexpr size_t kLimit = 1000;
constexpr std::array<uint8_t, 4> kMask{0x37, 0xfa, 0x21, 0x3d};

struct Read {
  std::vector<WebSocketEvent> events;
  uint16_t failure = 0;
};

/// What a server makes of `bytes`, the same at once and byte by byte.
Read read(std::string_view bytes, WebSocketSide side = WebSocketSide::kServer) {
  Read whole;
  WebSocketReader reader(side, kLimit);
  reader.consume(as_bytes(bytes), whole.events);
  whole.failure = reader.failure();
  Read bytewise;
  WebSocketReader slow_reader(side, kLimit);
  for (size_t i = 0; i < bytes.size(); ++i) slow_reader.consume(as_bytes(bytes.substr(i, 1)), bytewise.events);
  EXPECT_EQ(slow_reader.failure(), whole.failure);
  EXPECT_EQ(bytewise.events.size(), whole.events.size());
  for (size_t i = 0; i < std::min(whole.events.size(), bytewise.events.size()); ++i) {
    EXPECT_EQ(bytewise.events[i].payload, whole.events[i].payload);
  }
  return whole;
}

std::string frame(WebSocketOpcode opcode, std::string_view payload) {
  std::string out;
  append_websocket_frame(out, opcode, payload, kMask);
  return out;
}
/// The same without FIN.
std::string part(WebSocketOpcode opcode, std::string_view payload) {
  std::string out = frame(opcode, payload);
  out[0] = static_cast<char>(out[0] & 0x7f);
  return out;
}

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

/// RFC 6455 section 5.7.
TEST(WebSocketCodec, ReproducesTheExamplesOfTheStandard) {
  EXPECT_EQ(frame(WebSocketOpcode::kText, "Hello"),
            bytes({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}));
  std::string plain;
  append_websocket_frame(plain, WebSocketOpcode::kText, "Hello");
  EXPECT_EQ(plain, bytes({0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}));
  const Read fragmented = read(bytes({0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f}), WebSocketSide::kClient);
  ASSERT_EQ(fragmented.events.size(), 1u);
  EXPECT_EQ(fragmented.events[0].payload, "Hello");
  const Read pong = read(bytes({0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}));
  ASSERT_EQ(pong.events.size(), 1u);
  EXPECT_EQ(pong.events[0].kind, WebSocketOpcode::kPong);
  EXPECT_EQ(pong.events[0].payload, "Hello");
  std::string large;
  append_websocket_frame(large, WebSocketOpcode::kBinary, std::string(256, 'x'));
  EXPECT_TRUE(large.starts_with(bytes({0x82, 0x7e, 0x01, 0x00})));
  large.clear();
  append_websocket_frame(large, WebSocketOpcode::kBinary, std::string(65536, 'x'));
  EXPECT_TRUE(large.starts_with(bytes({0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0})));
}

/// RFC 6455 section 1.3.
TEST(WebSocketCodec, ComputesTheAcceptKeyOfTheStandard) {
  EXPECT_EQ(websocket_accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketCodec, PutsFragmentsTogetherAroundControlFrames) {
  const Read result = read(part(WebSocketOpcode::kText, "a\xc3") + frame(WebSocketOpcode::kPing, "p") +
                           part(WebSocketOpcode::kContinuation, "") + frame(WebSocketOpcode::kContinuation, "\xa7") +
                           frame(WebSocketOpcode::kBinary, "next"));
  ASSERT_EQ(result.events.size(), 3u);
  EXPECT_EQ(result.events[0].kind, WebSocketOpcode::kPing);
  EXPECT_EQ(result.events[1].kind, WebSocketOpcode::kText);
  EXPECT_EQ(result.events[1].payload, "aç");
  EXPECT_EQ(result.events[2].kind, WebSocketOpcode::kBinary);
}

TEST(WebSocketCodec, RequiresMasksFromClientsAndRefusesThemFromServers) {
  EXPECT_EQ(read(bytes({0x81, 0x01, 'x'})).failure, close_code::kProtocolError);
  EXPECT_EQ(read(frame(WebSocketOpcode::kText, "x"), WebSocketSide::kClient).failure, close_code::kProtocolError);
}

TEST(WebSocketCodec, RefusesBrokenFrames) {
  const std::vector<std::string> broken = {
      bytes({0xc1, 0x80, 0, 0, 0, 0}),          // A reserved bit.
      bytes({0x83, 0x80, 0, 0, 0, 0}),          // An unknown opcode.
      bytes({0x8b, 0x80, 0, 0, 0, 0}),          // An unknown control opcode.
      bytes({0x09, 0x80, 0, 0, 0, 0}),          // A fragmented ping.
      bytes({0x89, 0xfe, 0, 126, 0, 0, 0, 0}),  // A long ping.
      bytes({0x80, 0x80, 0, 0, 0, 0}),          // A continuation of nothing.
      part(WebSocketOpcode::kText, "a") + frame(WebSocketOpcode::kText, "b"),
      bytes({0x81, 0xfe, 0, 125, 0, 0, 0, 0}),  // A length that is longer than needed.
      bytes({0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}),
      frame(WebSocketOpcode::kClose, "x"),  // Half a close code.
  };
  for (const std::string& text : broken) {
    const Read result = read(text);
    EXPECT_EQ(result.failure, close_code::kProtocolError);
    EXPECT_TRUE(result.events.empty());
  }
}

TEST(WebSocketCodec, RefusesTextThatIsNotUtf8) {
  EXPECT_EQ(read(frame(WebSocketOpcode::kText, "\xc3")).failure, close_code::kInvalidText);
  EXPECT_EQ(read(frame(WebSocketOpcode::kClose, std::string("\x03\xe8\xff", 3))).failure, close_code::kInvalidText);
  EXPECT_EQ(read(frame(WebSocketOpcode::kBinary, "\xc3")).failure, 0);
}

TEST(WebSocketCodec, RefusesAMessageBeyondTheLimitAsSoonAsItIsAnnounced) {
  EXPECT_EQ(read(frame(WebSocketOpcode::kText, std::string(kLimit, 'x'))).events.size(), 1u);
  EXPECT_EQ(read(frame(WebSocketOpcode::kText, std::string(kLimit + 1, 'x')).substr(0, 8)).failure,
            close_code::kTooBig);
  EXPECT_EQ(read(bytes({0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})).failure,
            close_code::kTooBig);
  EXPECT_EQ(
      read(part(WebSocketOpcode::kText, std::string(kLimit, 'x')) + frame(WebSocketOpcode::kContinuation, "x")).failure,
      close_code::kTooBig);
}

TEST(WebSocketCodec, ReadsCloseFramesAndNothingBehindThem) {
  const Read result = read(frame(WebSocketOpcode::kClose, make_close_payload(1000, "bye")) + "rubbish");
  ASSERT_EQ(result.events.size(), 1u);
  EXPECT_EQ(result.events[0].close_code, 1000);
  EXPECT_EQ(result.events[0].payload, "bye");
  EXPECT_EQ(read(frame(WebSocketOpcode::kClose, "")).events.at(0).close_code, close_code::kNoStatus);
}

TEST(WebSocketCodec, RefusesCloseCodesThatAreNeverSent) {
  for (const uint16_t code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000}) {
    const std::string payload = bytes({code >> 8, code & 0xff});
    EXPECT_EQ(read(frame(WebSocketOpcode::kClose, payload)).failure, close_code::kProtocolError) << code;
  }
  for (const uint16_t code : {1000, 1014, 3000, 4999}) {
    EXPECT_EQ(read(frame(WebSocketOpcode::kClose, make_close_payload(code, ""))).events.at(0).close_code, code);
  }
}

TEST(WebSocketCodec, CutsALongReasonBetweenCharacters) {
  std::string reason;
  while (reason.size() < 200) reason += "ç";
  const std::string payload = make_close_payload(1000, "x" + reason);
  EXPECT_EQ(payload.size(), 125u);
  EXPECT_EQ(make_close_payload(1000, reason).size(), 124u);
  EXPECT_EQ(make_close_payload(close_code::kNoStatus, "x"), "");
}

}  // namespace
}  // namespace parley::net

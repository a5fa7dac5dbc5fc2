#include "net/websocket_deflate.h"

#include <gtest/gtest.h>

namespace parley::net {
namespace {

bool offers(std::string_view value) { return offers_deflate({{"Sec-WebSocket-Extensions", std::string(value)}}); }

TEST(WebSocketDeflate, TakesTheOffersOfBrowsersAndLibraries) {
  EXPECT_TRUE(offers("permessage-deflate"));
  EXPECT_TRUE(offers("permessage-deflate; client_max_window_bits"));
  EXPECT_TRUE(offers("permessage-deflate; client_max_window_bits=10; server_no_context_takeover"));
  EXPECT_TRUE(offers("x-webkit-deflate-frame, permessage-deflate; server_max_window_bits=15"));
  EXPECT_TRUE(offers("permessage-deflate; server_max_window_bits=9, permessage-deflate")) << "the second one";
}

TEST(WebSocketDeflate, LeavesOffersItCannotKeep) {
  EXPECT_FALSE(offers(""));
  EXPECT_FALSE(offers("permessage-bzip2"));
  EXPECT_FALSE(offers("permessage-deflate; server_max_window_bits=10"));
  EXPECT_FALSE(offers("permessage-deflate; something_new"));
}

TEST(WebSocketDeflate, ReadsTheExamplesOfTheStandard) {
  // RFC 7692 section 7.2.3: "Hello" in a fixed Huffman block, without compression, with BFINAL set, and in two blocks.
  EXPECT_EQ(inflate_message(std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7), 100), "Hello");
  EXPECT_EQ(inflate_message(std::string("\x00\x05\x00\xfa\xffHello\x00", 11), 100), "Hello");
  EXPECT_EQ(inflate_message(std::string("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8), 100), "Hello");
  EXPECT_EQ(inflate_message(std::string("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13), 100), "Hello");
}

TEST(WebSocketDeflate, GivesBackWhatItTook) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{1000}, size_t{300'000}}) {
    std::string message;
    for (size_t i = 0; i < size; ++i) message += static_cast<char>('a' + i * i % 26);
    EXPECT_EQ(inflate_message(deflate_message(message), size), message);
  }
}

TEST(WebSocketDeflate, StopsAtTheLimit) {
  const std::string bomb = deflate_message(std::string(10'000'000, 'x'));
  EXPECT_LT(bomb.size(), 100'000u);
  EXPECT_EQ(inflate_message(bomb, 1'000'000).error(), InflateError::kTooLarge);
}

TEST(WebSocketDeflate, RefusesWhatIsNoDeflate) {
  EXPECT_EQ(inflate_message("\xff\xff\xff", 100).error(), InflateError::kMalformed);
}

TEST(WebSocketDeflate, SendsPlainWhatDoesNotGetSmaller) {
  std::string frame;
  append_deflated_frame(frame, WebSocketOpcode::kText, "ab");
  EXPECT_EQ(frame,
            "\x81\x02"
            "ab");
  frame.clear();
  append_deflated_frame(frame, WebSocketOpcode::kText, std::string(1000, 'x'));
  EXPECT_EQ(frame[0], '\xc1');
  EXPECT_LT(frame.size(), 50u);
}

std::string masked(WebSocketOpcode opcode, std::string_view payload, uint8_t first_bits) {
  std::string frame;
  append_websocket_frame(frame, opcode, payload, std::array<uint8_t, 4>{1, 2, 3, 4});
  frame[0] = static_cast<char>(first_bits | static_cast<uint8_t>(opcode));
  return frame;
}

struct Read {
  std::vector<WebSocketEvent> events;
  uint16_t failure;
};
Read read(std::string_view bytes, WebSocketCompression compression, size_t limit = 1000) {
  WebSocketReader reader(WebSocketSide::kServer, limit, compression);
  Read result{};
  reader.consume(as_bytes(bytes), result.events);
  result.failure = reader.failure();
  return result;
}

TEST(WebSocketReaderDeflate, InflatesMessagesWholeOrInFragments) {
  const std::string small = deflate_message("Hello, hello, hello, hello");
  const Read whole = read(masked(WebSocketOpcode::kText, small, 0xc0), WebSocketCompression::kDeflate);
  ASSERT_EQ(whole.events.size(), 1u);
  EXPECT_EQ(whole.events[0].payload, "Hello, hello, hello, hello");
  const std::string cut = masked(WebSocketOpcode::kText, small.substr(0, 5), 0x40) +
                          masked(WebSocketOpcode::kContinuation, small.substr(5), 0x80) +
                          masked(WebSocketOpcode::kText, "plain", 0x80);
  const Read parts = read(cut, WebSocketCompression::kDeflate);
  ASSERT_EQ(parts.events.size(), 2u);
  EXPECT_EQ(parts.events[0].payload, "Hello, hello, hello, hello");
  EXPECT_EQ(parts.events[1].payload, "plain");
}

TEST(WebSocketReaderDeflate, RefusesTheBitWhereItMustNotBe) {
  const std::string small = deflate_message("Hello");
  EXPECT_EQ(read(masked(WebSocketOpcode::kText, small, 0xc0), WebSocketCompression::kNone).failure,
            close_code::kProtocolError);
  EXPECT_EQ(read(masked(WebSocketOpcode::kPing, "", 0xc0), WebSocketCompression::kDeflate).failure,
            close_code::kProtocolError);
  EXPECT_EQ(read(masked(WebSocketOpcode::kText, small, 0x40) + masked(WebSocketOpcode::kContinuation, "", 0xc0),
                 WebSocketCompression::kDeflate)
                .failure,
            close_code::kProtocolError);
  EXPECT_EQ(read(masked(WebSocketOpcode::kText, small, 0xa0), WebSocketCompression::kDeflate).failure,
            close_code::kProtocolError);
}

TEST(WebSocketReaderDeflate, ChecksWhatWasInflated) {
  const auto failure = [](std::string_view message, WebSocketOpcode opcode) {
    return read(masked(opcode, deflate_message(message), 0xc0), WebSocketCompression::kDeflate).failure;
  };
  EXPECT_EQ(failure(std::string(1001, 'x'), WebSocketOpcode::kText), close_code::kTooBig);
  EXPECT_EQ(failure("\xff", WebSocketOpcode::kText), close_code::kInvalidText);
  EXPECT_EQ(failure("\xff", WebSocketOpcode::kBinary), 0);
  EXPECT_EQ(read(masked(WebSocketOpcode::kText, "\xff\xff", 0xc0), WebSocketCompression::kDeflate).failure,
            close_code::kProtocolError);
}

}  // namespace
}  // namespace parley::net

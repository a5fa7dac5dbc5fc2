#include "adapters/bus/resp.h"

#include <gtest/gtest.h>

#include "adapters/bus/redis_url.h"

namespace parley::bus {
namespace {

using Kind = RespValue::Kind;

RespValue read_one(std::string_view bytes) {
  RespParser parser;
  parser.feed(bytes);
  auto value = parser.next();
  EXPECT_TRUE(value && *value) << bytes;
  return value && *value ? **value : RespValue();
}

Error::Code refusal_of(std::string_view bytes) {
  RespParser parser;
  parser.feed(bytes);
  const auto value = parser.next();
  EXPECT_FALSE(value) << bytes;
  return value ? Error::Code::kInternal : value.error().code;
}

TEST(Resp, ReadsEveryKindOfValue) {
  EXPECT_EQ(read_one("+OK\r\n").text, "OK");
  EXPECT_EQ(read_one("-ERR no\r\n").kind, Kind::kError);
  EXPECT_EQ(read_one(":-7\r\n").integer, -7);
  EXPECT_EQ(read_one("$4\r\na\r\nb\r\n").text, "a\r\nb");
  EXPECT_EQ(read_one("$-1\r\n").kind, Kind::kNull);
  EXPECT_EQ(read_one("*-1\r\n").kind, Kind::kNull);
  const RespValue message = read_one("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$0\r\n\r\n");
  ASSERT_EQ(message.items.size(), 3U);
  EXPECT_EQ(message.items[0].text, "message");
  EXPECT_EQ(message.items[2].kind, Kind::kText);
}

TEST(Resp, WaitsForTheRestOfAValue) {
  RespParser parser;
  const std::string_view bytes = "*2\r\n$3\r\nabc\r\n:5\r\n+OK\r\n";
  size_t values = 0;
  for (const char byte : bytes) {
    parser.feed(std::string_view(&byte, 1));
    const auto value = parser.next();
    ASSERT_TRUE(value);
    if (*value) ++values;
  }
  EXPECT_EQ(values, 2U);
  EXPECT_EQ(parser.buffered(), 0U);
}

TEST(Resp, RefusesWhatIsNotTheProtocol) {
  EXPECT_EQ(refusal_of("HTTP/1.1 400\r\n"), Error::Code::kInvalidArgument);
  EXPECT_EQ(refusal_of("\r\n"), Error::Code::kInvalidArgument);
  EXPECT_EQ(refusal_of(":1x\r\n"), Error::Code::kInvalidArgument);
  EXPECT_EQ(refusal_of("$-2\r\n"), Error::Code::kInvalidArgument);
  EXPECT_EQ(refusal_of("$1\r\nabc\r\n"), Error::Code::kInvalidArgument);
}

TEST(Resp, RefusesWhatIsBeyondItsLimits) {
  constexpr auto kExhausted = Error::Code::kResourceExhausted;
  EXPECT_EQ(refusal_of("$" + std::to_string(RespParser::kMaxText + 1) + "\r\n"), kExhausted);
  EXPECT_EQ(refusal_of("*" + std::to_string(RespParser::kMaxItems + 1) + "\r\n"), kExhausted);
  EXPECT_EQ(refusal_of("+" + std::string(RespParser::kMaxLine + 1, 'a')), kExhausted);
  EXPECT_EQ(refusal_of("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"), kExhausted);
  const std::string text =
      "$" + std::to_string(RespParser::kMaxText) + "\r\n" + std::string(RespParser::kMaxText, 'a') + "\r\n";
  EXPECT_EQ(refusal_of("*3\r\n" + text + text), kExhausted);
}

TEST(Resp, WritesCommandsWithArgumentsOfAnyBytes) {
  EXPECT_EQ(make_command({"PUBLISH", "c", "a\r\nb"}), "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$4\r\na\r\nb\r\n");
}

TEST(RedisUrl, TakesTheAddressApart) {
  const auto plain = parse_redis_url("redis://cache");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "cache");
  EXPECT_EQ(plain->port, 6379);
  EXPECT_EQ(plain->database, 0U);
  const auto full = parse_redis_url("redis://anna:p%40ss@[::1]:6380/3");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->port, 6380);
  EXPECT_EQ(full->user, "anna");
  EXPECT_EQ(full->password.reveal(), "p@ss");
  EXPECT_EQ(full->database, 3U);
  EXPECT_TRUE(parse_redis_url("redis://:secret@h/")->user.empty());
}

TEST(RedisUrl, NamesTheOptionAndNoSecretWhenItIsMalformed) {
  for (const char* url : {"", "http://h", "rediss://:secret@h", "redis://", "redis://secret@h", "redis://:secret@h:0",
                          "redis://:secret@h:70000", "redis://:secret@h/x", "redis://[::1", "redis://:%zz@h"}) {
    const auto parsed = parse_redis_url(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_TRUE(parsed.error().message.starts_with("REDIS_URL: ")) << url;
    EXPECT_FALSE(parsed.error().message.contains("secret")) << url;
  }
}

}  // namespace
}  // namespace parley::bus

#include "net/http_parser.h"

#include <gtest/gtest.h>

#include "net/url.h"

namespace parley::net {
namespace {

constexpr HttpLimits kLimits{.head = 1000, .body = 100, .header_count = 5};

/// The request in `text`, or its error status; the same whether given at once or byte by byte.
std::expected<HttpRequest, int> parse(std::string_view text, HttpLimits limits = kLimits) {
  HttpRequestParser whole(limits);
  whole.consume(text);
  HttpRequestParser bytewise(limits);
  for (size_t i = 0; i < text.size(); ++i) {
    if (bytewise.state() == HttpRequestParser::State::kComplete) break;
    bytewise.consume(text.substr(i, 1));
  }
  EXPECT_EQ(whole.state(), bytewise.state());
  EXPECT_EQ(whole.error_status(), bytewise.error_status());
  if (whole.state() != HttpRequestParser::State::kComplete) return std::unexpected(whole.error_status());
  const HttpRequest request = whole.take();
  EXPECT_EQ(request.body, bytewise.take().body);
  return request;
}

int error_of(std::string_view text, HttpLimits limits = kLimits) {
  const auto request = parse(text, limits);
  return request ? 200 : request.error();
}

std::string get(std::string_view headers) { return "GET / HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n"; }

TEST(HttpParser, ReadsARequest) {
  const auto request = parse(
      "POST /a//b%20c?x=1&y=a%26b+c&x=2 HTTP/1.1\r\nHost: example.org\r\nX-Test:\t value \r\nContent-Length: 5\r\n\r\n"
      "hello");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->target, "/a//b%20c?x=1&y=a%26b+c&x=2");
  EXPECT_EQ(request->path, "/a/b c");
  EXPECT_EQ(request->query, (std::map<std::string, std::string>{{"x", "2"}, {"y", "a&b c"}}));
  EXPECT_EQ(request->headers.get("x-test"), "value");
  EXPECT_EQ(request->body, "hello");
  EXPECT_TRUE(request->is_keep_alive);
}

TEST(HttpParser, TakesOnlyItsOwnBytes) {
  HttpRequestParser parser(kLimits);
  const std::string two = get("") + get("");
  EXPECT_EQ(parser.consume(two), two.size() / 2);
  parser.take();
  EXPECT_TRUE(parser.is_idle());
  EXPECT_EQ(parser.consume(two.substr(two.size() / 2)), two.size() / 2);
  EXPECT_EQ(parser.state(), HttpRequestParser::State::kComplete);
}

TEST(HttpParser, ForgivesBlankLinesBeforeARequest) { EXPECT_TRUE(parse("\r\n\r\n" + get(""))); }

TEST(HttpParser, ReadsTheOtherFormsOfATarget) {
  EXPECT_EQ(parse("GET http://example.org/a?b=c HTTP/1.1\r\nHost: x\r\n\r\n")->path, "/a");
  EXPECT_EQ(parse("GET http://example.org HTTP/1.1\r\nHost: x\r\n\r\n")->path, "/");
  EXPECT_EQ(parse("GET https://example.org?b=c HTTP/1.1\r\nHost: x\r\n\r\n")->query.at("b"), "c");
  EXPECT_TRUE(parse("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(error_of("GET * HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(error_of("GET a HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(error_of("CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n"), 501);
}

TEST(HttpParser, ReadsChunkedBodies) {
  const auto request = parse(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "A\r\n0123456789\r\n1 ;ext=\"1\"\r\nx\r\n0\r\nTrailer: y\r\n\r\n");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->body, "0123456789x");
}

TEST(HttpParser, KnowsWhenTheConnectionIsToBeKept) {
  EXPECT_TRUE(parse(get(""))->is_keep_alive);
  EXPECT_FALSE(parse(get("Connection: foo, Close\r\n"))->is_keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n")->is_keep_alive);
  EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->is_keep_alive);
}

/// Each of these is understood differently by different parsers, which is how requests are smuggled.
TEST(HttpParser, RefusesWhatParsersDisagreeAbout) {
  EXPECT_EQ(error_of("GET / HTTP/1.1\nHost: x\n\n"), 400);
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n"), 400);
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\nHost : x\r\n\r\n"), 400);
  EXPECT_EQ(error_of(get("X: a\r\n folded\r\n")), 400);
  EXPECT_EQ(error_of(get("X: a\rb\r\n")), 400);
  EXPECT_EQ(error_of(get(std::string("X: a\0b\r\n", 8))), 400);
  EXPECT_EQ(error_of(get("Content-Length: 1\r\nContent-Length: 1\r\n")), 400);
  EXPECT_EQ(error_of(get("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")), 400);
  EXPECT_EQ(error_of(get("Content-Length: +1\r\n")), 400);
  EXPECT_EQ(error_of(get("Content-Length: 1, 1\r\n")), 400);
  EXPECT_EQ(error_of(get("Content-Length:\r\n")), 400);
  EXPECT_EQ(error_of(get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), 400);
  EXPECT_EQ(error_of(get("Transfer-Encoding: gzip, chunked\r\n")), 501);
  EXPECT_EQ(error_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(error_of(get("Host: y\r\n")), 400);
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\n\r\n"), 400);
}

TEST(HttpParser, RefusesBrokenRequestLines) {
  for (const char* line :
       {"", "GET", "GET /", "GET  HTTP/1.1", "GET / a HTTP/1.1", "G(T / HTTP/1.1", "GET /\x01 HTTP/1.1",
        "GET / http/1.1", "GET / HTTP/1", "GET /% HTTP/1.1", "GET /%zz HTTP/1.1", "GET /%00 HTTP/1.1"}) {
    EXPECT_EQ(error_of("X" + std::string(line) + "\r\nHost: x\r\n\r\n"), 400) << line;
  }
  EXPECT_EQ(error_of("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(error_of(std::string(33, 'A') + " / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

TEST(HttpParser, RefusesBrokenChunks) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* body : {"\r\n", "x\r\n", "-1\r\n", "0x1\r\n", "1\n", "1\r\nab\r\n", "1\r\na\n", "1 1\r\na\r\n"}) {
    EXPECT_EQ(error_of(head + body), 400) << body;
  }
  EXPECT_EQ(error_of(head + std::string(2000, '1')), 400);
  EXPECT_EQ(error_of(head + "fffffffffffffffff\r\n"), 400);
}

TEST(HttpParser, EnforcesEveryLimitExactly) {
  const std::string fill(kLimits.head - get("X: \r\n").size(), 'x');
  EXPECT_TRUE(parse(get("X: " + fill + "\r\n")));
  EXPECT_EQ(error_of(get("X: " + fill + "x\r\n")), 431);
  EXPECT_EQ(error_of("GET /" + std::string(1000, 'x')), 414);
  EXPECT_TRUE(parse(get("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\n")));
  EXPECT_EQ(error_of(get("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\n")), 431);
  EXPECT_TRUE(parse(get("Content-Length: 100\r\n") + std::string(100, 'x')));
  EXPECT_EQ(error_of(get("Content-Length: 101\r\n")), 413);
  EXPECT_EQ(error_of(get("Content-Length: 99999999999999999999999\r\n")), 413);
  const std::string chunked = get("Transfer-Encoding: chunked\r\n");
  EXPECT_TRUE(parse(chunked + "64\r\n" + std::string(100, 'x') + "\r\n0\r\n\r\n"));
  EXPECT_EQ(error_of(chunked + "64\r\n" + std::string(100, 'x') + "\r\n1\r\n"), 413);
  std::string trailers = chunked + "0\r\n";
  for (int i = 0; i < 100; ++i) trailers += "T: 12345678\r\n";
  EXPECT_EQ(error_of(trailers), 431);
}

TEST(HttpParser, AsksOnceForABodyThatWaits) {
  HttpRequestParser parser(kLimits);
  parser.consume(get("Content-Length: 2\r\nExpect: 100-Continue\r\n"));
  EXPECT_TRUE(parser.take_wants_continue());
  EXPECT_FALSE(parser.take_wants_continue());
  parser.consume("hi");
  EXPECT_EQ(parser.take().body, "hi");
  EXPECT_EQ(error_of(get("Expect: tea\r\n")), 417);
}

TEST(HttpParser, RecognizesAWebSocketUpgrade) {
  const std::string upgrade = "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n";
  EXPECT_TRUE(parse(get(upgrade + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"))->is_websocket_upgrade);
  EXPECT_FALSE(parse(get(upgrade))->is_websocket_upgrade);
  EXPECT_FALSE(parse(get(upgrade + "Sec-WebSocket-Key: c2hvcnQ=\r\n"))->is_websocket_upgrade);
  EXPECT_FALSE(parse(get("Upgrade: websocket\r\n"))->is_websocket_upgrade);
}

TEST(Url, CollapsesSlashesAndKeepsThePrefix) {
  EXPECT_EQ(parse_target("//rtc")->path, "/rtc");
  EXPECT_EQ(parse_target("/prefix//rtc///v1/")->path, "/prefix/rtc/v1/");
  EXPECT_EQ(parse_target("/a%2F%2fb")->path, "/a/b");
}

TEST(Url, LeavesBrokenEscapesOfAQueryAlone) {
  EXPECT_EQ(parse_query("a=%zz&b=100%&%3d=%26"),
            (std::map<std::string, std::string>{{"a", "%zz"}, {"b", "100%"}, {"=", "&"}}));
  EXPECT_EQ(parse_query("&&a&b=&=c"), (std::map<std::string, std::string>{{"a", ""}, {"b", ""}, {"", "c"}}));
}

TEST(Url, EncodesAndDecodesEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a b/ç~"), "a%20b%2F%C3%A7~");
}

}  // namespace
}  // namespace parley::net

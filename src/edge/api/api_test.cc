#include "edge/api/api.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <future>
#include <latch>

#include "base/locked_rng.h"
#include "base/test_log.h"
#include "edge/api/test_api.h"

namespace parley::api {
namespace {

using product::Outcome;
using product::ProblemCode;

enum class Colour : unsigned char { kRed, kDarkBlue };
BOOST_DESCRIBE_ENUM(Colour, kRed, kDarkBlue)

struct NewThing {
  json::Text<1, 20> name;
  std::optional<Colour> colour;
};
BOOST_DESCRIBE_STRUCT(NewThing, (), (name, colour))

struct Thing {
  std::string id;
  std::string name;
  Colour colour = Colour::kRed;
  WallTime created_at;
  std::string made_by;
};
BOOST_DESCRIBE_STRUCT(Thing, (), (id, name, colour, created_at, made_by))

struct ThingQuery : PageQuery {
  std::optional<Colour> colour;
};
BOOST_DESCRIBE_STRUCT(ThingQuery, (PageQuery), (colour))

struct Login {
  json::Text<1, 50> name;
  Redacted<json::Text<1, 50>> password;
};
BOOST_DESCRIBE_STRUCT(Login, (), (name, password))

struct Token {
  std::string token;
};
BOOST_DESCRIBE_STRUCT(Token, (), (token))

Outcome<Thing> get_thing(Request<>& request) {
  return Thing{.id = request.id<product::ChannelId>("thing_id").text(),
               .name = "a thing",
               .created_at = request.now.wall,
               .made_by = request.caller.user.text()};
}

Outcome<Reply<Thing>> make_thing(Request<NewThing>& request) {
  Reply<Thing> reply;
  reply.body = {"t1", request.body.name.text(), request.body.colour.value_or(Colour::kRed), request.now.wall,
                request.caller.user.text()};
  reply.headers.add("Location", "/api/v1/things/t1");
  return reply;
}

Outcome<Page<Thing>> list_things(Request<NoBody, ThingQuery>& request) {
  const int64_t first =
      request.query.cursor ? std::atoi(request.cursors.open("things", *request.query.cursor).value_or("0").c_str()) : 0;
  Page<Thing> page;
  for (int64_t i = first; i < first + request.query.page_size(); ++i) page.items.push_back({.id = std::to_string(i)});
  page.next = request.cursors.seal("things", std::to_string(first + request.query.page_size()));
  return page;
}

Outcome<Token> log_in(Request<Login>& request) {
  if (auto may = request.spend(Bucket::kLogin, request.body.name); !may) return std::unexpected(may.error());
  if (request.body.password.reveal().text() != "right") return product::refuse(ProblemCode::kWrongCredentials);
  return Token{std::string(2000, 't')};
}

RouteTable example_routes() {
  RouteTable table;
  table.add({.path = "/api/v1/things/{thing_id}", .id = "getThing", .summary = "One thing."}, get_thing);
  table.add({.path = "/api/v1/things", .id = "listThings", .summary = "Things."}, list_things);
  table.add({.method = Method::kPost,
             .path = "/api/v1/things",
             .id = "makeThing",
             .summary = "Makes a thing.",
             .status = 201,
             .problems = {ProblemCode::kConflict}},
            make_thing);
  table.add({.method = Method::kDelete,
             .path = "/api/v1/things/{thing_id}",
             .id = "deleteThing",
             .summary = "Deletes a thing."},
            [](Request<>& /*request*/) -> Outcome<NoContent> { return NoContent{}; });
  table.add({.method = Method::kPost,
             .path = "/api/v1/login",
             .id = "logIn",
             .summary = "Logs in.",
             .access = Access::kAnyone,
             .problems = {ProblemCode::kWrongCredentials},
             .secrecy = Secrecy::kSecret},
            log_in);
  table.add({.path = "/api/v1/admin", .id = "adminOnly", .summary = "For admins.", .access = Access::kAdmin},
            [](Request<>& /*request*/) -> Outcome<NoContent> { return NoContent{}; });
  table.add({.path = "/api/v1/throw", .id = "throwing", .summary = "Throws."},
            [](Request<>& /*request*/) -> Outcome<NoContent> { throw std::runtime_error("secret inside"); });
  table.add({.method = Method::kPost,
             .path = "/api/v1/hook",
             .id = "hook",
             .summary = "A signed webhook.",
             .access = Access::kAnyone,
             .bucket = Bucket::kNone,
             .content_types = {"application/webhook+json"}},
            [](Request<RawBody>& request) -> Outcome<Thing> { return Thing{.name = request.body.bytes}; });
  return table;
}

class ApiFrame : public ApiTest {
 protected:
  void SetUp() override { start(example_routes(), {.allowed_origins = {"https://app.example.com/x"}}); }
};

TEST_F(ApiFrame, AnswersAReadWithTypedParts) {
  const TestAnswer answer = call("GET /api/v1/things/abc", kAlice);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_EQ(answer.json().at("id").as_string(), "abc");
  EXPECT_EQ(answer.json().at("createdAt").as_string(), "2027-01-15T08:16:40.000Z");
  EXPECT_EQ(answer.json().at("madeBy").as_string(), "alice");
}

TEST_F(ApiFrame, AnswersAWriteWithItsStatusAndHeaders) {
  const TestAnswer answer = post("/api/v1/things", R"({"name":"x","colour":"dark_blue"})");
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(answer.header("Location"), "/api/v1/things/t1");
  EXPECT_EQ(answer.json().at("colour").as_string(), "dark_blue");
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_EQ(call("DELETE /api/v1/things/a", kAlice).status, 204);
}

TEST_F(ApiFrame, NamesEveryFieldThatIsWrong) {
  const TestAnswer answer = post("/api/v1/things", R"({"name":"","colour":"green","madeBy":"bob"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.code(), "invalid_request");
  std::string places;
  for (const auto& error : answer.json().at("errors").as_array()) places += error.at("pointer").as_string().c_str();
  EXPECT_EQ(places, "/name/colour/madeBy");
}

TEST_F(ApiFrame, RefusesBodiesThatAreNotWhatTheySay) {
  EXPECT_EQ(post("/api/v1/things", "{").code(), "malformed_json");
  EXPECT_EQ(post("/api/v1/things", "").code(), "malformed_json");
  EXPECT_EQ(post("/api/v1/things", R"({"name":"a","name":"b"})").code(), "malformed_json");
  EXPECT_EQ(post("/api/v1/things", "{\"name\":\"\xff\"}").code(), "malformed_json");
  EXPECT_EQ(post("/api/v1/things", std::string(10'000, '[')).code(), "malformed_json");
  EXPECT_EQ(post("/api/v1/things", "[]").code(), "invalid_request");
  EXPECT_EQ(call("POST /api/v1/things", kAlice + "Content-Type: text/plain\r\n", "{}").code(),
            "unsupported_media_type");
  EXPECT_EQ(call("POST /api/v1/things", kAlice, "{}").code(), "unsupported_media_type");
  EXPECT_EQ(call("POST /api/v1/things", kAlice + "Content-Type: Application/JSON; charset=utf-8\r\n", R"({"name":"a"})")
                .status,
            201);
}

TEST_F(ApiFrame, RefusesABodyAboveTheRoutesLimit) {
  const std::string large = R"({"name":")" + std::string(1'100'000, 'a') + "\"}";
  EXPECT_EQ(post("/api/v1/things", large).code(), "body_too_large");
}

TEST_F(ApiFrame, ValidatesQueries) {
  EXPECT_EQ(call("GET /api/v1/things?limit=3", kAlice).json().at("items").as_array().size(), 3u);
  const TestAnswer wrong = call("GET /api/v1/things?limit=101&colour=x&sort=y", kAlice);
  EXPECT_EQ(wrong.code(), "invalid_request");
  EXPECT_EQ(wrong.json().at("errors").at(0).at("pointer").as_string(), "?limit");
  EXPECT_EQ(wrong.json().at("errors").as_array().size(), 3u);
}

TEST_F(ApiFrame, PagesThroughAListing) {
  const TestAnswer first = call("GET /api/v1/things?limit=2", kAlice);
  const std::string next(first.json().at("next").as_string());
  EXPECT_TRUE(first.json().at("prev").is_null());
  const TestAnswer second = call("GET /api/v1/things?limit=2&cursor=" + next, kAlice);
  EXPECT_EQ(second.json().at("items").at(0).at("id").as_string(), "2");
}

TEST_F(ApiFrame, TellsUnknownPathsFromUnknownMethods) {
  EXPECT_EQ(call("GET /api/v1/nothing").code(), "not_found");
  EXPECT_EQ(call("GET /api/v1/things/").code(), "not_found");
  EXPECT_EQ(call("GET /api/v1/things/a%0Ab", kAlice).code(), "not_found");
  EXPECT_EQ(call("GET /api/v1/things/" + std::string(129, 'a'), kAlice).code(), "not_found");
  const TestAnswer answer = call("PUT /api/v1/things/a", kAlice);
  EXPECT_EQ(answer.code(), "method_not_allowed");
  EXPECT_EQ(answer.header("Allow"), "GET, HEAD, DELETE, OPTIONS");
}

TEST_F(ApiFrame, AnswersHeadLikeGetWithoutABody) {
  const TestAnswer answer = call("HEAD /api/v1/things/a", kAlice);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.body.empty());
  EXPECT_FALSE(answer.header("ETag").empty());
}

TEST_F(ApiFrame, AsksWhoCalls) {
  const TestAnswer nobody = call("GET /api/v1/things/a");
  EXPECT_EQ(nobody.status, 401);
  EXPECT_EQ(nobody.code(), "unauthenticated");
  EXPECT_TRUE(nobody.header("WWW-Authenticate").starts_with("Bearer"));
  EXPECT_EQ(call("GET /api/v1/things/a", "Authorization: Bearer old\r\n").code(), "token_expired");
  EXPECT_EQ(call("GET /api/v1/things/a", "Authorization: Bearer forged\r\n").code(), "token_invalid");
  EXPECT_EQ(call("GET /api/v1/things/a", "Authorization: Basic YTpi\r\n").code(), "unauthenticated");
  EXPECT_EQ(call("GET /api/v1/things/a", "Cookie: x=1; parley_session=bob\r\n").status, 200);
  EXPECT_EQ(call("GET /api/v1/admin", kAlice).code(), "forbidden");
  EXPECT_EQ(call("GET /api/v1/admin", "Authorization: Bearer admin\r\n").status, 204);
}

TEST_F(ApiFrame, LetsOnlyAnApiKeyActForAUser) {
  const std::string key = "Authorization: Bearer key-1\r\n";
  EXPECT_EQ(call("GET /api/v1/things/a", key + "Parley-User: carol\r\n").json().at("madeBy").as_string(), "carol");
  EXPECT_EQ(call("GET /api/v1/things/a", key).code(), "forbidden");
  EXPECT_EQ(call("GET /api/v1/things/a", kAlice + "Parley-User: carol\r\n").code(), "forbidden");
}

TEST_F(ApiFrame, IgnoresBadCredentialsWhereAnyoneMayCall) {
  EXPECT_EQ(post("/api/v1/login", R"({"name":"a","password":"right"})", "Authorization: Bearer old\r\n").status, 200);
}

TEST_F(ApiFrame, SpeaksTheCallersLanguage) {
  const auto title = [&](const std::string& languages) {
    return std::string(
        call("GET /api/v1/things/a", "Accept-Language: " + languages + "\r\n").json().at("title").as_string());
  };
  EXPECT_EQ(title("tr-TR,tr;q=0.9,en;q=0.8"), "Lütfen oturum açın.");
  EXPECT_EQ(title("de, az;q=0.5, en;q=0.4"), "Zəhmət olmasa daxil olun.");
  EXPECT_EQ(title("de"), "Please sign in.");
  EXPECT_EQ(title("tr;q=0, en;q=0.1"), "Please sign in.");
}

TEST_F(ApiFrame, ProblemsHaveAllTheirMembers) {
  const TestAnswer answer = call("GET /api/v1/things/a%20b", "X-Request-Id: my-id.1\r\n");
  const auto body = answer.json();
  EXPECT_EQ(body.at("type").as_string(), "urn:parley:problem:unauthenticated");
  EXPECT_EQ(body.at("status").as_int64(), 401);
  EXPECT_EQ(body.at("instance").as_string(), "/api/v1/things/a%20b");
  EXPECT_EQ(body.at("requestId").as_string(), "my-id.1");
  EXPECT_EQ(answer.header("X-Request-Id"), "my-id.1");
}

TEST_F(ApiFrame, ReplacesARequestIdThatIsNotJustAName) {
  for (const std::string& bad : {std::string("a b"), std::string(65, 'a'), std::string("a\tSet-Cookie: x=1"),
                                 std::string("<script>"), std::string("a\";b")}) {
    const TestAnswer answer = call("GET /api/v1/nothing", "X-Request-Id: " + bad + "\r\n");
    EXPECT_EQ(answer.header("X-Request-Id").size(), 20u) << bad;
    EXPECT_FALSE(answer.headers.has("Set-Cookie"));
  }
}

TEST_F(ApiFrame, SendsTheHeadersThatKeepBrowsersSafe) {
  for (const TestAnswer& answer : {call("GET /api/v1/things/a", kAlice), call("GET /api/v1/nothing")}) {
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
    EXPECT_TRUE(answer.header("Content-Security-Policy").starts_with("default-src 'none'"));
    EXPECT_FALSE(answer.headers.has("Access-Control-Allow-Origin"));
    EXPECT_FALSE(answer.headers.has("Strict-Transport-Security"));
  }
}

TEST_F(ApiFrame, AnswersWithATagAndThenNotAtAll) {
  const TestAnswer first = call("GET /api/v1/things/a", kAlice);
  const std::string tag = first.header("ETag");
  EXPECT_EQ(tag.size(), 24u) << tag;
  EXPECT_EQ(first.header("Cache-Control"), "private, no-cache");
  const TestAnswer second = call("GET /api/v1/things/a", kAlice + "If-None-Match: \"x\", W/" + tag + "\r\n");
  EXPECT_EQ(second.status, 304);
  EXPECT_TRUE(second.body.empty());
  EXPECT_EQ(second.header("ETag"), tag);
  EXPECT_EQ(call("GET /api/v1/things/b", kAlice + "If-None-Match: " + tag + "\r\n").status, 200);
}

std::string gunzip(std::string bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 16 + MAX_WBITS), Z_OK);
  ByteVector input(as_bytes(bytes).begin(), as_bytes(bytes).end());
  ByteVector out(1 << 20);
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return std::string(as_text(out));
}

TEST_F(ApiFrame, CompressesLargeAnswersForThoseWhoTakeIt) {
  const TestAnswer plain = call("GET /api/v1/things?limit=100", kAlice);
  EXPECT_FALSE(plain.headers.has("Content-Encoding"));
  const TestAnswer small = call("GET /api/v1/things?limit=100", kAlice + "Accept-Encoding: br, gzip\r\n");
  EXPECT_EQ(small.header("Content-Encoding"), "gzip");
  EXPECT_LT(small.body.size(), plain.body.size() / 4);
  EXPECT_EQ(gunzip(small.body), plain.body);
  EXPECT_NE(small.header("ETag"), plain.header("ETag"));
  EXPECT_EQ(call("GET /api/v1/things?limit=1", kAlice + "Accept-Encoding: gzip\r\n").headers.has("Content-Encoding"),
            false);
}

TEST_F(ApiFrame, LeavesSecretAnswersAlone) {
  const TestAnswer answer =
      post("/api/v1/login", R"({"name":"a","password":"right"})", "Accept-Encoding: gzip\r\nIdempotency-Key: k\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_FALSE(answer.headers.has("Content-Encoding"));
  EXPECT_FALSE(answer.headers.has("ETag"));
}

TEST_F(ApiFrame, AThrowingHandlerFailsOnlyItsOwnRequest) {
  const TestAnswer answer = call("GET /api/v1/throw", kAlice);
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.code(), "internal");
  EXPECT_EQ(answer.json().at("requestId").as_string(), answer.header("X-Request-Id"));
  EXPECT_FALSE(answer.body.contains("secret"));
  EXPECT_EQ(call("GET /api/v1/things/a", kAlice).status, 200);
}

TEST_F(ApiFrame, GivesRawBodiesAsTheyAre) {
  const std::string type = "Content-Type: application/webhook+json\r\n";
  EXPECT_EQ(call("POST /api/v1/hook", type, "{ x").json().at("name").as_string(), "{ x");
  EXPECT_EQ(call("POST /api/v1/hook", kJson, "{ x").code(), "unsupported_media_type");
}

TEST_F(ApiFrame, CountsRequestsByRouteAndStatus) {
  call("GET /api/v1/things/a", kAlice);
  call("GET /api/v1/things/b", kAlice);
  call("GET /api/v1/things/b");
  call("GET /api/v1/nothing");
  std::string counts;
  for (const RouteCount& count : api_->stats().read()) {
    counts += count.route + " " + std::to_string(count.status) + " " + std::to_string(count.requests) + "\n";
  }
  EXPECT_EQ(counts, "getThing 200 2\ngetThing 401 1\nunmatched 404 1\n");
}

TEST_F(ApiFrame, LogsOneLineForAFailedRequestWithoutItsSecrets) {
  LogCapture log(log::Level::kInfo);
  call("GET /api/v1/things/invite-code-77", "Authorization: Bearer forged-token\r\nX-Request-Id: r1\r\n");
  call("GET /api/v1/things/invite-code-77", kAlice);
  api_->stop();  // The line is written behind the answer.
  log.end();
  const std::string lines = log.text();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 1) << lines;
  for (const char* wanted : {"request_failed", "\"r1\"", "getThing", "401", "token_invalid"}) {
    EXPECT_TRUE(lines.contains(wanted)) << lines;
  }
  for (const char* secret : {"forged-token", "invite-code-77", "127.0.0.1"}) EXPECT_FALSE(lines.contains(secret));
}

TEST_F(ApiTest, AnswersAtTheDeadlineOfAHandlerThatIsStillBusy) {
  std::latch release(1);
  RouteTable table;
  table.add({.path = "/api/v1/slow", .id = "slow", .access = Access::kAnyone}, [&](Request<>&) -> Outcome<NoContent> {
    release.wait();
    return NoContent{};
  });
  start(std::move(table), {.deadline = TimeDelta::millis(50), .workers = {.threads = 1}});
  const TestAnswer answer = call("GET /api/v1/slow");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.code(), "deadline_exceeded");
  EXPECT_EQ(call("GET /api/v1/slow").code(), "deadline_exceeded");
  EXPECT_EQ(api_->worker_stats().late, 1u);
  release.count_down();
  api_->stop();  // While there still is something to wait for.
}

TEST_F(ApiTest, KeepsNobodyWaitingForASlowTransfer) {
  std::latch begun(1);
  std::latch release(1);
  RouteTable table;
  table.add({.path = "/api/v1/large", .id = "large", .access = Access::kAnyone, .work = Work::kTransfer},
            [&](Request<>&) -> Outcome<NoContent> {
              begun.count_down();
              release.wait();
              return NoContent{};
            });
  table.add({.path = "/api/v1/a", .id = "a", .access = Access::kAnyone},
            [](Request<>& /*request*/) -> Outcome<NoContent> { return NoContent{}; });
  start(std::move(table), {.workers = {.threads = 1}, .transfer_workers = {.threads = 1}});
  net::TestSocket transfer(server_->port());
  transfer.send(request_text("GET /api/v1/large", {}, {}));
  begun.wait();
  EXPECT_EQ(call("GET /api/v1/a").status, 204);
  release.count_down();
  EXPECT_EQ(TestAnswer::parse(transfer.read_all()).status, 204);
}

TEST_F(ApiTest, RefusesAtOnceWhenTheQueueIsFull) {
  RouteTable table;
  table.add({.path = "/api/v1/a", .id = "a", .access = Access::kAnyone},
            [](Request<>& /*request*/) -> Outcome<NoContent> { return NoContent{}; });
  start(std::move(table), {.workers = {.threads = 1, .queue = 0}});
  const TestAnswer answer = call("GET /api/v1/a");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.code(), "overloaded");
  EXPECT_EQ(answer.header("Retry-After"), "1");
}

TEST(ApiOptions, RefusesWhatWouldNotBeSafe) {
  NoStore store;
  TestAuthenticator authenticator;
  LockedRng<SeededRng> rng{SeededRng(42)};
  const auto make = [&](ApiOptions options) {
    const auto made = Api::make(std::move(options), {}, {store, authenticator, rng});
    return made ? "made" : made.error().message;
  };
  const Redacted key(std::string(16, 'k'));
  EXPECT_EQ(make({.cursor_key = key}), "made");
  EXPECT_NE(make({.cursor_key = Redacted(std::string("short"))}), "made");
  EXPECT_TRUE(make({.allowed_origins = {"*"}, .cursor_key = key}).contains("FRONTEND_URL"));
  EXPECT_NE(make({.trusted_proxies = {"10.0.0.0/33"}, .cursor_key = key}), "made");
}

}  // namespace
}  // namespace parley::api

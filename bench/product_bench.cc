// What the product costs: requests per second through the whole REST API on SQLite and on a PostgreSQL of its own,
// durable sends of messages, permission checks, "who is where" with 10,000 members in 500 voice channels, and a login.
//
//   product_bench [SECONDS]     how long each case runs; 2 unless given
//
// The load comes from a process of its own over kept connections to loopback; CPU is that of the server's process alone
// (a PostgreSQL's is not in it). Rate limits are off: the load is one user's.
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "adapters/identity/argon2_hasher.h"
#include "adapters/store/maintenance.h"
#include "adapters/store/test_folder.h"
#include "adapters/store/test_postgres.h"
#include "base/locked_rng.h"
#include "edge/api/api.h"
#include "edge/chat/routes.h"
#include "edge/community/routes.h"
#include "edge/identity/authenticator.h"
#include "edge/identity/services.h"
#include "edge/voice/routes.h"
#include "http_load.h"
#include "net/clock.h"
#include "net/http_server.h"
#include "product/community/access.h"
#include "product/voice/presence.h"

namespace parley::bench {
namespace {

using product::execute;
using product::Outcome;
using product::Tx;

constexpr int kMembers = 10'000;
constexpr int kChannels = 500;
constexpr int kConnections = 8;
constexpr int kSenders = 64;

class NoMail : public product::Mailer {
 public:
  Outcome<void> send(product::Mail) override { return {}; }
};

/// Makes tickets; there is no media here.
class NoRooms : public product::RoomBackend {
 public:
  product::RoomTicket make_ticket(const std::string&, const std::string&, const product::RoomProfile&,
                                  const product::RoomGrants&, WallTime) override {
    return {};
  }
  Outcome<std::vector<product::RoomMember>> list_members(Timestamp) override { return {}; }
  Outcome<void> remove_member(const std::string&, const std::string&, Timestamp) override { return {}; }
  Outcome<void> update_member(const std::string&, const std::string&, const std::optional<product::RoomProfile>&,
                              const std::optional<product::RoomGrants>&, Timestamp) override {
    return {};
  }
  Outcome<void> send_to_member(const std::string&, const std::string&, std::string_view, std::string_view,
                               Timestamp) override {
    return {};
  }
  Outcome<void> close_room(const std::string&, Timestamp) override { return {}; }
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

/// The API of one server on one database, with a community of kMembers.
class Site {
 public:
  Site(std::string engine, store::Database& database) : engine_(std::move(engine)), database_(database) {
    api::RouteTable table;
    api::identity::add_identity_routes(table, identity_);
    community_api::add_community_routes(table);
    chat_api::add_chat_routes(table);
    voice::add_voice_routes(table, {.rooms = rooms_, .is_https = false, .read_webhook = {}});
    api::ApiOptions options{.cursor_key = Redacted<std::string>("0123456789abcdef")};
    for (auto& limit : options.rate_limits) {
      limit = {.count = 10'000'000, .period = TimeDelta::seconds(1), .burst = 10'000'000};
    }
    auto made = api::Api::make(std::move(options), std::move(table), {database, authenticator_, rng_});
    PARLEY_CHECK(made.has_value());
    api_ = std::move(*made);
    http_ = std::make_unique<net::HttpServer>(
        net::HttpServerOptions{.bind_addresses = {"127.0.0.1"}},
        [this](std::shared_ptr<net::HttpExchange> exchange) { api_->handle(std::move(exchange)); });
    PARLEY_CHECK(http_->start().has_value());
    enter();
  }
  ~Site() {
    api_->stop();
    http_.reset();
  }

  void measure_requests(double seconds) {
    const std::string place = "/api/v1/communities/" + community_;
    load("GET /users/me", seconds, 200, get("/api/v1/users/me"));
    load("GET communities/C", seconds, 200, get(place));
    load("GET members, 50", seconds, 200, get(place + "/members?limit=50"));
    load("GET channels, 500", seconds, 200, get(place + "/channels"));
    load("GET voice-states", seconds, 200, get(place + "/voice-states"));
    KeptConnection probe(http_->port());
    probe.ask(get(place + "/voice-states"));
    const size_t at = probe.bytes().find("ETag: ") + 6;
    const std::string etag = probe.bytes().substr(at, probe.bytes().find('\r', at) - at);
    load("GET voice-states, 304", seconds, 304, get(place + "/voice-states", "If-None-Match: " + etag + "\r\n"));
    load("PATCH /users/me", seconds, 200, request("PATCH", "/api/v1/users/me", "", R"({"statusText":"at work"})"));
    measure_sends(seconds);
  }

  /// Durable when answered; several at once share a commit.
  void measure_sends(double seconds) {
    std::vector<std::string> sends;
    for (int i = 0; i < kSenders; ++i) {
      sends.push_back(request("POST", "/api/v1/conversations/text-" + std::to_string(i) + "/messages", "",
                              R"({"text":"a message of some words, as people write them"})"));
    }
    load("POST message, one place", seconds, 201, sends.front());
    load("POST message, 64 places", {seconds, 201, kSenders},
         [&](int number, int) -> const std::string& { return sends[static_cast<size_t>(number)]; });
  }

  void measure_rules(double seconds) {
    const product::CommunityId community(community_);
    const product::ChannelId channel("channel-7");
    const product::UserId member("member-77");
    const WallTime now = net::read_clock().wall;
    repeat("permission check (database)", seconds, [&](Tx& tx) {
      return product::community::access_of(tx, member, channel, now).has(product::access::Permission::kConnect);
    });
    repeat("who is where, 10,000 in 500", seconds,
           [&](Tx& tx) { return product::voice::who_is_where(tx, community).size() == static_cast<size_t>(kMembers); });
    repeat("who is where, 5 beside them", seconds,
           [&](Tx& tx) { return product::voice::who_is_where(tx, product::CommunityId("small")).size() == 5; });
  }

 private:
  std::string request(std::string_view method, std::string_view path, std::string_view headers,
                      std::string_view body) const {
    std::string text =
        std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers);
    if (!token_.empty()) text += "Authorization: Bearer " + token_ + "\r\n";
    if (!body.empty()) {
      text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    }
    return text + "\r\n" + std::string(body);
  }
  std::string get(std::string_view path, std::string_view headers = {}) const {
    return request("GET", path, headers, {});
  }
  std::string field_of_answer(const KeptConnection& connection, const std::string& name) const {
    const std::string key = "\"" + name + "\":\"";
    const size_t at = connection.bytes().find(key);
    PARLEY_CHECK(at != std::string::npos);
    return connection.bytes().substr(at + key.size(), connection.bytes().find('"', at + key.size()) - at - key.size());
  }

  /// One user with a session, his community, and everyone else in it and in its voice channels.
  void enter() {
    KeptConnection connection(http_->port());
    PARLEY_CHECK(connection.ask(request("POST", "/api/v1/auth/register", "",
                                        R"({"username":"owner","password":"a long pass phrase"})")) == 201);
    token_ = field_of_answer(connection, "accessToken");
    PARLEY_CHECK(connection.ask(request("POST", "/api/v1/communities", "", R"({"name":"Bench"})")) == 201);
    community_ = field_of_answer(connection, "id");
    PARLEY_CHECK(database_.run_write(Timestamp::never(), [this](Tx& tx) { return fill(tx), true; }).has_value());
  }
  void fill(Tx& tx) const {
    execute(tx,
            "insert into communities (id, name, owner_id, created_at, updated_at)"
            " select 'small', 'Small', owner_id, 1, 1 from communities where id = $1",
            community_);
    execute(tx,
            "insert into channels (id, community_id, kind, name, position, created_at)"
            " values ('small-channel', 'small', 1, 'one', 1, 1)");
    for (int i = 0; i < 5; ++i) {
      execute(tx,
              "insert into voice_sessions (sid, channel_id, user_id, joined_at, updated_at)"
              " values ($1, 'small-channel', $1, 1, 1)",
              "PA_small_" + std::to_string(i));
    }
    for (int i = 0; i < kChannels; ++i) {
      execute(tx,
              "insert into channels (id, community_id, kind, name, position, created_at) values ($1, $2, 1, $1, $3, 1)",
              "channel-" + std::to_string(i), community_, i + 10);
    }
    for (int i = 0; i < kSenders; ++i) {
      execute(
          tx,
          "insert into channels (id, community_id, kind, name, position, created_at) values ($1, $2, $3, $1, $4, 1)",
          "text-" + std::to_string(i), community_, product::community::ChannelKind::kText, i + 1000);
    }
    for (int i = 0; i < kMembers; ++i) {
      const std::string user = "member-" + std::to_string(i);
      execute(tx, "insert into users (id, username, username_fold, created_at, updated_at) values ($1, $1, $1, 1, 1)",
              user);
      execute(tx, "insert into members (community_id, user_id, joined_at) values ($1, $2, 1)", community_, user);
      execute(tx,
              "insert into voice_sessions (sid, channel_id, user_id, joined_at, updated_at) values ($1, $2, $3, 1, 1)",
              "PA_" + std::to_string(i), "channel-" + std::to_string(i % kChannels), user);
      execute(tx, "insert into voice_tracks (sid, session_sid, source, updated_at) values ($1, $2, 2, 1)",
              "TR_" + std::to_string(i), "PA_" + std::to_string(i));
    }
  }

  struct Load {
    double seconds;
    int expected;
    int connections = kConnections;
  };
  void load(const char* what, double seconds, int expected, const std::string& bytes) {
    load(what, {seconds, expected}, [&](int, int) -> const std::string& { return bytes; });
  }
  /// Requests over and over, from a child process; `bytes` gives each connection its own.
  template <class Bytes>
  void load(const char* what, const Load& wanted, Bytes&& bytes) {
    int pipe_ends[2];
    PARLEY_CHECK(pipe(pipe_ends) == 0);
    const double before = cpu_seconds();
    const pid_t child = fork();
    if (child == 0) {
      const auto result = run_http_load(http_->port(), wanted.connections, wanted.seconds, wanted.expected, bytes);
      const bool is_written = write(pipe_ends[1], &result, sizeof result) == sizeof result;
      _exit(is_written ? 0 : 1);
    }
    HttpLoadResult result;
    PARLEY_CHECK(read(pipe_ends[0], &result, sizeof result) == sizeof result);
    waitpid(child, nullptr, 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    const double answers = static_cast<double>(std::max<uint64_t>(result.answers, 1));
    std::printf("%-10s %-28s %8.0f /s   p50 %7.2f ms   p99 %7.2f ms   %7.1f us CPU each   unexpected %llu\n",
                engine_.c_str(), what, answers / result.seconds, result.p50_ms, result.p99_ms,
                (cpu_seconds() - before) * 1e6 / answers, static_cast<unsigned long long>(result.refused));
    std::fflush(stdout);
  }

  template <class Check>
  void repeat(const char* what, double seconds, Check check) {
    const auto begun = std::chrono::steady_clock::now();
    double elapsed = 0;
    uint64_t count = 0;
    for (; elapsed < seconds; ++count) {
      bool is_right = false;
      const auto done = database_.run_read(Timestamp::never(), [&](Tx& tx) { return is_right = check(tx), true; });
      PARLEY_CHECK(done.has_value() && is_right);
      elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    }
    std::printf("%-10s %-28s %8.0f /s   %9.3f ms each, one thread\n", engine_.c_str(), what,
                static_cast<double>(count) / elapsed, elapsed * 1000 / static_cast<double>(count));
  }

  const std::string engine_;
  store::Database& database_;
  LockedRng<SeededRng> rng_{SeededRng(1)};
  NoMail mail_;
  NoRooms rooms_;
  identity_adapter::Argon2Hasher hasher_;
  api::identity::StoreAuthenticator authenticator_{database_};
  api::identity::IdentityServices identity_{hasher_, mail_, {}};
  std::unique_ptr<api::Api> api_;
  std::unique_ptr<net::HttpServer> http_;
  std::string token_;
  std::string community_;
};

void run(const char* engine, const std::string& url, double seconds) {
  const auto database = store::open_store({.url = Redacted<std::string>(url), .connections = 16});
  PARLEY_CHECK(database.has_value() && store::migrate(**database, Timestamp::never()).has_value());
  Site site(engine, **database);
  site.measure_requests(seconds);
  site.measure_rules(seconds);
}

void measure_permission_function(double seconds) {
  product::access::AccessFacts facts;
  facts.is_member = true;
  facts.everyone.grants = product::access::kDefaultPermissions;
  for (int i = 0; i < 4; ++i) {
    product::access::RoleInChannel role;
    role.grants = product::access::PermissionMask{uint64_t{1} << i};
    facts.roles.push_back(role);
  }
  const auto begun = std::chrono::steady_clock::now();
  double elapsed = 0;
  uint64_t count = 0;
  uint64_t bits = 0;
  while (elapsed < seconds) {
    for (int i = 0; i < 10'000; ++i, ++count) {
      facts.is_locked_down = (i & 1) != 0;
      bits += product::access::effective_permissions(facts).bits();
    }
    elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  }
  std::printf("%-10s %-28s %8.1f M/s, four roles%s\n", "-", "permission function",
              static_cast<double>(count) / elapsed / 1e6, bits == 0 ? " (nothing)" : "");
}

void measure_login(double seconds) {
  identity_adapter::Argon2Hasher hasher;
  const auto hash = hasher.hash("a long pass phrase", Timestamp::never());
  PARLEY_CHECK(hash.has_value());
  const double before = cpu_seconds();
  const auto begun = std::chrono::steady_clock::now();
  double elapsed = 0;
  int count = 0;
  for (; elapsed < seconds; ++count) {
    PARLEY_CHECK(hasher.verify("a long pass phrase", *hash, Timestamp::never()).value_or(false));
    elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  }
  std::printf("%-10s %-28s %8.0f /s   %9.3f ms each, one thread, %.1f ms CPU, 19 MiB\n", "-", "password of a login",
              count / elapsed, elapsed * 1000 / count, (cpu_seconds() - before) * 1000 / count);
}

}  // namespace
}  // namespace parley::bench

int main(int argc, char** argv) {
  using namespace parley;
  const double seconds = argc > 1 ? std::atof(argv[1]) : 2.0;
  bench::measure_permission_function(seconds);
  bench::measure_login(seconds);
  const store::TestFolder folder;
  bench::run("SQLite", folder.file("bench.db"), seconds);
  bench::run("PostgreSQL", store::TestPostgres::shared().url(), seconds);
}

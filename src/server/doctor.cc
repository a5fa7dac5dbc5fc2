#include "server/doctor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>

#include "adapters/rooms/livekit_server.h"
#include "adapters/store/maintenance.h"
#include "net/clock.h"
#include "net/http_client.h"
#include "server/config.h"
#include "server/product.h"

namespace parley::server {
namespace {

constexpr TimeDelta kPatience = TimeDelta::seconds(5);
constexpr uint64_t kMinFreeDisk = uint64_t{1} << 30;
/// Connections are descriptors; a signal connection and a TCP peer are two.
constexpr rlim_t kMinDescriptors = 10'000;
/// Below it the kernel drops datagrams while a media thread does something else.
constexpr uint64_t kMinReceiveBuffer = 2'000'000;

class Doctor {
 public:
  Doctor(const Config& config, const Settings& settings, std::FILE* out)
      : config_(config), settings_(settings), out_(out) {}

  bool examine() {
    for (const std::string& notice : config_.notices) warn(notice);
    check_machine();
    check_ports();
    check_data();
    check_database();
    if (!config_.livekit_url.empty()) check_livekit();
    if (!config_.oidc_issuer.empty()) check_provider();
    if (config_.smtp_url.empty() && !config_.is_dev) {
      warn("mail is off: SMTP_URL is not set in " + settings_.place_for_variables());
    }
    return is_well_;
  }

 private:
  void say(const char* verdict, const std::string& text) { std::fprintf(out_, "%-5s %s\n", verdict, text.c_str()); }
  void ok(const std::string& text) { say("ok", text); }
  void warn(const std::string& text) { say("warn", text); }
  void fail(const std::string& text) {
    is_well_ = false;
    say("FAIL", text);
  }

  void check_machine();
  void check_ports();
  void check_port(const char* option, int type, uint16_t port);
  void check_data();
  void check_database();
  void check_livekit();
  void check_provider();
  Result<net::HttpClientResponse> ask(net::HttpClientRequest request);
  /// Who set an option: "DATABASE_URL in .env.production".
  std::string origin_of(std::string_view key) const;

  const Config& config_;
  const Settings& settings_;
  std::FILE* out_;
  net::HttpClient client_;
  bool is_well_ = true;
};

std::string Doctor::origin_of(std::string_view key) const {
  for (const Option& option : options()) {
    if (option.key != key) continue;
    const auto given = settings_.find(option);
    return given ? given->origin : settings_.place_for_variables();
  }
  return std::string(key);
}

void Doctor::check_machine() {
  timex clock{};
  if (adjtimex(&clock) >= 0 && (clock.status & STA_UNSYNC) != 0) {
    warn("clock: nothing keeps it right (NTP); tokens and codes fail when it is half a minute off");
  } else {
    ok("clock: kept by the system");
  }
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  if (descriptors.rlim_max < kMinDescriptors) {
    warn("descriptors: at most " + std::to_string(descriptors.rlim_max) + "; raise `ulimit -Hn` or LimitNOFILE=");
  } else {
    ok("descriptors: " + std::to_string(descriptors.rlim_max));
  }
  uint64_t receive_buffer = 0;
  std::ifstream("/proc/sys/net/core/rmem_max") >> receive_buffer;
  if (receive_buffer < kMinReceiveBuffer) {
    warn("net.core.rmem_max: " + std::to_string(receive_buffer) +
         " bytes; `sysctl net.core.rmem_max=5000000` keeps bursts of media from being lost");
  } else {
    ok("net.core.rmem_max: " + std::to_string(receive_buffer));
  }
}

void Doctor::check_port(const char* option, int type, uint16_t port) {
  if (port == 0) return;
  const int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return warn(std::string(option) + ": not tried, for want of a socket");
  const int on = 1;
  if (type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  const bool is_bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int error = errno;
  close(fd);
  const std::string name = std::string(option) + ": port " + std::to_string(port);
  if (is_bound) return ok(name + " is free");
  if (error == EADDRINUSE) return warn(name + " is in use; by a Parley that runs, or by something else");
  fail(name + ": " + std::strerror(error));
}

void Doctor::check_ports() {
  check_port("port", SOCK_STREAM, config_.port);
  check_port("rtc.tcp_port", SOCK_STREAM, config_.tcp_port);
  check_port("rtc.udp_port", SOCK_DGRAM, config_.udp_port);
}

void Doctor::check_data() {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path existing = fs::absolute(config_.data_dir, error);
  while (!fs::exists(existing, error) && existing.has_relative_path()) existing = existing.parent_path();
  if (access(existing.c_str(), W_OK) != 0) {
    return fail("data: " + config_.data_dir + " cannot be written: " + std::strerror(errno));
  }
  const fs::space_info space = fs::space(existing, error);
  if (!error && space.available < kMinFreeDisk) {
    return warn("data: only " + std::to_string(space.available >> 20) + " MiB are free");
  }
  ok("data: " + config_.data_dir + " can be written");
}

void Doctor::check_database() {
  const std::string url = config_.database_url.reveal();
  if (url.empty() && !std::filesystem::exists(std::filesystem::path(config_.data_dir) / "parley.db")) {
    return ok("database: SQLite, which the first start makes");
  }
  const std::string where = url.empty() ? "database: " : "database: " + origin_of("database.url") + ": ";
  const auto database = open_configured_database(config_);
  if (!database) return fail(where + database.error().message);
  const Timestamp asked = net::read_clock().mono;
  const bool is_postgres = (*database)->engine() == store::Engine::kPostgres;
  const std::string sql = is_postgres ? "select extract(epoch from clock_timestamp())::float8" : "select 0.0";
  double theirs_s = 0;
  const auto answered = (*database)->run_read(asked + kPatience, [&](product::Tx& tx) {
    const product::SqlRows rows = tx.run(sql, {});
    if (rows.size() == 1) theirs_s = std::get<double>(rows.values.front());
    return true;
  });
  if (!answered) return fail(where + answered.error().detail);
  const Now now = net::read_clock();
  if (is_postgres) {
    const TimeDelta ahead = TimeDelta::micros(now.wall.unix_us - static_cast<int64_t>(theirs_s * 1e6));
    if (const auto text = rooms::describe_clock_difference(ahead, "the database's")) {
      return fail("clock_difference: " + *text);
    }
  }
  ok("database: " + std::string(is_postgres ? "PostgreSQL" : "SQLite") + " answers in " +
     std::to_string((now.mono - asked).ms()) + " ms");
}

Result<net::HttpClientResponse> Doctor::ask(net::HttpClientRequest request) {
  std::promise<Result<net::HttpClientResponse>> answer;
  auto coming = answer.get_future();
  client_.send(std::move(request), [&](Result<net::HttpClientResponse> r) { answer.set_value(std::move(r)); });
  return coming.get();
}

void Doctor::check_livekit() {
  const auto host = rooms::livekit_api_host(config_.livekit_url, config_.livekit_api_host);
  if (!host) return fail("livekit: " + host.error().message + " (" + origin_of("livekit.url") + ")");
  const livekit::ApiKey key{config_.livekit_api_key, config_.livekit_api_secret};
  const auto answer = ask(rooms::make_livekit_probe(*host, key, net::read_clock().wall));
  const auto finding = rooms::judge_livekit(answer, net::read_clock().wall);
  if (finding.kind == rooms::LivekitFinding::Kind::kGood) return ok("livekit: " + finding.text);
  const bool is_key = finding.kind == rooms::LivekitFinding::Kind::kRefused;
  fail(std::string(finding.code()) + ": " + finding.text + " (" +
       origin_of(is_key ? "livekit.api_secret" : "livekit.url") + ")");
}

void Doctor::check_provider() {
  const auto answer = ask({.url = config_.oidc_issuer + "/.well-known/openid-configuration", .timeout = kPatience});
  if (answer && answer->ok()) return ok("sign-in provider: describes itself");
  fail("sign-in provider: " + origin_of("oidc.issuer") + ": " +
       (answer ? "answers " + std::to_string(answer->status) : answer.error().message));
}

}  // namespace

bool run_doctor(const ConfigSources& sources, std::FILE* out) {
  const auto config = load_config(sources);
  if (!config) {
    std::fprintf(out, "FAIL  %s", config.error().message.c_str());
    return false;
  }
  std::string faults;
  const Settings settings(sources, faults);
  return Doctor(*config, settings, out).examine();
}

}  // namespace parley::server

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "media/livekit/context.h"
#include "server/config_sources.h"

namespace parley::server {

/// Everything that can be set, with its defaults. Filled from a YAML file, then the environment, then flags.
struct Config {
  bool is_dev = false;
  std::vector<std::string> bind_addresses;  ///< Empty: all.
  uint16_t port = 7880;
  uint16_t udp_port = 7882;
  uint16_t tcp_port = 7881;
  std::vector<std::string> node_ips;    ///< Advertised instead of the interfaces' addresses.
  std::vector<std::string> interfaces;  ///< Only these interfaces' addresses are advertised; empty: all.
  bool enable_loopback = false;
  bool force_tcp = false;
  uint32_t shards = 0;
  std::vector<livekit::ApiKey> keys;
  livekit::RoomDefaults room;
  std::string webhook_key;
  std::vector<std::string> webhook_urls;
  bool webhook_allow_private = false;
  Redacted<std::string> database_url;      ///< Empty: a SQLite file in data_dir.
  Redacted<std::string> redis_url;         ///< Empty: this instance is alone.
  std::vector<std::string> frontend_urls;  ///< Origins of web apps elsewhere; links in mails go to the first one.
  std::vector<std::string> trusted_proxies;
  std::string livekit_url;  ///< Rooms are there instead of in this process.
  std::string livekit_api_key;
  Redacted<std::string> livekit_api_secret;
  std::string livekit_api_host;  ///< Empty: of livekit_url.
  TimeDelta room_token_validity = TimeDelta::seconds(3600);
  TimeDelta reconcile_interval = TimeDelta::seconds(30);
  std::string smtp_url;
  std::string smtp_user;
  Redacted<std::string> smtp_password;
  std::string mail_from = "parley@localhost";
  std::string mail_from_name = "Parley";
  std::string public_url;   ///< Where browsers reach this server; empty: where the first frontend is.
  std::string oidc_issuer;  ///< Empty: no signing in by a provider.
  std::string oidc_client_id;
  Redacted<std::string> oidc_client_secret;
  std::vector<std::string> notices;  ///< To be said once at the start: what was given and is of no use.
  int64_t file_max_bytes = int64_t{25} * 1024 * 1024;
  int64_t file_user_quota = int64_t{2} * 1024 * 1024 * 1024;  ///< Bytes; 0: none.
  int64_t file_server_quota = 0;                              ///< Bytes; 0: none.
  std::string clamav;                                         ///< Empty: files are not scanned.
  std::string s3_bucket;                                      ///< Empty: files are in data_dir.
  std::string s3_region = "us-east-1";
  std::string s3_endpoint;  ///< Empty: AWS's.
  std::string s3_access_key;
  Redacted<std::string> s3_secret_key;
  std::string s3_path_style;  ///< "true", "false", or empty: with an endpoint.
  std::string cdn_base_url;   ///< Links to files lead there; empty: to this server.
  uint32_t max_participants = 10'000;
  Redacted<std::string> metrics_token;  ///< Empty: /metrics is there in development only.
  std::string log_level = "info";
  std::string data_dir = "data";
  std::string web_root;  ///< Empty: beside the program's build, or no web app.
  uint32_t drain_seconds = 5;
  bool hides_rtc_v1 = false;
  std::string conformance;  ///< Profile of GatewayConformance; empty: none.
  bool exits_with_stdin = false;
};

/// One thing that can be set: its row in docs/options.md, its YAML key, its variable and its flag.
struct Option {
  std::string_view key;   ///< Dotted YAML path, LiveKit's where LiveKit has one.
  std::string_view unit;  ///< "", "s", "port", "list".
  std::string_view initial;
  std::string_view help;
  std::function<bool(Config&, std::string_view)> set;  ///< False: not a value of its kind.
  std::string_view seed_variable = {};                 ///< The name that other back ends give it: "DATABASE_URL".
  bool is_secret = false;                              ///< Never printed.

  std::string flag() const;      ///< "--rtc-udp-port".
  std::string variable() const;  ///< "PARLEY_RTC_UDP_PORT".
};
std::span<const Option> options();
/// docs/options.md.
std::string options_page();

/// What every option is set to and by what, one a line, without secrets: `parley config check`.
std::string config_report(const ConfigSources& sources);
/// Reads and checks everything. The error names every fault at once, each with its option.
Result<Config> load_config(const ConfigSources& sources);

}  // namespace parley::server

#include <array>
#include <charconv>

#include "product/files/types.h"
#include "server/config.h"

namespace parley::server {
namespace {

bool set_number(uint32_t& out, std::string_view text, uint32_t max) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return false;
  out = value;
  return true;
}

bool set_port(uint16_t& out, std::string_view text) {
  uint32_t value = 0;
  if (!set_number(value, text, 65'535)) return false;
  out = static_cast<uint16_t>(value);
  return true;
}

bool set_bytes(int64_t& out, std::string_view text, int64_t min, int64_t max) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < min || value > max) return false;
  out = value;
  return true;
}

bool set_flag(bool& out, std::string_view text) {
  if (text == "true" || text == "1" || text == "yes") return out = true, true;
  if (text == "false" || text == "0" || text == "no") return out = false, true;
  return false;
}

bool set_seconds(TimeDelta& out, std::string_view text) {
  uint32_t value = 0;
  if (!set_number(value, text, 86'400)) return false;
  out = TimeDelta::seconds(value);
  return true;
}

bool set_list(std::vector<std::string>& out, std::string_view text) {
  out.clear();
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (!item.empty()) out.emplace_back(item);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return true;
}

/// "key: secret", several separated by commas (LIVEKIT_KEYS).
bool set_keys(std::vector<livekit::ApiKey>& out, std::string_view text) {
  std::vector<std::string> pairs;
  set_list(pairs, text);
  out.clear();
  for (const std::string& pair : pairs) {
    const size_t colon = pair.find(':');
    if (colon == 0 || colon == std::string::npos) return false;
    const size_t secret = pair.find_first_not_of(' ', colon + 1);
    if (secret == std::string::npos) return false;
    out.push_back({pair.substr(0, colon), Redacted<std::string>(pair.substr(secret))});
  }
  return !out.empty();
}

bool set_level(std::string& out, std::string_view text) {
  if (text != "debug" && text != "info" && text != "warn" && text != "error") return false;
  out = text;
  return true;
}

bool set_text(std::string& out, std::string_view text) { return out = text, true; }

bool set_secret(Redacted<std::string>& out, std::string_view text) {
  return out = Redacted<std::string>(std::string(text)), true;
}

/// A petabyte: a mistake rather than a quota.
constexpr int64_t kMostBytes = int64_t{1} << 50;

using C = Config;
using V = std::string_view;
const std::array kOptions{
    Option{"port", "port", "7880", "HTTP, WebSocket and web app; 0 picks a free one",
           [](C& c, V v) { return set_port(c.port, v); }},
    Option{"bind_addresses", "list", "all", "Addresses that the HTTP port binds",
           [](C& c, V v) { return set_list(c.bind_addresses, v); }},
    Option{"keys", "list", "", "API keys as `key: secret`; the first one signs what the server makes",
           [](C& c, V v) { return set_keys(c.keys, v); }, "LIVEKIT_KEYS", true},
    Option{"rtc.udp_port", "port", "7882", "Media over UDP, one port for all; 0 picks a free one",
           [](C& c, V v) { return set_port(c.udp_port, v); }},
    Option{"rtc.tcp_port", "port", "7881", "Media over TCP; 0 picks a free one",
           [](C& c, V v) { return set_port(c.tcp_port, v); }},
    Option{"rtc.node_ip", "list", "interfaces", "Addresses that clients are told, instead of the interfaces' own",
           [](C& c, V v) { return set_list(c.node_ips, v); }},
    Option{"rtc.interfaces.includes", "list", "all", "Only these interfaces' addresses are told to clients",
           [](C& c, V v) { return set_list(c.interfaces, v); }},
    Option{"rtc.enable_loopback_candidate", "", "false", "Tell clients 127.0.0.1 too; on with --dev",
           [](C& c, V v) { return set_flag(c.enable_loopback, v); }},
    Option{"rtc.force_tcp", "", "false", "Tell clients only the TCP addresses, for networks that drop UDP",
           [](C& c, V v) { return set_flag(c.force_tcp, v); }},
    Option{"rtc.shards", "", "0", "Media threads; 0 is one per core",
           [](C& c, V v) { return set_number(c.shards, v, 256); }},
    Option{"room.auto_create", "", "true", "A join creates its room",
           [](C& c, V v) { return set_flag(c.room.auto_create, v); }},
    Option{"room.empty_timeout", "s", "300", "Life of a room that nobody entered",
           [](C& c, V v) { return set_seconds(c.room.empty_timeout, v); }},
    Option{"room.departure_timeout", "s", "20", "Life of a room after the last one left",
           [](C& c, V v) { return set_seconds(c.room.departure_timeout, v); }},
    Option{"room.max_participants", "", "0", "Participants of a room that says nothing else; 0 is no limit",
           [](C& c, V v) { return set_number(c.room.max_participants, v, 1'000'000); }},
    Option{"room.enable_remote_unmute", "", "false", "RoomService may unmute",
           [](C& c, V v) { return set_flag(c.room.enable_remote_unmute, v); }},
    Option{"webhook.api_key", "", "first key", "Key that signs webhooks",
           [](C& c, V v) { return set_text(c.webhook_key, v); }},
    Option{"webhook.urls", "list", "",
           "Where webhooks about rooms are posted, as LiveKit has them; empty turns them off",
           [](C& c, V v) { return set_list(c.webhook_urls, v); }},
    Option{"webhook.allow_private", "", "false",
           "Webhooks of the API may go to private and loopback addresses; on with --dev",
           [](C& c, V v) { return set_flag(c.webhook_allow_private, v); }},
    Option{"database.url", "", "SQLite in `data`", "PostgreSQL, or a SQLite file, instead of the one in `data`",
           [](C& c, V v) { return set_secret(c.database_url, v); }, "DATABASE_URL", true},
    Option{"redis.url", "", "",
           "redis:// server by which several instances on one PostgreSQL tell each other what happens",
           [](C& c, V v) { return set_secret(c.redis_url, v); }, "REDIS_URL", true},
    Option{"frontend_url", "list", "", "Origins of web apps that may call the API; links in mails go to the first",
           [](C& c, V v) { return set_list(c.frontend_urls, v); }, "FRONTEND_URL"},
    Option{"trusted_proxies", "list", "", "Networks (10.0.0.0/8) whose X-Forwarded-For is believed",
           [](C& c, V v) { return set_list(c.trusted_proxies, v); }},
    Option{"livekit.url", "", "this process", "LiveKit server or Cloud project that rooms are on instead",
           [](C& c, V v) { return set_text(c.livekit_url, v); }, "LIVEKIT_URL"},
    Option{"livekit.api_key", "", "", "Key for it", [](C& c, V v) { return set_text(c.livekit_api_key, v); },
           "LIVEKIT_API_KEY"},
    Option{"livekit.api_secret", "", "", "Its secret", [](C& c, V v) { return set_secret(c.livekit_api_secret, v); },
           "LIVEKIT_API_SECRET", true},
    Option{"livekit.api_host", "", "of livekit.url", "Where its API is, if not beside the signalling",
           [](C& c, V v) { return set_text(c.livekit_api_host, v); }, "LIVEKIT_API_HOST"},
    Option{"room.token_validity", "s", "3600", "Life of a token for a voice channel; connected ones are renewed",
           [](C& c, V v) { return set_seconds(c.room_token_validity, v); }},
    Option{"room.reconcile_interval", "s", "30", "How often voice channels are compared with the media server",
           [](C& c, V v) { return set_seconds(c.reconcile_interval, v) && c.reconcile_interval.us() > 0; }},
    Option{"smtp.url", "", "", "smtp:// or smtps:// server for mail; without it mail is off, and files with --dev",
           [](C& c, V v) { return set_text(c.smtp_url, v); }, "SMTP_URL"},
    Option{"smtp.user", "", "", "Its user", [](C& c, V v) { return set_text(c.smtp_user, v); }, "SMTP_USER"},
    Option{"smtp.password", "", "", "Its password", [](C& c, V v) { return set_secret(c.smtp_password, v); },
           "SMTP_PASSWORD", true},
    Option{"mail.from", "", "parley@localhost", "Address that mails are from",
           [](C& c, V v) { return set_text(c.mail_from, v); }, "EMAIL_FROM"},
    Option{"mail.from_name", "", "Parley", "Name beside it", [](C& c, V v) { return set_text(c.mail_from_name, v); },
           "EMAIL_FROM_NAME"},
    Option{"public_url", "", "first of frontend_url", "Where browsers reach this server: https://chat.example.com",
           [](C& c, V v) { return set_text(c.public_url, v); }, "PUBLIC_URL"},
    Option{"oidc.issuer", "", "", "OpenID provider to sign in by, as it writes its own name",
           [](C& c, V v) { return set_text(c.oidc_issuer, v); }, "OIDC_ISSUER"},
    Option{"oidc.client_id", "", "", "This server's id there", [](C& c, V v) { return set_text(c.oidc_client_id, v); },
           "OIDC_CLIENT_ID"},
    Option{"oidc.client_secret", "", "", "Its secret there",
           [](C& c, V v) { return set_secret(c.oidc_client_secret, v); }, "OIDC_CLIENT_SECRET", true},
    Option{"files.max_bytes", "bytes", "26214400", "Size of one file, up to 2 GiB",
           [](C& c, V v) { return set_bytes(c.file_max_bytes, v, 1, product::files::kMaxFileBytes); }},
    Option{"files.user_quota", "bytes", "2147483648", "Size of all files of one user; 0 is no limit",
           [](C& c, V v) { return set_bytes(c.file_user_quota, v, 0, kMostBytes); }},
    Option{"files.server_quota", "bytes", "0", "Size of everything that is stored; 0 is no limit",
           [](C& c, V v) { return set_bytes(c.file_server_quota, v, 0, kMostBytes); }},
    Option{"files.clamav", "", "",
           "clamd that scans files before anybody gets them: `host:port` or the path of its socket",
           [](C& c, V v) { return set_text(c.clamav, v); }},
    Option{"s3.bucket", "", "files in `data`", "Bucket that files are in instead of the folder",
           [](C& c, V v) { return set_text(c.s3_bucket, v); }, "AWS_BUCKET_NAME"},
    Option{"s3.region", "", "us-east-1", "Its region", [](C& c, V v) { return set_text(c.s3_region, v); },
           "AWS_REGION"},
    Option{"s3.access_key", "", "", "Access key for it", [](C& c, V v) { return set_text(c.s3_access_key, v); },
           "AWS_ACCESS_KEY_ID"},
    Option{"s3.secret_key", "", "", "Its secret", [](C& c, V v) { return set_secret(c.s3_secret_key, v); },
           "AWS_SECRET_ACCESS_KEY", true},
    Option{"s3.endpoint", "", "AWS", "Another S3, as `https://host:port`: MinIO and the like",
           [](C& c, V v) { return set_text(c.s3_endpoint, v); }, "AWS_ENDPOINT_URL"},
    Option{"s3.path_style", "", "with an endpoint", "The bucket stands in the path rather than in the host's name",
           [](C& c, V v) {
             bool is_path = false;
             return set_flag(is_path, v) && set_text(c.s3_path_style, is_path ? "true" : "false");
           }},
    Option{"cdn_base_url", "", "", "Links to files lead there: a CDN that fetches from this server",
           [](C& c, V v) { return set_text(c.cdn_base_url, v); }, "CDN_BASE_URL"},
    Option{"limit.max_participants", "", "10000", "Participants on this node; beyond it joins are answered 503",
           [](C& c, V v) { return set_number(c.max_participants, v, 10'000'000); }},
    Option{"metrics_token", "", "", "Bearer token for /metrics, which without one is there with --dev only",
           [](C& c, V v) { return set_secret(c.metrics_token, v); }, "", true},
    Option{"logging.level", "", "info", "debug, info, warn or error",
           [](C& c, V v) { return set_level(c.log_level, v); }},
    Option{"data", "", "data", "Folder of what must survive", [](C& c, V v) { return set_text(c.data_dir, v); }},
    Option{"web_root", "", "web/dist", "Folder of the built web app",
           [](C& c, V v) { return set_text(c.web_root, v); }},
    Option{"drain_timeout", "s", "5", "After SIGTERM clients have this long to go",
           [](C& c, V v) { return set_number(c.drain_seconds, v, 3600); }},
    Option{"testing.hide_rtc_v1", "", "false", "Answer 404 on /rtc/v1, so that clients use two peer connections",
           [](C& c, V v) { return set_flag(c.hides_rtc_v1, v); }},
    Option{"conformance", "", "",
           "With --dev: be the server that a public suite wants (engine.io, engine.io-client, socket.io, "
           "socket.io-client)",
           [](C& c, V v) { return set_text(c.conformance, v); }},
};

}  // namespace

std::span<const Option> options() { return kOptions; }

std::string Option::flag() const {
  std::string text = "--" + std::string(key);
  for (char& c : text) {
    if (c == '.' || c == '_') c = '-';
  }
  return text;
}

std::string Option::variable() const {
  std::string text = "PARLEY_";
  for (const char c : key) text += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}

std::string options_page() {
  std::string page =
      "# Options\n\nGenerated from `src/server/options.cc` by `parley config docs`. A YAML file (`--config`) is "
      "overridden by `.env` and `.env.<profile>` (with `--env <profile>` or PARLEY_ENV), these by the environment, and "
      "that by flags.\n\n| YAML key | variable | flag | unit | default | meaning |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const Option& option : kOptions) {
    page += "| `" + std::string(option.key) + "` | `" + option.variable() + "` | `" + option.flag() + "` | " +
            std::string(option.unit) + " | " + std::string(option.initial) + " | " + std::string(option.help) + " |\n";
  }
  return page;
}

}  // namespace parley::server

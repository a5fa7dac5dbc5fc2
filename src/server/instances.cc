#include "server/instances.h"

#include <fmt/format.h>

#include <array>

#include "adapters/bus/in_process_bus.h"
#include "adapters/bus/redis_bus.h"
#include "base/log.h"

namespace parley::server {
namespace {

using store::InstanceLock;

/// One that was killed a moment ago, or is draining for its successor, may still hold the database.
constexpr TimeDelta kPatience = TimeDelta::seconds(3);

bool is_on_file(const std::string& database_url) {
  const auto parsed = store::parse_database_url(database_url);
  return parsed && parsed->engine == store::Engine::kSqlite;
}

/// Why there cannot be two, and what to do.
std::string refusal(const Config& config, const std::string& database_url) {
  const std::string begin = "DATABASE_URL: another instance runs on this database; ";
  if (is_on_file(database_url))
    return begin + "a SQLite file serves one alone, several need PostgreSQL, REDIS_URL and LIVEKIT_URL";
  if (config.redis_url.reveal().empty())
    return begin + "several need REDIS_URL, the same for all, to tell each other what happens";
  if (config.livekit_url.empty())
    return begin + "several need LIVEKIT_URL beside REDIS_URL, because a call must be where all of them find it";
  return begin + "it was started without REDIS_URL or without LIVEKIT_URL, which all need that run together";
}

struct Row {
  std::string_view name;
  std::string_view kind;
  std::string_view help;
  uint64_t (*read)(const product::BusStats&);
};
using S = product::BusStats;
constexpr std::array kRows{
    Row{"parley_bus_up", "gauge", "Whether the other instances can be heard",
        [](const S& s) { return uint64_t{s.is_up}; }},
    Row{"parley_bus_published_total", "counter", "Messages to the other instances",
        [](const S& s) { return s.published; }},
    Row{"parley_bus_received_total", "counter", "Messages of the other instances",
        [](const S& s) { return s.received; }},
    Row{"parley_bus_dropped_total", "counter", "Messages that could not be carried",
        [](const S& s) { return s.dropped; }},
    Row{"parley_bus_reconnects_total", "counter", "Times that the bus was lost and found again",
        [](const S& s) { return s.reconnects; }},
};

}  // namespace

Result<std::unique_ptr<InstanceLock>> join_instances(const Config& config, const std::string& database_url) {
  const bool is_several = !config.redis_url.reveal().empty() && !config.livekit_url.empty();
  const auto company = is_several ? InstanceLock::Company::kWithOthers : InstanceLock::Company::kAlone;
  auto lock = InstanceLock::take(database_url, company, kPatience);
  if (lock) {
    if (is_several && config.s3_bucket.empty())
      log::warn("files_are_on_this_machine",
                {{"hint", "several instances need s3.bucket, or `data` on a shared disk"}});
    return std::move(*lock);
  }
  if (lock.error().code != Error::Code::kAlreadyExists)
    return fail(lock.error().code, "DATABASE_URL: " + lock.error().message);
  return fail(Error::Code::kAlreadyExists, refusal(config, database_url));
}

Result<std::unique_ptr<product::Bus>> make_bus(const Config& config, Rng& rng) {
  if (config.redis_url.reveal().empty()) return std::make_unique<bus::InProcessBus>(rng);
  auto url = bus::parse_redis_url(config.redis_url.reveal());
  if (!url) return std::unexpected(url.error());
  return std::make_unique<bus::RedisBus>(std::move(*url), rng);
}

std::string bus_to_prometheus(const product::BusStats& stats) {
  std::string out;
  for (const Row& row : kRows) {
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", row.name, row.help, row.kind, row.read(stats));
  }
  return out;
}

}  // namespace parley::server

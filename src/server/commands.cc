#include "server/commands.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "media/livekit/token.h"

namespace parley::server {
namespace {

struct TokenOptions {
  std::string room;
  std::string identity;
  std::string name;
  std::string metadata;
  std::string valid_for = "1h";
  std::string api_key = "devkey";
  std::string api_secret = "secret";
  bool can_create = false, can_list = false, is_admin = false, is_hidden = false, is_recorder = false;
  bool no_publish = false, no_subscribe = false, no_publish_data = false, may_update_metadata = false;
};

/// "90s", "15m", "6h", "2d"; zero when it is none of these.
TimeDelta parse_duration(const std::string& text) {
  char* end = nullptr;
  const int64_t number = std::strtoll(text.c_str(), &end, 10);
  const std::string unit(end);
  if (number <= 0 || number > 1'000'000) return {};
  if (unit == "s") return TimeDelta::seconds(number);
  if (unit == "m") return TimeDelta::seconds(number * 60);
  if (unit == "h") return TimeDelta::seconds(number * 3600);
  if (unit == "d") return TimeDelta::seconds(number * 86'400);
  return {};
}

int create_token(const TokenOptions& options) {
  const TimeDelta validity = parse_duration(options.valid_for);
  if (validity <= TimeDelta::zero()) {
    std::fprintf(stderr, "parley: --valid-for: \"%s\" is not a duration like 30m, 6h or 2d\n",
                 options.valid_for.c_str());
    return 2;
  }
  livekit::VideoGrant grant{.room_join = !options.room.empty(),
                            .room_create = options.can_create,
                            .room_list = options.can_list,
                            .room_admin = options.is_admin,
                            .room = options.room,
                            .hidden = options.is_hidden,
                            .recorder = options.is_recorder};
  if (options.no_publish) grant.can_publish = false;
  if (options.no_subscribe) grant.can_subscribe = false;
  if (options.no_publish_data) grant.can_publish_data = false;
  if (options.may_update_metadata) grant.can_update_own_metadata = true;
  livekit::Claims claims;
  claims.identity = options.identity;
  claims.name = options.name;
  claims.metadata = options.metadata;
  claims.video = grant;
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
  const livekit::ApiKey key{options.api_key, Redacted<std::string>(options.api_secret)};
  std::printf("%s\n", livekit::make_token(claims, key, WallTime{now.count()}, validity).c_str());
  return 0;
}

void add_token(CLI::App& cli, int& status) {
  CLI::App* token = cli.add_subcommand("token", "Room tokens")->require_subcommand(1);
  CLI::App* create = token->add_subcommand("create", "Print a signed token");
  auto options = std::make_shared<TokenOptions>();
  create->add_option("--room", options->room, "Room to join");
  create->add_option("--identity", options->identity, "Who the token is for")->required();
  create->add_option("--name", options->name, "Name shown to others");
  create->add_option("--metadata", options->metadata, "Metadata of the participant");
  create->add_option("--valid-for", options->valid_for, "30m, 6h, 2d")->capture_default_str();
  create->add_option("--api-key", options->api_key, "API key")->envname("LIVEKIT_API_KEY")->capture_default_str();
  create->add_option("--api-secret", options->api_secret, "Its secret")->envname("LIVEKIT_API_SECRET");
  create->add_flag("--create", options->can_create, "May create and delete rooms");
  create->add_flag("--list", options->can_list, "May list rooms");
  create->add_flag("--admin", options->is_admin, "May moderate the room");
  create->add_flag("--hidden", options->is_hidden, "Invisible to others");
  create->add_flag("--recorder", options->is_recorder, "Marks the room as recorded");
  create->add_flag("--no-publish", options->no_publish, "May not publish");
  create->add_flag("--no-subscribe", options->no_subscribe, "May not subscribe");
  create->add_flag("--no-publish-data", options->no_publish_data, "May not send data");
  create->add_flag("--update-own-metadata", options->may_update_metadata, "May change its own metadata");
  create->callback([options, &status] { status = create_token(*options); });
}

}  // namespace

void add_commands(CLI::App& cli, int& status) { add_token(cli, status); }

}  // namespace parley::server

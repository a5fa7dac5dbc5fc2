#include "server/commands.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "media/livekit/token.h"
#include "tools/run_load.h"

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

void add_load_test(CLI::App& cli, int& status) {
  CLI::App* test = cli.add_subcommand("load-test", "Load a LiveKit server with simulated publishers and subscribers");
  auto options = std::make_shared<tools::LoadOptions>();
  tools::LoadOptions& o = *options;
  const auto add = [test](const char* name, auto& value, const char* help) {
    return test->add_option(name, value, help)->capture_default_str();
  };
  add("--url", o.url, "Server, as ws://host:port")->envname("LIVEKIT_URL");
  add("--api-key", o.api_key, "API key")->envname("LIVEKIT_API_KEY");
  test->add_option("--api-secret", o.api_secret, "Its secret")->envname("LIVEKIT_API_SECRET");
  add("--room", o.room, "Name of the room; a random one when empty");
  add("--duration", o.duration, "Time to run once all have joined: 30s, 5m, 1h; 0s is until interrupted");
  add("--video-publishers,--publishers", o.video_publishers, "Participants that publish video");
  add("--audio-publishers", o.audio_publishers, "Participants that publish audio; the first ones publish both");
  add("--subscribers", o.subscribers, "Participants that subscribe");
  add("--identity-prefix", o.identity_prefix, "Begin of the participants' identities; random when empty");
  add("--video-resolution", o.video_resolution, "Video to publish: high (720p), medium (360p) or low (180p)");
  add("--video-codec", o.video_codec, "Only vp8");
  add("--num-per-second", o.num_per_second, "Participants to start every second");
  add("--layout", o.layout, "What subscribers show: speaker, 3x3, 4x4 or 5x5");
  test->add_flag("--no-simulcast", o.no_simulcast, "Publish one layer");
  test->add_flag("--simulate-speakers", o.simulate_speakers, "Let the server announce random speakers");
  add("--rooms", o.rooms, "Rooms, each with the participants above");
  test->add_flag("--publishers-subscribe", o.publishers_subscribe, "Publishers receive each other, as in a meeting");
  test->add_flag("--single-peer-connection", o.single_peer_connection, "Join by /rtc/v1 instead of /rtc");
  test->add_flag("--no-gro", o.no_gro, "Receive packets one by one");
  add("--warm-up", o.warm_up, "Time between the last join and the first packet that counts");
  add("--json", o.json_path, "File for the result");
  test->callback([options, &status] { status = tools::run_load_test(*options); });
}

}  // namespace

void add_commands(CLI::App& cli, int& status) {
  add_token(cli, status);
  add_load_test(cli, status);
}

}  // namespace parley::server

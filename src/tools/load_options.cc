#include "tools/load_options.h"

#include <charconv>

namespace parley::tools {
namespace {

/// More participants than this do not fit one process's descriptors.
constexpr int kMaxParticipants = 100'000;

std::unexpected<Error> refuse(std::string text) { return fail(Error::Code::kInvalidArgument, std::move(text)); }

int64_t unit_us(std::string_view unit) {
  if (unit == "ms") return 1000;
  if (unit == "s") return 1'000'000;
  if (unit == "m") return 60'000'000;
  if (unit == "h") return 3'600'000'000;
  return 0;
}

Result<void> take_url(const std::string& url, LoadPlan& plan) {
  std::string_view rest = url;
  const size_t colon = rest.find("://");
  const std::string_view scheme = rest.substr(0, colon == std::string_view::npos ? 0 : colon);
  if (scheme == "wss" || scheme == "https") return refuse("--url: only ws:// is spoken; put a TLS proxy in between");
  if (scheme != "ws" && scheme != "http") return refuse("--url: \"" + url + "\" is not like ws://127.0.0.1:7880");
  rest.remove_prefix(colon + 3);
  const size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) plan.path = rest.substr(slash);
  while (plan.path.ends_with('/')) plan.path.pop_back();
  plan.port = "80";
  const size_t port = authority.rfind(':');
  if (port != std::string_view::npos && authority.find(']', port) == std::string_view::npos) {
    plan.port = authority.substr(port + 1);
    authority = authority.substr(0, port);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  if (authority.empty() || plan.port.empty()) return refuse("--url: \"" + url + "\" names no host");
  plan.host = authority;
  return {};
}

}  // namespace

Result<TimeDelta> parse_duration(std::string_view text) {
  if (text == "0") return TimeDelta::zero();
  const std::string whole(text);
  TimeDelta sum;
  while (!text.empty()) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const size_t digit = text.find_first_of("0123456789");
    const int64_t unit = unit_us(text.substr(0, digit));
    if (error != std::errc() || number < 0 || number > 1'000'000'000 || unit == 0) {
      return refuse("\"" + whole + "\" is not a duration like 30s, 5m or 1h30m");
    }
    sum = sum + TimeDelta::micros(number * unit);
    text.remove_prefix(digit == std::string_view::npos ? text.size() : digit);
  }
  if (whole.empty()) return refuse("a duration is empty");
  return sum;
}

Result<std::vector<client::LayerSpec>> make_layers(std::string_view resolution, bool has_simulcast) {
  std::vector<client::LayerSpec> layers = client::PublishSpec::camera_simulcast().layers;
  const size_t count = resolution == "low" ? 1 : (resolution == "medium" ? 2 : (resolution == "high" ? 3 : 0));
  if (count == 0) return refuse("--video-resolution: \"" + std::string(resolution) + "\" is not high, medium or low");
  layers.resize(count);
  if (!has_simulcast) layers.erase(layers.begin(), layers.end() - 1);
  if (layers.size() == 1) layers.front().rid.clear();
  return layers;
}

Result<LoadPlan> check_options(const LoadOptions& options) {
  LoadPlan plan;
  if (const auto taken = take_url(options.url, plan); !taken) return std::unexpected(taken.error());
  plan.room = options.room;
  const auto duration = parse_duration(options.duration);
  const auto warm_up = parse_duration(options.warm_up);
  if (!duration) return refuse("--duration: " + duration.error().message);
  if (!warm_up) return refuse("--warm-up: " + warm_up.error().message);
  plan.duration = *duration;
  plan.warm_up = *warm_up;
  const auto layout = parse_layout(options.layout);
  if (!layout) return refuse("--layout: \"" + options.layout + "\" is not speaker, 3x3, 4x4 or 5x5");
  plan.layout = *layout;
  auto layers = make_layers(options.video_resolution, !options.no_simulcast);
  if (!layers) return std::unexpected(layers.error());
  plan.layers = std::move(*layers);
  if (options.video_codec != "vp8") return refuse("--video-codec: only vp8 is published");
  for (const int number : {options.video_publishers, options.audio_publishers, options.subscribers}) {
    if (number < 0 || number > kMaxParticipants) return refuse("the number of participants is out of range");
  }
  if (options.rooms < 1 || options.rooms > kMaxParticipants) return refuse("--rooms: out of range");
  if (!(options.num_per_second > 0)) return refuse("--num-per-second: must be above 0");
  return plan;
}

}  // namespace parley::tools

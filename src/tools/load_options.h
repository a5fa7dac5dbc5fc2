#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "media/client/client_options.h"
#include "tools/layout.h"

namespace parley::tools {

/// What `parley load-test` is asked to do, as typed; names and defaults are those of `lk perf load-test` where it has
/// the option.
struct LoadOptions {
  std::string url = "ws://127.0.0.1:7880";
  std::string api_key = "devkey";
  std::string api_secret = "secret";
  std::string room;             ///< Empty: a random name.
  std::string duration = "0s";  ///< Zero: until interrupted.
  int video_publishers = 0;
  int audio_publishers = 0;
  int subscribers = 0;
  std::string identity_prefix;  ///< Empty: random.
  std::string video_resolution = "high";
  std::string video_codec = "vp8";
  double num_per_second = 5;
  std::string layout = "speaker";
  bool no_simulcast = false;
  bool simulate_speakers = false;

  // Not of lk.
  int rooms = 1;                      ///< Each with the numbers of participants above.
  bool publishers_subscribe = false;  ///< Meetings: publishers receive the others, too.
  bool single_peer_connection = false;
  /// Over loopback a subscriber that takes coalesced packets spares the server their segmentation, as a network card
  /// does that segments itself.
  bool no_gro = false;
  std::string warm_up = "0s";  ///< Between the last join and the first packet that counts.
  std::string json_path;       ///< Where the result goes as JSON; empty: nowhere.
};

/// The same, checked.
struct LoadPlan {
  std::string host;
  std::string port;
  std::string path;  ///< Of the base URL, without a slash at its end.
  std::string room;
  TimeDelta duration;
  TimeDelta warm_up;
  Layout layout = Layout::kSpeaker;
  std::vector<client::LayerSpec> layers;  ///< Of published video.
};

/// Fails with one sentence that names the option.
Result<LoadPlan> check_options(const LoadOptions& options);
/// "90s", "15m", "1h30m", "500ms", "0"; as Go writes durations.
Result<TimeDelta> parse_duration(std::string_view text);
/// low to high, up to `resolution` ("low", "medium" or "high"); only the last of these without simulcast.
Result<std::vector<client::LayerSpec>> make_layers(std::string_view resolution, bool has_simulcast);

}  // namespace parley::tools

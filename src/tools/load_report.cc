#include "tools/load_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>

namespace parley::tools {
namespace {

double ms(TimeDelta time) { return static_cast<double>(time.us()) / 1000; }

double per_second(uint64_t count, TimeDelta window) {
  return window > TimeDelta::zero() ? static_cast<double>(count) / window.seconds_f() : 0;
}

std::map<std::string, size_t> count_errors(const LoadResult& result) {
  std::map<std::string, size_t> counts;
  for (const std::string& error : result.errors) ++counts[error];
  return counts;
}

boost::json::object quantiles(const std::vector<TimeDelta>& times) {
  return {{"p50", ms(quantile(times, 0.5))}, {"p99", ms(quantile(times, 0.99))}};
}

}  // namespace

TimeDelta quantile(std::vector<TimeDelta> times, double quantile) {
  if (times.empty()) return {};
  const auto place = static_cast<size_t>(quantile * static_cast<double>(times.size()));
  const auto at = times.begin() + static_cast<std::ptrdiff_t>(std::min(place, times.size() - 1));
  std::nth_element(times.begin(), at, times.end());
  return *at;
}

std::string to_table(const LoadResult& result) {
  const LoadTotals& totals = result.totals;
  std::string text = fmt::format("participants  {} of {} joined\n", result.joined, result.participants);
  const auto line = [&text](std::string_view name, const std::string& value) {
    text += fmt::format("{:<12}  {}\n", name, value);
  };
  line("join", fmt::format("p50 {:.0f} ms, p99 {:.0f} ms", ms(quantile(result.join_times, 0.5)),
                           ms(quantile(result.join_times, 0.99))));
  line("first media", fmt::format("p50 {:.0f} ms, p99 {:.0f} ms", ms(quantile(result.media_times, 0.5)),
                                  ms(quantile(result.media_times, 0.99))));
  line("window", fmt::format("{:.1f} s", result.window.seconds_f()));
  line("tracks", fmt::format("{}/{}", totals.tracks, totals.expected));
  line("bitrate", fmt::format("{:.2f} Mbit/s", per_second(totals.bytes, result.window) * 8 / 1e6));
  line("packets", fmt::format("{} ({:.0f}/s)", totals.packets, per_second(totals.packets, result.window)));
  line("loss", fmt::format("{} ({:.3f} %)", std::max<int64_t>(totals.lost, 0), totals.loss() * 100));
  line("repaired", fmt::format("{} (asked for {})", totals.repaired, totals.nacks));
  line("duplicates", fmt::format("{}", totals.duplicates));
  line("refused", fmt::format("{} not authentic, {} changed", totals.refused, totals.wrong_content));
  line("video", fmt::format("{} frames, {} freezes, {} PLI", totals.frames, totals.freezes, totals.plis));
  line("latency",
       fmt::format("p50 {:.1f} ms, p99 {:.1f} ms (own loop at most {:.1f} ms)", ms(totals.latency.quantile(0.5)),
                   ms(totals.latency.quantile(0.99)), ms(result.slowest_turn)));
  for (const auto& [error, count] : count_errors(result)) line("error", fmt::format("{} x {}", count, error));
  return text;
}

std::string to_json(const LoadResult& result, const LoadOptions& options) {
  const LoadTotals& totals = result.totals;
  boost::json::object errors;
  for (const auto& [error, count] : count_errors(result)) errors[error] = count;
  const boost::json::object json{
      {"options",
       {{"video_publishers", options.video_publishers},
        {"audio_publishers", options.audio_publishers},
        {"subscribers", options.subscribers},
        {"rooms", options.rooms},
        {"num_per_second", options.num_per_second},
        {"layout", options.layout},
        {"video_resolution", options.video_resolution},
        {"simulcast", !options.no_simulcast},
        {"gro", !options.no_gro},
        {"single_peer_connection", options.single_peer_connection}}},
      {"participants", result.participants},
      {"joined", result.joined},
      {"errors", errors},
      {"join_ms", quantiles(result.join_times)},
      {"first_media_ms", quantiles(result.media_times)},
      {"window_s", result.window.seconds_f()},
      {"tracks", totals.tracks},
      {"tracks_expected", totals.expected},
      {"packets", totals.packets},
      {"packets_per_s", per_second(totals.packets, result.window)},
      {"bits_per_s", per_second(totals.bytes, result.window) * 8},
      {"lost", totals.lost},
      {"loss", totals.loss()},
      {"duplicates", totals.duplicates},
      {"repaired", totals.repaired},
      {"nacks", totals.nacks},
      {"plis", totals.plis},
      {"refused", totals.refused},
      {"wrong_content", totals.wrong_content},
      {"frames", totals.frames},
      {"freezes", totals.freezes},
      {"latency_ms", {{"p50", ms(totals.latency.quantile(0.5))}, {"p99", ms(totals.latency.quantile(0.99))}}},
      {"slowest_turn_ms", ms(result.slowest_turn)}};
  return boost::json::serialize(json);
}

}  // namespace parley::tools

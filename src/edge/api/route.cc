#include "edge/api/route.h"

#include <algorithm>

#include "base/check.h"
#include "base/utf8.h"

namespace parley::api {
namespace {

constexpr std::string_view kMethodNames[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

/// "/a/b" is "a", "b"; "/a/" has an empty second one, which nothing matches.
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  path.remove_prefix(std::min<size_t>(path.size(), 1));
  while (true) {
    const size_t slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

/// What stands in a path is an id or a code: short, and nothing that could surprise where it is shown.
bool is_good_value(std::string_view value) {
  return !value.empty() && value.size() <= json::kMaxIdText && is_utf8(value) &&
         std::ranges::none_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool fits(const Route& route, const std::vector<std::string_view>& path) {
  if (route.segments.size() != path.size()) return false;
  for (size_t i = 0; i < path.size(); ++i) {
    if (is_parameter(route.segments[i]) ? !is_good_value(path[i]) : route.segments[i] != path[i]) return false;
  }
  return true;
}

/// The same segments, whatever the parameters are called.
bool has_same_shape(const Route& a, const Route& b) {
  return std::ranges::equal(a.segments, b.segments, [](const std::string& x, const std::string& y) {
    return is_parameter(x) ? is_parameter(y) : x == y;
  });
}

/// A strict order in which, among paths of one length, literal segments come before parameters, from the left.
bool is_preferred(const Route& a, const Route& b) {
  if (a.segments.size() != b.segments.size()) return a.segments.size() < b.segments.size();
  for (size_t i = 0; i < a.segments.size(); ++i) {
    const bool a_is_parameter = is_parameter(a.segments[i]);
    if (a_is_parameter != is_parameter(b.segments[i])) return !a_is_parameter;
  }
  return false;
}

}  // namespace

std::string_view name_of(Method method) { return kMethodNames[static_cast<size_t>(method)]; }

void RouteTable::add_route(Route route) {
  PARLEY_CHECK(route.info.path.starts_with('/'));
  for (const std::string_view segment : split(route.info.path)) route.segments.emplace_back(segment);
  for (const auto& known : routes_) {
    PARLEY_CHECK(known->info.id != route.info.id);
    if (!has_same_shape(*known, route)) continue;
    PARLEY_CHECK(known->info.method != route.info.method);
    PARLEY_CHECK(known->segments == route.segments);  // One path, one set of names for its parameters.
  }
  if (!route.has_answer && !route.is_binary_answer && route.info.status == 200) route.info.status = 204;
  auto added = std::make_unique<Route>(std::move(route));
  const auto place = std::ranges::find_if(routes_, [&](const auto& known) { return is_preferred(*added, *known); });
  routes_.insert(place, std::move(added));
}

RouteTable::Match RouteTable::find(std::string_view method, std::string_view path) const {
  if (method == "HEAD") method = "GET";
  const std::vector<std::string_view> segments = split(path);
  for (const auto& route : routes_) {
    if (name_of(route->info.method) != method || !fits(*route, segments)) continue;
    Match match{route.get(), {}};
    for (size_t i = 0; i < segments.size(); ++i) {
      const std::string_view name = route->segments[i];
      if (is_parameter(name)) match.parameters.emplace_back(name.substr(1, name.size() - 2), segments[i]);
    }
    return match;
  }
  return {};
}

std::string RouteTable::allowed_methods(std::string_view path) const {
  const std::vector<std::string_view> segments = split(path);
  bool is_offered[std::size(kMethodNames)] = {};
  for (const auto& route : routes_) {
    if (fits(*route, segments)) is_offered[static_cast<size_t>(route->info.method)] = true;
  }
  std::string out;
  for (size_t i = 0; i < std::size(kMethodNames); ++i) {
    if (!is_offered[i]) continue;
    out += out.empty() ? "" : ", ";
    out += kMethodNames[i];
    if (i == 0) out += ", HEAD";
  }
  return out.empty() ? out : out + ", OPTIONS";
}

}  // namespace parley::api

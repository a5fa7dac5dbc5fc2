#include "edge/api/problem_json.h"

#include <algorithm>
#include <array>

#include "net/http_message.h"
#include "net/url.h"

namespace parley::api {
namespace {

constexpr std::array<std::string_view, 3> kLanguages{"tr", "az", "en"};
/// Of Accept-Language; browsers send a handful.
constexpr int kMaxLanguages = 16;

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// "q=0.85" in thousandths, 1000 when there is none, 0 when it is broken.
int weight_of(std::string_view parameters) {
  const size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return 1000;
  parameters.remove_prefix(at + 2);
  if (parameters.empty() || (parameters[0] != '0' && parameters[0] != '1')) return 0;
  int weight = (parameters[0] - '0') * 1000;
  int unit = 100;
  for (size_t i = 2; i < parameters.size() && unit > 0; ++i, unit /= 10) {
    if (parameters[i] < '0' || parameters[i] > '9') break;
    weight += (parameters[i] - '0') * unit;
  }
  return std::min(weight, 1000);
}

}  // namespace

std::string_view pick_language(std::string_view accept_language) {
  std::string_view best = "en";
  int best_weight = 0;
  for (int i = 0; i < kMaxLanguages && !accept_language.empty(); ++i) {
    const std::string_view item = accept_language.substr(0, accept_language.find(','));
    accept_language.remove_prefix(std::min(accept_language.size(), item.size() + 1));
    const std::string_view range = trim(item.substr(0, item.find(';')));
    const std::string_view primary = range.substr(0, range.find('-'));
    const int weight = weight_of(item.substr(std::min(item.size(), item.find(';'))));
    for (const std::string_view language : kLanguages) {
      if (!net::equals_ignoring_case(primary, language) || weight <= best_weight) continue;
      best = language;
      best_weight = weight;
    }
  }
  return best;
}

product::Problem problem_of(net::WorkerPool::Refusal why) {
  switch (why) {
    case net::WorkerPool::Refusal::kLate:
    case net::WorkerPool::Refusal::kOverrun:
      return {.code = product::ProblemCode::kDeadlineExceeded};
    case net::WorkerPool::Refusal::kFull:
    case net::WorkerPool::Refusal::kStopped:
      break;
  }
  return {.code = product::ProblemCode::kOverloaded};
}

ProblemBody make_problem_body(const product::Problem& problem, const ProblemPlace& place) {
  const product::ProblemInfo& info = product::info(problem.code);
  ProblemBody body;
  body.type = "urn:parley:problem:" + std::string(info.name);
  body.title = place.language == "tr" ? info.tr : place.language == "az" ? info.az : info.en;
  body.status = info.status;
  if (!problem.detail.empty()) body.detail = problem.detail;
  // The path is decoded and may hold anything; `instance` is a URI reference.
  std::string_view rest = place.path;
  while (!rest.empty()) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    body.instance += net::percent_encode(segment);
    if (segment.size() < rest.size()) body.instance += '/';
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
  }
  body.code = info.name;
  if (!problem.errors.empty()) {
    auto& errors = body.errors.emplace();
    for (const product::FieldError& error : problem.errors) errors.push_back({error.pointer, error.message});
  }
  body.request_id = place.request_id;
  if (!place.help_url.empty()) body.help_url = std::string(place.help_url) + "#" + std::string(info.name);
  if (problem.retry_after > TimeDelta::zero()) body.retry_after_ms = problem.retry_after.ms();
  return body;
}

}  // namespace parley::api

#include <algorithm>

#include "base/log.h"
#include "edge/api/call.h"
#include "edge/api/problem_json.h"

namespace parley::api {
namespace {

using product::Problem;
using product::ProblemCode;

int64_t seconds_up(TimeDelta delta) { return (delta.us() + 999'999) / 1'000'000; }

}  // namespace

void Call::on_refused(net::WorkerPool::Refusal why) {
  Problem problem = problem_of(why);
  problem.retry_after = TimeDelta::seconds(1);
  answer_problem(problem, nullptr);
}

void Call::answer(Written written) {
  const bool is_secret = match_.route->info.secrecy == Secrecy::kSecret;
  const bool is_get = match_.route->info.method == Method::kGet;
  const Handling handling = is_secret ? Handling::kSecret : is_get ? Handling::kTagged : Handling::kPlain;
  net::HttpResponse response = finish_answer(http(), std::move(written), handling);
  if (is_replayed_) response.headers.add("Idempotency-Replayed", "true");
  if (rate_) add_rate_headers(response.headers, *rate_, api_.gate_.limit(rate_->bucket), started_.wall);
  respond(std::move(response));
}

void Call::answer(const Problem& problem) { answer_problem(problem, rate_ ? &*rate_ : nullptr); }

Written Call::write_problem(const Problem& problem) const {
  const ProblemPlace place{language_, http().path, request_id_, api_.options_.help_url};
  Written out{product::info(problem.code).status, {}, json::to_json(make_problem_body(problem, place))};
  out.headers.add("Content-Type", "application/problem+json");
  out.headers.add("Content-Language", std::string(language_));
  return out;
}

/// May run beside run(), on the watcher's thread: so it is told of the rate, which run() writes.
void Call::answer_problem(const Problem& problem, const RateState* rate) {
  net::HttpResponse response = finish_answer(http(), write_problem(problem), Handling::kPlain);
  response.headers.add("Vary", "Accept-Language");
  if (problem.retry_after > TimeDelta::zero()) {
    response.headers.add("Retry-After", std::to_string(seconds_up(problem.retry_after)));
  }
  if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"parley\"");
  if (response.status == 405) response.headers.add("Allow", allow_);
  if (rate) add_rate_headers(response.headers, *rate, api_.gate_.limit(rate->bucket), started_.wall);
  if (respond(std::move(response))) report(problem);
}

bool Call::respond(net::HttpResponse response) {
  if (is_answered_.exchange(true)) return false;
  response.headers.add("X-Request-Id", request_id_);
  if (match_.route) {
    for (const auto& [name, value] : match_.route->info.headers.fields()) response.headers.add(name, value);
  }
  add_cors(response.headers, http(), source_);
  add_safety_headers(response.headers, api_.options_.is_https ? Transport::kHttps : Transport::kHttp);
  const std::string_view route = match_.route ? std::string_view(match_.route->info.id) : "unmatched";
  api_.stats_.count(route, response.status, api_.options_.clock().mono - started_.mono);
  exchange_->respond(std::move(response));
  return true;
}

/// One line for a failed request. The path is not in it: it may hold an invitation's code; nor is the address.
void Call::report(const Problem& problem) const {
  const product::ProblemInfo& info = product::info(problem.code);
  const log::Level level = info.status >= 500 ? log::Level::kWarn : log::Level::kInfo;
  if (!log::enabled(level)) return;
  const TimeDelta took = api_.options_.clock().mono - started_.mono;
  log::write(level, "request_failed",
             {{"request", request_id_},
              {"route", match_.route ? std::string_view(match_.route->info.id) : "unmatched"},
              {"status", info.status},
              {"code", info.name},
              {"detail", problem.code == ProblemCode::kMalformedJson ? std::string_view() : problem.detail},
              {"ms", took.ms()}});
  if (!match_.route) return;
  const auto known = problems_of(*match_.route);
  if (std::ranges::find(known, problem.code) == known.end()) {
    log::warn("undocumented_problem", {{"route", match_.route->info.id}, {"code", info.name}});
  }
}

}  // namespace parley::api

#include "server/webhook_dispatcher.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "net/clock.h"
#include "product/webhooks/deliveries.h"

namespace parley::server {
namespace {

namespace rules = product::webhooks;
using product::HookId;
using product::Outcome;
using product::Tx;

constexpr TimeDelta kPatience = TimeDelta::seconds(5);
/// After the database has failed us.
constexpr TimeDelta kRetry = TimeDelta::millis(500);
/// Nobody reads what receivers answer; it is only bounded.
constexpr size_t kMaxAnswer = size_t{64} * 1024;
/// Between libcurl's clock and ours.
constexpr TimeDelta kClockSlack = TimeDelta::millis(50);
constexpr const char* kUserAgent = "Parley-Webhooks/1";

Timestamp deadline() { return net::read_clock().mono + kPatience; }
WallTime wall_now() { return net::read_clock().wall; }
WallTime later(WallTime from, TimeDelta by) { return {from.unix_us + by.us()}; }

void log_problem(const char* step, const product::Problem& problem) {
  log::warn("webhooks_wait", {{"step", step}, {"problem", product::info(problem.code).name}});
}

std::optional<rules::AttemptError> error_of(const Result<net::HttpClientResponse>& answer, TimeDelta duration) {
  if (answer) return std::nullopt;
  if (answer.error().code == Error::Code::kPermissionDenied) return rules::AttemptError::kAddressNotAllowed;
  if (answer.error().code == Error::Code::kResourceExhausted) return rules::AttemptError::kAnswerTooLarge;
  return duration + kClockSlack >= rules::kAttemptTimeout ? rules::AttemptError::kTimeout
                                                          : rules::AttemptError::kUnreachable;
}

bool is_good(const rules::AttemptResult& result) {
  return result.status && *result.status >= 200 && *result.status < 300;
}

}  // namespace

WebhookDispatcher::WebhookDispatcher(store::Database& database, Rng& rng, net::Reach reach)
    : database_(database),
      rng_(rng),
      // Its own limits are never reached: places() are counted here, so that nothing waits in it while a lease runs.
      client_({.max_pending = kParallelOverall + rules::kMaxEndpoints,
               .max_response = kMaxAnswer,
               .max_connections = kParallelOverall + rules::kMaxEndpoints,
               .max_connections_per_host = kParallelOverall + rules::kMaxEndpoints,
               .reach = reach}),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Outcome<void> WebhookDispatcher::record(const std::vector<store::PendingEvent>& events, Timestamp until) {
  const auto is_wanted = database_.read(until, [](Tx& tx) -> Outcome<bool> { return rules::has_active_endpoint(tx); });
  if (!is_wanted) return std::unexpected(is_wanted.error());
  if (!*is_wanted) return {};
  std::vector<rules::OutboxRecord> records;
  for (const store::PendingEvent& event : events)
    records.push_back({event.id, event.type, event.resource, event.payload, event.created_at});
  const auto made =
      database_.write(until, [&](Tx& tx) -> Outcome<int64_t> { return rules::enqueue(tx, records, wall_now(), rng_); });
  if (!made) return std::unexpected(made.error());
  if (*made > 0) wake();
  return {};
}

void WebhookDispatcher::wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  changed_.notify_one();
}

void WebhookDispatcher::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void WebhookDispatcher::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (wall_now() >= next_tend_) tend();
    // What has not been written down is still leased; new work would only pile up behind a database that is away.
    const WallTime next = write_finished() ? send_due() : later(wall_now(), kRetry);
    wait(stop, next);
  }
  drain();
}

void WebhookDispatcher::wait(const std::stop_token& stop, WallTime until) {
  const TimeDelta pause = TimeDelta::micros(std::max<int64_t>(until.unix_us - wall_now().unix_us, 0));
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, std::chrono::microseconds(pause.us()),
                    [this] { return is_woken_ || !finished_.empty(); });
  is_woken_ = false;
}

bool WebhookDispatcher::write_finished() {
  {
    const std::lock_guard lock(mutex_);
    for (Finished& finished : finished_) unwritten_.push_back(std::move(finished));
    finished_.clear();
  }
  if (unwritten_.empty()) return true;
  const auto fates = database_.write(deadline(), [&](Tx& tx) -> Outcome<std::vector<rules::Fate>> {
    std::vector<rules::Fate> out;
    for (const Finished& finished : unwritten_) out.push_back(rules::finish(tx, finished.result, wall_now(), rng_));
    return out;
  });
  if (!fates) {
    log_problem("finish", fates.error());
    return false;
  }
  for (size_t i = 0; i < unwritten_.size(); ++i) {
    const Finished& finished = unwritten_[i];
    ++fates_[static_cast<size_t>((*fates)[i])];
    InFlight& endpoint = endpoints_[finished.endpoint];
    --endpoint.count;
    endpoint.is_failing = !is_good(finished.result);
    --in_flight_;
    leases_.erase(finished.result.id.text());
    if (endpoint.count == 0 && !endpoint.is_failing) endpoints_.erase(finished.endpoint);
    if (finished.result.status == 410) log::warn("webhook_endpoint_gone", {{"endpoint", finished.endpoint.text()}});
  }
  unwritten_.clear();
  return true;
}

int64_t WebhookDispatcher::places(const HookId& id) const {
  const auto it = endpoints_.find(id);
  const InFlight endpoint = it == endpoints_.end() ? InFlight{} : it->second;
  if (endpoint.count == 0 && in_flight_ >= kParallelOverall) return 1;
  const int64_t limit = endpoint.is_failing ? kParallelFailing : kParallel;
  const int64_t left = static_cast<int64_t>(kParallelOverall) - static_cast<int64_t>(in_flight_);
  return std::max<int64_t>(std::min(limit - endpoint.count, left), 0);
}

WallTime WebhookDispatcher::send_due() {
  const WallTime now = wall_now();
  WallTime next = later(now, kLookAnyway);
  const auto due = database_.read(
      deadline(), [](Tx& tx) -> Outcome<std::vector<rules::EndpointDue>> { return rules::endpoints_due(tx); });
  if (!due) {
    log_problem("look", due.error());
    return later(now, kRetry);
  }
  std::erase_if(endpoints_, [&](const auto& known) {
    return known.second.count == 0 && std::ranges::find(*due, known.first, &rules::EndpointDue::id) == due->end();
  });
  for (const rules::EndpointDue& endpoint : *due) {
    // Of one that has no place, an answer will wake us.
    if (!endpoint.due_at || places(endpoint.id) == 0) continue;
    if (*endpoint.due_at > now) {
      next = std::min(next, *endpoint.due_at);
      continue;
    }
    auto claimed = database_.write(deadline(), [&](Tx& tx) -> Outcome<std::vector<rules::Claimed>> {
      return rules::claim(tx, endpoint.id, places(endpoint.id), wall_now());
    });
    if (!claimed) {
      log_problem("claim", claimed.error());
      return later(now, kRetry);
    }
    for (rules::Claimed& one : *claimed) post(std::move(one));
    // There may be more, and places left for it.
    if (!claimed->empty() && places(endpoint.id) > 0) next = now;
  }
  return next;
}

void WebhookDispatcher::post(rules::Claimed claimed) {
  ++endpoints_[claimed.endpoint].count;
  ++in_flight_;
  leases_[claimed.id.text()] = claimed.lease;
  const Now begun = net::read_clock();
  net::HttpClientRequest request{
      .url = std::move(claimed.url),
      .headers = {{"Content-Type", "application/json"},
                  {"User-Agent", kUserAgent},
                  {"webhook-id", claimed.id.text()},
                  {"webhook-timestamp", std::to_string(begun.wall.unix_s())},
                  {"webhook-signature",
                   rules::signature_header(claimed.secrets, claimed.id.text(), begun.wall, claimed.body)}},
      .body = std::move(claimed.body),
      .timeout = rules::kAttemptTimeout};
  client_.post(std::move(request), [this, begun, id = std::move(claimed.id), endpoint = std::move(claimed.endpoint),
                                    lease = claimed.lease](const Result<net::HttpClientResponse>& answer) {
    const TimeDelta duration = net::read_clock().mono - begun.mono;
    on_answer({endpoint,
               {.id = id,
                .lease = lease,
                .at = begun.wall,
                .duration = duration,
                .status = answer ? std::optional(answer->status) : std::nullopt,
                .error = error_of(answer, duration)}});
  });
}

void WebhookDispatcher::on_answer(Finished finished) {
  {
    const std::lock_guard lock(mutex_);
    finished_.push_back(std::move(finished));
  }
  changed_.notify_one();
}

void WebhookDispatcher::tend() {
  const auto tended =
      database_.write(deadline(), [](Tx& tx) -> Outcome<rules::Tended> { return rules::tend(tx, wall_now()); });
  next_tend_ = later(wall_now(), tended ? kTendInterval : kRetry);
  if (!tended) return log_problem("tend", tended.error());
  waiting_ = tended->waiting;
  if (tended->disabled > 0) log::warn("webhook_endpoints_full", {{"disabled", tended->disabled}});
  fates_[static_cast<size_t>(rules::Fate::kFailed)] += static_cast<uint64_t>(tended->failed);
}

void WebhookDispatcher::drain() {
  const Timestamp until = net::read_clock().mono + kDrain;
  while (in_flight_ > 0 && net::read_clock().mono < until) {
    wait({}, later(wall_now(), until - net::read_clock().mono));
    if (!write_finished()) break;
  }
  client_.stop();
  if (leases_.empty()) return;
  // What was cut off may have arrived; it is sent again by whoever runs next.
  const auto released = database_.write(deadline(), [&](Tx& tx) -> Outcome<void> {
    for (const auto& [id, lease] : leases_) rules::release(tx, rules::DeliveryId(id), lease, wall_now());
    return {};
  });
  if (!released) log_problem("release", released.error());
}

std::string WebhookDispatcher::to_prometheus() const {
  std::string text =
      "# HELP parley_webhook_deliveries_total Attempts to deliver a webhook, by what became of them\n"
      "# TYPE parley_webhook_deliveries_total counter\n";
  static constexpr std::array<std::string_view, 4> kNames{"delivered", "retried", "failed", "obsolete"};
  for (size_t i = 0; i < kNames.size(); ++i)
    text += fmt::format("parley_webhook_deliveries_total{{outcome=\"{}\"}} {}\n", kNames[i], fates_[i].load());
  text += fmt::format(
      "# HELP parley_webhook_deliveries_waiting Deliveries not yet answered for, as of the last 30 s\n"
      "# TYPE parley_webhook_deliveries_waiting gauge\nparley_webhook_deliveries_waiting {}\n",
      waiting_.load());
  return text;
}

}  // namespace parley::server

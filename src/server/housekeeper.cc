#include "server/housekeeper.h"

#include "base/log.h"
#include "net/clock.h"
#include "product/community/members.h"
#include "product/community/moderation.h"
#include "product/events/log.h"
#include "product/identity/departure.h"
#include "product/webhooks/dispatch.h"
#include "server/chat_keeping.h"

namespace parley::server {
namespace {

using product::Outcome;
using product::Tx;
using product::UserId;

constexpr TimeDelta kPatience = TimeDelta::seconds(30);
constexpr std::string_view kUserResource = "user:";

}  // namespace

Housekeeper::Housekeeper(store::Database& database, api::Idempotency& idempotency, Rng& rng)
    : database_(database),
      idempotency_(idempotency),
      rng_(rng),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void Housekeeper::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Housekeeper::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    clean();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, std::chrono::microseconds(kInterval.us()), [] { return false; });
  }
}

void Housekeeper::clean() {
  const Now now = net::read_clock();
  const Timestamp deadline = now.mono + kPatience;
  // A unit for each handful: the writer is needed by others, too.
  const auto in_batches = [&](int64_t size, int64_t (*unit)(Tx&, WallTime)) {
    for (int64_t count = size; count == size;) {
      const auto batch = database_.write(deadline, [&](Tx& tx) -> Outcome<int64_t> { return unit(tx, now.wall); });
      count = batch.value_or(0);
    }
  };
  in_batches(product::identity::kErasuresAtOnce, &product::identity::run_erasures);
  in_batches(product::webhooks::kSweptAtOnce, &product::webhooks::sweep);
  in_batches(product::events::kSweptAtOnce, &product::events::sweep);
  const auto done = database_.write(deadline, [&](Tx& tx) -> Outcome<void> {
    product::identity::sweep_identity(tx, now.wall);
    product::community::lift_expired_bans(tx, now.wall);
    return {};
  });
  if (const auto kept = keep_retention(database_, rng_, now, deadline); !kept) {
    log::warn("housekeeping_failed", {{"problem", product::info(kept.error().code).name}});
  }
  if (!done) log::warn("housekeeping_failed", {{"problem", product::info(done.error().code).name}});
  if (const auto swept = idempotency_.sweep(now.wall, deadline); !swept) {
    log::warn("housekeeping_failed", {{"problem", product::info(swept.error().code).name}});
  }
}

Outcome<void> leave_when_erased(store::Database& database, Rng& rng, const product::OutboxEvent& event,
                                Timestamp deadline) {
  if (event.type != "user.deleted" || !event.resource.starts_with(kUserResource)) return {};
  return database.write(deadline, [&](Tx& tx) {
    const UserId user(event.resource.substr(kUserResource.size()));
    return product::community::leave_everything(tx, {user, net::read_clock().wall, rng, "account erased"});
  });
}

}  // namespace parley::server

#include "server/chat_keeping.h"

#include "base/log.h"
#include "json/reader.h"
#include "net/clock.h"
#include "product/chat/departure.h"
#include "product/chat/messages.h"
#include "product/chat/retention.h"
#include "product/community/events.h"
#include "product/identity/departure.h"

namespace parley::server {
namespace {

namespace chat = product::chat;
using product::Outcome;
using product::Tx;
using product::UserId;

/// Of one unit of work: the writer is needed by others, too.
constexpr int64_t kAtOnce = 200;
constexpr std::string_view kUserResource = "user:";

/// Runs units until one says that all is done. kDeadlineExceeded: the rest is done when the event is told again.
template <class Unit>
Outcome<void> until_done(store::Database& database, Timestamp deadline, Unit unit) {
  while (net::read_clock().mono < deadline) {
    const Outcome<bool> is_done = database.write(deadline, unit);
    if (!is_done) return std::unexpected(is_done.error());
    if (*is_done) return {};
  }
  return product::refuse(product::ProblemCode::kDeadlineExceeded);
}

}  // namespace

Outcome<void> blank_when_erased(store::Database& database, Rng& rng, const product::OutboxEvent& event,
                                Timestamp deadline) {
  if (event.type != "user.deleted" || !event.resource.starts_with(kUserResource)) return {};
  const UserId user(event.resource.substr(kUserResource.size()));
  return until_done(database, deadline, [&](Tx& tx) -> Outcome<bool> {
    using product::identity::ErasedMessages;
    const bool keeps = product::identity::erased_messages(tx, user) == ErasedMessages::kKeep;
    return chat::erase_from_chat(tx, {user, net::read_clock().wall, rng, "account erased"},
                                 keeps ? chat::OwnMessages::kKeep : chat::OwnMessages::kBlank, kAtOnce);
  });
}

Outcome<void> delete_when_banned(store::Database& database, Rng& rng, const product::OutboxEvent& event,
                                 Timestamp deadline) {
  if (event.type != "ban.added") return {};
  const auto ban = json::parse<product::community::BanAdded>(event.payload);
  if (!ban) {
    log::warn("event_not_understood", {{"type", event.type}});
    return {};
  }
  if (ban->delete_messages_seconds <= 0) return {};
  const WallTime since{ban->created_at.unix_us - TimeDelta::seconds(ban->delete_messages_seconds).us()};
  return until_done(database, deadline, [&](Tx& tx) -> Outcome<bool> {
    const product::community::Acting acting(ban->banned_by, net::read_clock().wall, rng, ban->reason);
    return chat::delete_recent(tx, acting, ban->community_id, ban->user_id, since, kAtOnce) < kAtOnce;
  });
}

Outcome<void> keep_retention(store::Database& database, Rng& rng, Now now, Timestamp deadline) {
  return until_done(database, deadline,
                    [&](Tx& tx) -> Outcome<bool> { return chat::run_retention(tx, now.wall, rng, kAtOnce).empty(); });
}

}  // namespace parley::server

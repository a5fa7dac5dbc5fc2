#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edge/api/route.h"
#include "edge/community/routes.h"
#include "product/community/acting.h"
#include "product/community/inputs.h"
#include "product/community/listing.h"

// What the routes of communities share.

namespace parley::community_api {

using api::Method;
using api::NoBody;
using api::NoContent;
using api::Page;
using api::Request;
using product::ChannelId;
using product::CommunityId;
using product::InviteId;
using product::Outcome;
using product::ProblemCode;
using product::ReportId;
using product::RoleId;
using product::Tx;
using product::UserId;
using product::community::Acting;
using product::community::Reason;

inline constexpr const char* kCommunity = "/api/v1/communities/{community_id}";
inline constexpr const char* kChannel = "/api/v1/channels/{channel_id}";

inline std::string in_community(const char* rest) { return std::string(kCommunity) + rest; }
inline std::string in_channel(const char* rest) { return std::string(kChannel) + rest; }

/// Why something without a body is done.
struct ReasonQuery {
  std::optional<Reason> reason;
};
BOOST_DESCRIBE_STRUCT(ReasonQuery, (), (reason))

/// Of every operation that asks for a right.
inline std::vector<ProblemCode> guarded(std::initializer_list<ProblemCode> more = {}) {
  std::vector<ProblemCode> out{ProblemCode::kNotFound, ProblemCode::kForbidden, ProblemCode::kTimedOut};
  out.insert(out.end(), more);
  return out;
}

inline Acting acting_of(const api::Context& context, const std::optional<Reason>& reason = {}) {
  return {context.caller.user, context.now.wall, context.rng, reason ? reason->text() : std::string()};
}

/// A unit of work of the caller's: `work` is Outcome<T>(Tx&, const Acting&).
template <class F>
auto write(const api::Context& context, const std::optional<Reason>& reason, F&& work) {
  const Acting acting = acting_of(context, reason);
  return context.store.write(context.deadline, [&](Tx& tx) { return work(tx, acting); });
}
template <class F>
auto read(const api::Context& context, F&& work) {
  const Acting acting = acting_of(context);
  return context.store.read(context.deadline, [&](Tx& tx) { return work(tx, acting); });
}

inline Outcome<NoContent> no_content(const Outcome<void>& done) {
  if (!done) return std::unexpected(done.error());
  return NoContent{};
}

/// A listing without pages: it has a limit of its own.
template <class T>
Outcome<Page<T>> whole(Outcome<std::vector<T>> items) {
  if (!items) return std::unexpected(std::move(items.error()));
  return Page<T>{.items = std::move(*items), .next = {}, .prev = {}};
}

/// One page: `work` is Outcome<Listing<T>>(Tx&, const Acting&, const PagePlace&). `filter` is what the listing is
/// narrowed to, so that a cursor holds for that alone.
template <class T, class F>
Outcome<Page<T>> page(const api::Context& context, const api::PageQuery& query, const std::string& filter, F&& work) {
  const std::string listing = context.http.path + "|" + context.caller.user.text() + "|" + filter;
  auto after = context.cursors.position(listing, query);
  if (!after) return std::unexpected(std::move(after.error()));
  const product::community::PagePlace place{.after = std::move(*after), .limit = query.page_size()};
  auto found = read(context, [&](Tx& tx, const Acting& acting) { return work(tx, acting, place); });
  if (!found) return std::unexpected(std::move(found.error()));
  Page<T> out;
  out.items = std::move(found->items);
  if (found->next) out.next = context.cursors.seal(listing, *found->next);
  return out;
}

}  // namespace parley::community_api

#include "edge/api/call.h"

#include <algorithm>

#include "base/log.h"
#include "edge/api/problem_json.h"
#include "net/loop.h"

namespace parley::api {
namespace {

using product::Outcome;
using product::Problem;
using product::ProblemCode;
using product::refuse;

constexpr size_t kMaxRequestId = 64;
/// Characters of a request id that we make: 119 bits.
constexpr size_t kRequestId = 20;
/// Of Parley-User and Parley-External-User.
constexpr size_t kMaxActAs = 128;

/// From outside it goes into logs and headers, so it is nothing but a name.
bool is_good_request_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxRequestId && std::ranges::all_of(id, [](char c) {
    return json::is_lower(c) || json::is_upper(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

std::string_view media_type(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type;
}

/// For who is known and is not the one.
std::string_view wanted_caller(Access access) {
  switch (access) {
    case Access::kUser:
      return "Parley-User must say for whom";
    case Access::kApiKey:
      return "needs a server API key";
    case Access::kKeyOrAdmin:
      return "needs a server API key or an administrator of this server";
    case Access::kAnyone:
    case Access::kAdmin:
      break;
  }
  return "needs an administrator of this server";
}

bool is_unsafe(std::string_view method) { return method != "GET" && method != "HEAD" && method != "OPTIONS"; }

}  // namespace

Call::Call(Api& api, std::shared_ptr<net::HttpExchange> exchange)
    : api_(api), exchange_(std::move(exchange)), started_(api.options_.clock()), posted_(net::Loop::now()) {
  const std::string_view id = http().headers.get("X-Request-Id");
  request_id_ = is_good_request_id(id) ? std::string(id) : api.ports_.rng.base62(kRequestId);
  language_ = pick_language(http().headers.get("Accept-Language"));
  client_ip_ = client_ip(http(), api.proxies_);
  source_ = api.origins_.source_of(http());
}

bool Call::admit() {
  match_ = api_.table_.find(http().method, http().path);
  if (is_preflight(http())) match_ = {};
  if (!match_.route) {
    answer_unmatched();
    return false;
  }
  Outcome<void> checked = check_request();
  if (checked && credentials().kind == Credentials::Kind::kNone) checked = spend_route_bucket();
  if (!checked) answer(checked.error());
  return checked.has_value();
}

void Call::answer_unmatched() {
  allow_ = api_.table_.allowed_methods(http().path);
  if (allow_.empty()) return answer(Problem{.code = ProblemCode::kNotFound});
  if (!is_preflight(http())) return answer(Problem{.code = ProblemCode::kMethodNotAllowed});
  if (source_ == Origins::Source::kForeign) return answer(Problem{.code = ProblemCode::kOriginNotAllowed});
  respond(make_preflight(http(), allow_));
}

Outcome<void> Call::check_request() const {
  const RouteInfo& info = match_.route->info;
  if (is_unsafe(http().method) && !Origins::may_act(http(), source_)) return refuse(ProblemCode::kOriginNotAllowed);
  const uint64_t body_size = http().body_file ? http().body_file->size() : http().body.size();
  if (body_size > info.max_body) {
    return refuse(ProblemCode::kBodyTooLarge, "at most " + std::to_string(info.max_body) + " bytes");
  }
  if (!match_.route->has_body || body_size == 0) return {};
  const std::string_view type = media_type(http().headers.get("Content-Type"));
  const auto is_it = [&](std::string_view accepted) { return net::equals_ignoring_case(type, accepted); };
  if (match_.route->is_raw_body) {
    if (info.content_types.empty() || std::ranges::any_of(info.content_types, is_it)) return {};
  } else if (is_it("application/json")) {
    return {};
  }
  return refuse(ProblemCode::kUnsupportedMediaType);
}

Credentials Call::credentials() const {
  Credentials out = credentials_in(http().headers, api_.options_.session_cookie);
  out.act_as = http().headers.get("Parley-User");
  out.act_as_external = http().headers.get("Parley-External-User");
  return out;
}

void Call::run() {
  Outcome<void> may = authenticate();
  if (may) may = check_access();
  if (may && credentials().kind != Credentials::Kind::kNone) may = spend_route_bucket();
  if (!may) return answer(may.error());
  Outcome<Written> written = perform();
  if (written) {
    answer(std::move(*written));
  } else {
    answer(written.error());
  }
}

Outcome<void> Call::authenticate() {
  const Credentials given = credentials();
  if (given.kind == Credentials::Kind::kNone) return {};
  if (given.act_as.size() > kMaxActAs || given.act_as_external.size() > kMaxActAs) {
    return refuse(ProblemCode::kInvalidRequest, "Parley-User: at most 128 bytes");
  }
  Outcome<Caller> caller = api_.ports_.authenticator.authenticate(given, started_, deadline());
  if (caller) {
    const bool acts_for = !given.act_as.empty() || !given.act_as_external.empty();
    if (acts_for && caller->kind != Caller::Kind::kApiKey) {
      return refuse(ProblemCode::kForbidden, "only a server API key may act for a user");
    }
    caller_ = std::move(*caller);
    return {};
  }
  const bool is_callers_fault = product::info(caller.error().code).status < 500;
  if (is_callers_fault && match_.route->info.access == Access::kAnyone) return {};
  // Who guesses tokens is slowed down by address; who has a good one never is.
  if (is_callers_fault) {
    if (auto spent = spend(Bucket::kAnonymous, rate_key(client_ip_)); !spent) return spent;
  }
  return std::unexpected(std::move(caller.error()));
}

Outcome<void> Call::check_access() const {
  const bool is_anonymous = caller_.kind == Caller::Kind::kAnonymous;
  switch (match_.route->info.access) {
    case Access::kAnyone:
      return {};
    case Access::kUser:
      if (!caller_.user.is_empty()) return {};
      break;
    case Access::kApiKey:
      if (caller_.kind == Caller::Kind::kApiKey) return {};
      break;
    case Access::kAdmin:
      if (caller_.is_admin) return {};
      break;
    case Access::kKeyOrAdmin:
      if (caller_.kind == Caller::Kind::kApiKey || caller_.is_admin) return {};
      break;
  }
  if (is_anonymous) return refuse(ProblemCode::kUnauthenticated);
  return refuse(ProblemCode::kForbidden, std::string(wanted_caller(match_.route->info.access)));
}

std::string Call::caller_key() const {
  if (!caller_.user.is_empty()) return "u:" + caller_.user.text();
  if (!caller_.api_key.is_empty()) return "k:" + caller_.api_key.text();
  return rate_key(client_ip_);
}

Outcome<void> Call::spend(Bucket bucket, std::string_view key) {
  return api_.gate_.spend(bucket, key, started_.mono, &rate_);
}

Outcome<void> Call::spend_route_bucket() {
  Bucket bucket = match_.route->info.bucket;
  if (bucket == Bucket::kDefault) {
    const bool is_key_alone = caller_.kind == Caller::Kind::kApiKey && caller_.user.is_empty();
    bucket = caller_.kind == Caller::Kind::kAnonymous ? Bucket::kAnonymous
             : is_key_alone                           ? Bucket::kBackend
             : is_unsafe(http().method)               ? Bucket::kWrites
                                                      : Bucket::kReads;
  }
  // By address whoever has signed in: who has an account of his own does not guess faster at those of others.
  return spend(bucket, bucket == Bucket::kAnonymous ? rate_key(client_ip_) : caller_key());
}

Outcome<Written> Call::perform() {
  const bool is_asked = is_unsafe(http().method) && http().headers.has("Idempotency-Key");
  const bool is_kept = caller_.kind != Caller::Kind::kAnonymous && match_.route->info.secrecy == Secrecy::kPlain;
  if (!is_asked || !is_kept) return call_handler();
  auto use = read_idempotency_key(http(), caller_key());
  if (!use) return std::unexpected(std::move(use.error()));
  return perform_once(*use);
}

Outcome<Written> Call::perform_once(const IdempotentUse& use) {
  auto earlier = api_.idempotency_.begin(use, started_, deadline());
  if (!earlier) return std::unexpected(std::move(earlier.error()));
  if (*earlier) {
    is_replayed_ = true;
    return std::move(**earlier);
  }
  Outcome<Written> result = call_handler();
  // What may end otherwise the next time is not kept.
  std::optional<Written> kept;
  if (result) {
    kept = *result;
  } else if (const int status = product::info(result.error().code).status; status < 500 && status != 429) {
    kept = write_problem(result.error());
  }
  // A moment of its own: the handler may have used up the request's.
  const Timestamp until = std::max(deadline(), net::Loop::now() + TimeDelta::seconds(2));
  const Outcome<void> stored = api_.idempotency_.finish(use, kept, api_.options_.clock(), until);
  if (!stored) log::warn("idempotent_answer_lost", {{"request", request_id_}, {"route", match_.route->info.id}});
  return result;
}

Outcome<Written> Call::call_handler() {
  Context context{.http = http(),
                  .parameters = match_.parameters,
                  .caller = caller_,
                  .client_ip = client_ip_,
                  .request_id = request_id_,
                  .language = std::string(language_),
                  .now = started_,
                  .deadline = deadline(),
                  .store = api_.ports_.store,
                  .rng = api_.ports_.rng,
                  .cursors = api_.cursors_,
                  .take = [this](Bucket bucket, std::string_view key) {
                    const std::string who = bucket == Bucket::kLogin ? rate_key(client_ip_) : caller_key();
                    return spend(bucket, who + "|" + std::string(key));
                  }};
  try {
    Outcome<Written> written = match_.route->run(context);
    if (written && written->status == 0) written->status = match_.route->info.status;
    return written;
  } catch (const std::exception& error) {
    log::error("handler_threw", {{"request", request_id_}, {"route", match_.route->info.id}, {"what", error.what()}});
    return refuse(ProblemCode::kInternal);
  }
}

}  // namespace parley::api

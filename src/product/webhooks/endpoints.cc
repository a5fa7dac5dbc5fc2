#include "product/webhooks/endpoints.h"

#include <algorithm>

#include "product/webhooks/event_types.h"
#include "product/webhooks/signature.h"

namespace parley::product::webhooks {
namespace {

constexpr size_t kMaxUrl = 2048;

struct EndpointRow {
  HookId id;
  std::optional<ApiKeyId> api_key_id;
  std::string url;
  std::string description;
  std::string event_types;
  bool is_enabled = false;
  std::optional<DisabledReason> disabled_reason;
  std::optional<WallTime> old_secret_until;
  WallTime created_at;
  WallTime updated_at;
};
BOOST_DESCRIBE_STRUCT(EndpointRow, (),
                      (id, api_key_id, url, description, event_types, is_enabled, disabled_reason, old_secret_until,
                       created_at, updated_at))
constexpr std::string_view kSelect =
    "select id, api_key_id, url, description, event_types, is_enabled, disabled_reason, old_secret_until, created_at, "
    "updated_at from webhook_endpoints ";

EndpointView make_view(EndpointRow row) {
  return {.id = std::move(row.id),
          .api_key_id = std::move(row.api_key_id),
          .url = std::move(row.url),
          .description = std::move(row.description),
          .event_types = split_types(row.event_types),
          .is_enabled = row.is_enabled,
          .disabled_reason = row.disabled_reason,
          .old_secret_until = row.old_secret_until,
          .created_at = row.created_at,
          .updated_at = row.updated_at};
}

std::string join_types(std::vector<std::string> types) {
  std::ranges::sort(types);
  const auto repeated = std::ranges::unique(types);
  types.erase(repeated.begin(), repeated.end());
  std::string out;
  for (const std::string& type : types) out += (out.empty() ? "" : ",") + type;
  return out;
}

/// RFC 3986 in the part that we send: scheme, host, perhaps port, path and query.
Outcome<void> check_url(std::string_view url, UrlPolicy policy) {
  const bool is_https = url.starts_with("https://");
  if (!is_https && !(policy == UrlPolicy::kHttpToo && url.starts_with("http://")))
    return refuse_field(
        "/url", policy == UrlPolicy::kHttpToo ? "must begin with https:// or http://" : "must begin with https://");
  if (url.size() > kMaxUrl) return refuse_field("/url", "has more than 2048 bytes");
  if (std::ranges::any_of(url, [](char c) { return c <= ' ' || c >= 0x7f; }))
    return refuse_field("/url", "must be of visible ASCII characters; escape the others");
  const std::string_view rest = url.substr(is_https ? 8 : 7);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.empty() || authority.starts_with(':')) return refuse_field("/url", "has no host");
  if (authority.contains('@')) return refuse_field("/url", "must not hold a user name or password");
  if (url.contains('#') || url.contains('\\')) return refuse_field("/url", "must not hold # or \\");
  return {};
}

Outcome<void> check_types(const std::vector<std::string>& types) {
  for (size_t i = 0; i < types.size(); ++i)
    if (!is_event_type(types[i])) return refuse_field("/eventTypes/" + std::to_string(i), "is no event type");
  return {};
}

Outcome<EndpointRow> find(Tx& tx, const Viewer& viewer, const HookId& id) {
  auto row = one<EndpointRow>(tx, std::string(kSelect) + "where id = $1", id);
  if (!row || (viewer && row->api_key_id != viewer)) return refuse(ProblemCode::kNotFound);
  return std::move(*row);
}

}  // namespace

std::vector<std::string> split_types(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    out.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return out;
}

Outcome<EndpointWithSecret> create_endpoint(Tx& tx, const Viewer& owner, const NewEndpoint& wanted, UrlPolicy policy,
                                            WallTime now, Rng& rng) {
  if (auto good = check_url(wanted.url, policy); !good) return std::unexpected(std::move(good.error()));
  if (auto good = check_types(wanted.event_types); !good) return std::unexpected(std::move(good.error()));
  const auto all_count = one<int64_t>(tx, "select count(*) from webhook_endpoints").value_or(0);
  if (all_count >= kMaxEndpoints) return refuse(ProblemCode::kLimitReached, "100 webhook endpoints on this server");
  if (owner) {
    const auto own = one<int64_t>(tx, "select count(*) from webhook_endpoints where api_key_id = $1", *owner);
    if (own.value_or(0) >= kMaxEndpointsOfKey)
      return refuse(ProblemCode::kLimitReached, "20 webhook endpoints of one API key");
  }
  EndpointRow row{.id = make_id<HookId>(now, rng),
                  .api_key_id = owner,
                  .url = wanted.url,
                  .description = wanted.description,
                  .event_types = join_types(wanted.event_types),
                  .is_enabled = true,
                  .disabled_reason = {},
                  .old_secret_until = {},
                  .created_at = now,
                  .updated_at = now};
  auto secret = make_signing_secret(rng);
  execute(tx,
          "insert into webhook_endpoints (id, api_key_id, url, description, event_types, secret, is_enabled, "
          "created_at, updated_at) values ($1, $2, $3, $4, $5, $6, 1, $7, $7)",
          row.id, row.api_key_id, row.url, row.description, row.event_types, secret.reveal(), now);
  return EndpointWithSecret{make_view(std::move(row)), std::move(secret)};
}

std::vector<EndpointView> list_endpoints(Tx& tx, const Viewer& viewer) {
  std::vector<EndpointView> out;
  for (EndpointRow& row : all<EndpointRow>(tx, std::string(kSelect) + "order by created_at, id"))
    if (!viewer || row.api_key_id == viewer) out.push_back(make_view(std::move(row)));
  return out;
}

Outcome<EndpointView> get_endpoint(Tx& tx, const Viewer& viewer, const HookId& id) {
  auto row = find(tx, viewer, id);
  if (!row) return std::unexpected(std::move(row.error()));
  return make_view(std::move(*row));
}

Outcome<EndpointView> update_endpoint(Tx& tx, const Viewer& viewer, const HookId& id, const EndpointChange& change,
                                      UrlPolicy policy, WallTime now) {
  auto row = find(tx, viewer, id);
  if (!row) return std::unexpected(std::move(row.error()));
  if (change.url) {
    if (auto good = check_url(*change.url, policy); !good) return std::unexpected(std::move(good.error()));
    row->url = *change.url;
  }
  if (change.event_types) {
    if (auto good = check_types(*change.event_types); !good) return std::unexpected(std::move(good.error()));
    row->event_types = join_types(*change.event_types);
  }
  if (change.description) row->description = *change.description;
  if (change.is_enabled && *change.is_enabled != row->is_enabled) {
    row->is_enabled = *change.is_enabled;
    row->disabled_reason = row->is_enabled ? std::nullopt : std::optional(DisabledReason::kByOwner);
  }
  row->updated_at = now;
  execute(tx,
          "update webhook_endpoints set url = $1, description = $2, event_types = $3, is_enabled = $4, "
          "disabled_reason = $5, updated_at = $6 where id = $7",
          row->url, row->description, row->event_types, row->is_enabled, row->disabled_reason, now, id);
  return make_view(std::move(*row));
}

Outcome<void> delete_endpoint(Tx& tx, const Viewer& viewer, const HookId& id) {
  if (auto row = find(tx, viewer, id); !row) return std::unexpected(std::move(row.error()));
  execute(tx, "delete from webhook_endpoints where id = $1", id);
  return {};
}

Outcome<EndpointWithSecret> rotate_secret(Tx& tx, const Viewer& viewer, const HookId& id, TimeDelta grace, WallTime now,
                                          Rng& rng) {
  auto row = find(tx, viewer, id);
  if (!row) return std::unexpected(std::move(row.error()));
  auto secret = make_signing_secret(rng);
  row->old_secret_until = grace > TimeDelta::zero() ? std::optional(WallTime{now.unix_us + grace.us()}) : std::nullopt;
  row->updated_at = now;
  execute(
      tx,
      "update webhook_endpoints set old_secret = case when $1 = 1 then secret else null end, old_secret_until = $2, "
      "secret = $3, updated_at = $4 where id = $5",
      row->old_secret_until.has_value(), row->old_secret_until, secret.reveal(), now, id);
  return EndpointWithSecret{make_view(std::move(*row)), std::move(secret)};
}

void disable_endpoint(Tx& tx, const HookId& id, DisabledReason reason, WallTime now) {
  execute(tx,
          "update webhook_endpoints set is_enabled = 0, disabled_reason = $1, updated_at = $2 "
          "where id = $3 and is_enabled = 1",
          reason, now, id);
}

}  // namespace parley::product::webhooks

#include "product/identity/api_keys.h"

#include "product/identity/secrets.h"

namespace parley::product::identity {
namespace {

struct KeyRow {
  ApiKeyId id;
  std::optional<WallTime> last_used_at;
  std::optional<WallTime> revoked_at;
};
BOOST_DESCRIBE_STRUCT(KeyRow, (), (id, last_used_at, revoked_at))

/// Nobody gets an administrator's rights by way of a key.
Outcome<UserRow> check_may_stand_for(std::optional<UserRow> user) {
  if (!user || user->deleted_at) return refuse(ProblemCode::kNotFound, "no such user");
  if (user->is_disabled) return refuse(ProblemCode::kAccountDisabled);
  if (user->is_admin) return refuse(ProblemCode::kForbidden, "an API key does not act for an administrator");
  return std::move(*user);
}

}  // namespace

Outcome<NewApiKey> create_api_key(Tx& tx, std::string_view name, WallTime now, Rng& rng) {
  const auto live = one<int64_t>(tx, "select count(*) from api_keys where revoked_at is null");
  if (live.value_or(0) >= kMaxApiKeys) return refuse(ProblemCode::kLimitReached, "100 API keys");
  NewApiKey key{.view = {make_id<ApiKeyId>(now, rng), std::string(name), now, std::nullopt, std::nullopt},
                .secret = Redacted(make_secret(SecretKind::kApiKey, rng))};
  execute(tx, "insert into api_keys (id, name, hash, created_at) values ($1, $2, $3, $4)", key.view.id, name,
          hash_secret(key.secret.reveal()), now);
  return key;
}

std::vector<ApiKeyView> list_api_keys(Tx& tx) {
  return all<ApiKeyView>(tx,
                         "select id, name, created_at, last_used_at, revoked_at from api_keys "
                         "order by created_at desc, id desc limit 1000");
}

Outcome<void> revoke_api_key(Tx& tx, const ApiKeyId& key, WallTime now) {
  if (!one<int64_t>(tx, "select 1 from api_keys where id = $1", key)) return refuse(ProblemCode::kNotFound);
  execute(tx, "update api_keys set revoked_at = $1 where id = $2 and revoked_at is null", now, key);
  end_sessions_of_key(tx, key, now);
  return {};
}

Outcome<KeyCaller> find_api_key(Tx& tx, std::string_view secret, const ActFor& act_for, WallTime now) {
  if (!is_secret(SecretKind::kApiKey, secret)) return refuse(ProblemCode::kTokenInvalid);
  const auto key =
      one<KeyRow>(tx, "select id, last_used_at, revoked_at from api_keys where hash = $1", hash_secret(secret));
  if (!key) return refuse(ProblemCode::kTokenInvalid);
  if (key->revoked_at) return refuse(ProblemCode::kSessionRevoked, "this API key is revoked");
  KeyCaller caller{.key = key->id};
  caller.is_use_due = !key->last_used_at || key->last_used_at->unix_us + kKeyUseInterval.us() <= now.unix_us;
  if (act_for.user.empty() && act_for.external_user.empty()) return caller;
  const auto user = check_may_stand_for(act_for.user.empty() ? find_by_external_id(tx, act_for.external_user)
                                                             : find_user(tx, UserId(act_for.user)));
  if (!user) return std::unexpected(user.error());
  if (!act_for.external_user.empty() && user->external_id != act_for.external_user)
    return refuse(ProblemCode::kNotFound, "no such user");
  caller.user = user->id;
  return caller;
}

void note_api_key_use(Tx& tx, const ApiKeyId& key, WallTime now) {
  execute(tx, "update api_keys set last_used_at = $1 where id = $2", now, key);
}

Outcome<SessionTokens> mint_for_external(Tx& tx, const ApiKeyId& key, std::string_view external_id, TimeDelta life,
                                         const Moment& moment, Rng& rng) {
  const auto user = check_may_stand_for(find_by_external_id(tx, external_id));
  if (!user) return std::unexpected(user.error());
  return mint_token(tx, user->id, key, life, moment, rng);
}

}  // namespace parley::product::identity

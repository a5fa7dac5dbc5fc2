#include "edge/identity/authenticator.h"

#include "base/log.h"
#include "product/identity/api_keys.h"
#include "product/identity/secrets.h"
#include "product/identity/sessions.h"

namespace parley::api::identity {

namespace rules = product::identity;
using product::Outcome;
using product::Tx;

Outcome<Caller> StoreAuthenticator::authenticate(const Credentials& credentials, Now now, Timestamp deadline) {
  const std::string& secret = credentials.secret.reveal();
  // Keys never come as cookies: no browser holds one.
  if (credentials.kind == Credentials::Kind::kBearer && rules::is_secret(rules::SecretKind::kApiKey, secret))
    return authenticate_key(credentials, now, deadline);
  const auto session = store_.read(deadline, [&](Tx& tx) { return rules::find_session(tx, secret, now.wall); });
  if (!session) return std::unexpected(session.error());
  Caller caller;
  caller.kind = Caller::Kind::kUser;
  caller.user = session->user;
  caller.session = session->session;
  caller.is_admin = session->is_admin;
  caller.expires_at = session->expires_at;
  return caller;
}

Outcome<Caller> StoreAuthenticator::authenticate_key(const Credentials& credentials, Now now, Timestamp deadline) {
  const rules::ActFor act_for{credentials.act_as, credentials.act_as_external};
  const auto key = store_.read(
      deadline, [&](Tx& tx) { return rules::find_api_key(tx, credentials.secret.reveal(), act_for, now.wall); });
  if (!key) return std::unexpected(key.error());
  if (key->is_use_due) {
    const Outcome<void> noted = store_.write(deadline, [&](Tx& tx) -> Outcome<void> {
      rules::note_api_key_use(tx, key->key, now.wall);
      return {};
    });
    // Only a date in a list.
    if (!noted) log::warn("api_key_use_not_noted", {{"key", key->key.text()}});
  }
  Caller caller;
  caller.kind = Caller::Kind::kApiKey;
  caller.api_key = key->key;
  caller.user = key->user;
  return caller;
}

}  // namespace parley::api::identity

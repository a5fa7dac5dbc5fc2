#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/redacted.h"
#include "product/identity/kit.h"
#include "product/identity/sessions.h"
#include "product/identity/users.h"

namespace parley::product::identity {

// A server API key is the back end of somebody's app. It makes users by the ids that they have there, mints tokens for
// them and acts for any user who is not an administrator of this server; it administers nothing.

inline constexpr int64_t kMaxApiKeys = 100;
/// The key's last use is written down at most so often: a write for every call would cost more than the call.
inline constexpr TimeDelta kKeyUseInterval = TimeDelta::seconds(300);

struct ApiKeyView {
  ApiKeyId id;
  std::string name;
  WallTime created_at;
  std::optional<WallTime> last_used_at;
  std::optional<WallTime> revoked_at;
};
BOOST_DESCRIBE_STRUCT(ApiKeyView, (), (id, name, created_at, last_used_at, revoked_at))

struct NewApiKey {
  ApiKeyView view;
  Redacted<std::string> secret;  ///< Shown once.
};
/// kLimitReached.
Outcome<NewApiKey> create_api_key(Tx& tx, std::string_view name, WallTime now, Rng& rng);
/// The newest first, the revoked ones too.
std::vector<ApiKeyView> list_api_keys(Tx& tx);
/// Ends the tokens that it minted, too. kNotFound; again is no mistake.
Outcome<void> revoke_api_key(Tx& tx, const ApiKeyId& key, WallTime now);

/// Whom a key acts for: by id, by external id, or nobody (both empty).
struct ActFor {
  std::string user;
  std::string external_user;
};
struct KeyCaller {
  ApiKeyId key;
  UserId user;
  bool is_use_due = false;  ///< note_api_key_use() should be called.
};
/// kTokenInvalid, kSessionRevoked (the key), kNotFound (the user), kAccountDisabled (the user), kForbidden (an
/// administrator).
Outcome<KeyCaller> find_api_key(Tx& tx, std::string_view secret, const ActFor& act_for, WallTime now);
void note_api_key_use(Tx& tx, const ApiKeyId& key, WallTime now);

/// What an app says about its user. What is absent stays as it is.
struct ExternalUser {
  std::string external_id;
  std::optional<std::string> username;
  std::optional<std::string> email;  ///< Taken for verified: the app answers for it.
  std::optional<std::string> display_name;
  std::optional<std::string> avatar_url;
  std::optional<std::string> locale;
  std::optional<std::string> time_zone;
};
enum class Made : unsigned char { kCreated, kUpdated };
struct PutUser {
  UserRow user;
  Made made = {};
};
/// Makes or updates the user of this external id; the same again changes nothing. kInvalidRequest, kUsernameTaken,
/// kEmailTaken.
Outcome<PutUser> put_external_user(Tx& tx, const ExternalUser& user, WallTime now, Rng& rng);
/// Minting for the user of an external id. kNotFound, kAccountDisabled, kForbidden (an administrator).
Outcome<SessionTokens> mint_for_external(Tx& tx, const ApiKeyId& key, std::string_view external_id, TimeDelta life,
                                         const Moment& moment, Rng& rng);

}  // namespace parley::product::identity

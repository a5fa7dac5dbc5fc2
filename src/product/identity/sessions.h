#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/redacted.h"
#include "product/identity/kit.h"
#include "product/identity/users.h"

namespace parley::product::identity {

// A session is one sign-in on one device. Its access tokens live for minutes, so that a leaked one is soon worthless;
// its refresh token is exchanged for the next pair, and only hashes of both are stored. Every exchange is a new
// generation of the session. A token of an older generation has been used before: whoever shows it, it was copied, so
// the session ends; except for a moment after the exchange, when two tabs of one browser refresh at once.

inline constexpr TimeDelta kAccessLife = TimeDelta::seconds(15 * 60);
/// From the last refresh.
inline constexpr TimeDelta kSessionLife = TimeDelta::seconds(30 * 86'400);
/// For tabs that race: a slow request's time. More would help thieves.
inline constexpr TimeDelta kRefreshGrace = TimeDelta::seconds(10);
/// Of one user at a time; a further one ends the one that was unused for longest.
inline constexpr int64_t kMaxSessions = 50;
/// Bytes kept of a User-Agent.
inline constexpr size_t kMaxUserAgent = 256;
/// Of tokens made for an external app's users.
inline constexpr TimeDelta kDefaultMintLife = TimeDelta::seconds(3600);

/// Why a session ended; its wire name is in the event and the database.
enum class SessionEnd : unsigned char {
  kSignedOut,
  kRevoked,  ///< From another device.
  kTokenReused,
  kPasswordChanged,
  kPasswordReset,
  kDisabled,
  kErased,
  kApiKeyRevoked,
  kTooMany,
};
BOOST_DESCRIBE_ENUM(SessionEnd, kSignedOut, kRevoked, kTokenReused, kPasswordChanged, kPasswordReset, kDisabled,
                    kErased, kApiKeyRevoked, kTooMany)

struct SessionTokens {
  SessionId session;
  UserId user;
  Redacted<std::string> access;
  WallTime access_expires_at;
  Redacted<std::string> refresh;  ///< Empty for minted ones.
  WallTime refresh_expires_at;
};

/// One device of the list.
struct SessionView {
  SessionId id;
  std::string device_name;
  std::string user_agent;
  std::string ip;
  WallTime created_at;
  WallTime last_used_at;
  WallTime expires_at;
};
BOOST_DESCRIBE_STRUCT(SessionView, (), (id, device_name, user_agent, ip, created_at, last_used_at, expires_at))

/// "user.session_ended" on "user:<id>": sockets and calls of the session must end.
struct SessionEnded {
  UserId user_id;
  SessionId session_id;
  SessionEnd reason = {};
};
BOOST_DESCRIBE_STRUCT(SessionEnded, (), (user_id, session_id, reason))

/// Whom an access token proves.
struct SessionCaller {
  UserId user;
  SessionId session;
  bool is_admin = false;
  WallTime expires_at;  ///< Of the token.
};

SessionTokens start_session(Tx& tx, const UserId& user, const Device& device, WallTime now, Rng& rng);

/// Exchanges a refresh token for the next pair. kTokenInvalid, kTokenExpired, kSessionRevoked (also when it was used
/// before, which ends the session), kAccountDisabled.
Outcome<SessionTokens> refresh_session(Kit& kit, std::string_view refresh, const Device& device, const Moment& moment);

/// kTokenInvalid, kTokenExpired, kSessionRevoked, kAccountDisabled.
Outcome<SessionCaller> find_session(Tx& tx, std::string_view access, WallTime now);
/// When the newest access token of a live session ends; nullopt when the session or all of its tokens have ended.
std::optional<WallTime> access_expiry(Tx& tx, const SessionId& session, WallTime now);

/// Those that can still be used, the last used first.
std::vector<SessionView> list_sessions(Tx& tx, const UserId& user, WallTime now);
/// kNotFound when it is not a live session of this user.
Outcome<void> end_session(Tx& tx, const UserId& user, const SessionId& session, SessionEnd reason, WallTime now);
/// The session that a refresh token belongs to, if it is a live one.
void end_session_of_refresh(Tx& tx, std::string_view refresh, WallTime now);
/// All of a user's but `except`, which may be empty.
void end_sessions(Tx& tx, const UserId& user, const SessionId& except, SessionEnd reason, WallTime now);
/// Those that an API key made.
void end_sessions_of_key(Tx& tx, const ApiKeyId& key, WallTime now);

/// An access token of `life` for a user of an external app, in the one session that this key has for this user.
SessionTokens mint_token(Tx& tx, const UserId& user, const ApiKeyId& key, TimeDelta life, const Moment& moment,
                         Rng& rng);

}  // namespace parley::product::identity

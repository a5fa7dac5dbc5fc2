#pragma once

#include <string>

#include "base/redacted.h"
#include "base/time.h"
#include "product/model/ids.h"
#include "product/model/problem.h"

namespace parley::api {

/// How a request proves who it comes from, as it was sent.
struct Credentials {
  enum class Kind : unsigned char { kNone, kBearer, kCookie };
  Kind kind = Kind::kNone;
  /// The token of `Authorization: Bearer` (of a session, or a server API key), or the session cookie's value.
  Redacted<std::string> secret;
  /// Header `Parley-User`: the user for whom a server API key acts. Empty: for nobody.
  std::string act_as;
  /// Header `Parley-External-User`: the same by the id which that user has in the key owner's app.
  std::string act_as_external;
};

/// Who asks, once it is proven.
struct Caller {
  enum class Kind : unsigned char { kAnonymous, kUser, kApiKey };
  Kind kind = Kind::kAnonymous;
  product::UserId user;        ///< The user who acts, or for whom an API key acts; empty when nobody.
  product::SessionId session;  ///< Of kUser.
  product::ApiKeyId api_key;   ///< Of kApiKey.
  bool is_admin = false;       ///< Of this whole server.
  /// Of kUser: when the token ends.
  WallTime expires_at;
};

/// What the frame needs from identity. Thread-safe; called on the worker pool, may block up to `deadline`.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  /// Of credentials that are not kNone. kTokenExpired, kTokenInvalid, kSessionRevoked, kAccountDisabled; kNotFound when
  /// the user to act for does not exist. The frame refuses act_as with anything but an API key.
  virtual product::Outcome<Caller> authenticate(const Credentials& credentials, Now now, Timestamp deadline) = 0;
};

}  // namespace parley::api

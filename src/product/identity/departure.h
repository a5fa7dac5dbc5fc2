#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "json/types.h"
#include "product/identity/kit.h"
#include "product/identity/profile.h"
#include "product/identity/sessions.h"

namespace parley::product::identity {

// Taking one's data along, and leaving (product.md 3.12).

/// In which an erasure can be taken back.
inline constexpr TimeDelta kErasureDelay = TimeDelta::seconds(14 * 86'400);
/// Erased in one unit of work.
inline constexpr int64_t kErasuresAtOnce = 100;

struct ExportedIdentity {
  std::string issuer;
  std::string subject;
};
BOOST_DESCRIBE_STRUCT(ExportedIdentity, (), (issuer, subject))

/// All that identity keeps about a user, less the secrets.
struct IdentityExport {
  UserId id;
  std::optional<std::string> username;
  std::optional<std::string> email;
  std::optional<WallTime> email_verified_at;
  std::string display_name;
  std::string avatar_url;
  std::string status_text;
  std::string locale;
  std::string time_zone;
  std::optional<std::string> external_id;
  bool is_admin = false;
  bool has_second_factor = false;
  WallTime created_at;
  WallTime updated_at;
  Privacy privacy;
  std::vector<SessionView> sessions;  ///< The ended ones too, as long as they are kept.
  std::vector<BlockedUser> blocked;
  std::vector<ExportedIdentity> identities;
};
BOOST_DESCRIBE_STRUCT(IdentityExport, (),
                      (id, username, email, email_verified_at, display_name, avatar_url, status_text, locale, time_zone,
                       external_id, is_admin, has_second_factor, created_at, updated_at, privacy, sessions, blocked,
                       identities))
Outcome<IdentityExport> export_identity(Tx& tx, const UserId& user);

/// What becomes of what an erased user has said.
enum class ErasedMessages : unsigned char {
  kBlank,  ///< Nothing of it stays.
  kKeep,   ///< It stays, said by nobody.
};
BOOST_DESCRIBE_ENUM(ErasedMessages, kBlank, kKeep)

/// Ends all sessions at once; signing in again, and cancel_erasure(), takes it back until the returned moment. The
/// caller has confirmed the password. Again does not put it off; about messages, the last word counts.
Outcome<WallTime> request_erasure(Tx& tx, const UserId& user, WallTime now,
                                  ErasedMessages messages = ErasedMessages::kBlank);
/// What a user has wanted who is erased by now.
ErasedMessages erased_messages(Tx& tx, const UserId& user);
Outcome<void> cancel_erasure(Tx& tx, const UserId& user, WallTime now);
/// Blanks the users whose time has come: the id stays, as a deleted user's, with nothing else. For a timer, until it
/// returns less than kErasuresAtOnce.
int64_t run_erasures(Tx& tx, WallTime now);

/// How long ended sessions and used tokens are kept, so that a stolen refresh token is still known for one.
inline constexpr TimeDelta kKeepEnded = TimeDelta::seconds(30 * 86'400);
/// Forgets expired tokens, tickets and sessions. For a timer; returns rows removed.
int64_t sweep_identity(Tx& tx, WallTime now);

}  // namespace parley::product::identity

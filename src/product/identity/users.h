#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "product/model/ids.h"
#include "product/ports/store.h"

namespace parley::product::identity {

/// A user as the database has it; never for a client as a whole.
struct UserRow {
  UserId id;
  std::optional<std::string> username;
  std::optional<std::string> email;
  std::optional<WallTime> email_verified_at;
  std::optional<std::string> password_hash;
  std::string display_name;
  std::string avatar_url;
  std::string status_text;
  std::string locale;
  std::string time_zone;
  std::optional<std::string> external_id;
  bool is_admin = false;
  bool is_disabled = false;
  std::optional<std::string> totp_secret;
  std::optional<WallTime> totp_confirmed_at;
  int64_t totp_last_step = 0;
  std::string privacy;
  WallTime created_at;
  WallTime updated_at;
  std::optional<WallTime> deleted_at;
  std::optional<WallTime> erase_at;

  /// What others see: the display name, else the user name.
  std::string shown_name() const { return display_name.empty() ? username.value_or("") : display_name; }
  bool has_second_factor() const { return totp_confirmed_at.has_value(); }
};
BOOST_DESCRIBE_STRUCT(UserRow, (),
                      (id, username, email, email_verified_at, password_hash, display_name, avatar_url, status_text,
                       locale, time_zone, external_id, is_admin, is_disabled, totp_secret, totp_confirmed_at,
                       totp_last_step, privacy, created_at, updated_at, deleted_at, erase_at))

/// In the order of UserRow.
inline constexpr std::string_view kUserColumns =
    "id, username, email, email_verified_at, password_hash, display_name, avatar_url, status_text, locale, time_zone, "
    "external_id, is_admin, is_disabled, totp_secret, totp_confirmed_at, totp_last_step, privacy, created_at, "
    "updated_at, deleted_at, erase_at";

/// Also the erased; see deleted_at.
std::optional<UserRow> find_user(Tx& tx, const UserId& id);
/// Not the erased: kNotFound.
Outcome<UserRow> get_user(Tx& tx, const UserId& id);
/// By user name or e-mail address, folded. A user name has no @.
std::optional<UserRow> find_by_login(Tx& tx, std::string_view login);
std::optional<UserRow> find_by_email(Tx& tx, std::string_view email);
std::optional<UserRow> find_by_external_id(Tx& tx, std::string_view external_id);

/// Stores a new user, with the folds of the names. kUsernameTaken or kEmailTaken (or kConflict for an external id).
Outcome<void> insert_user(Tx& tx, const UserRow& user);

// What is told about users, on the resource "user:<id>".

/// "user.created", "user.updated": what others may see.
struct UserEvent {
  UserId user_id;
  std::string username;
  std::string display_name;
  std::string avatar_url;
  std::string status_text;
};
BOOST_DESCRIBE_STRUCT(UserEvent, (), (user_id, username, display_name, avatar_url, status_text))
/// "user.disabled", "user.enabled", "user.deleted".
struct UserStateEvent {
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(UserStateEvent, (), (user_id))
/// "user.blocked", "user.unblocked".
struct BlockEvent {
  UserId user_id;
  UserId blocked_id;
};
BOOST_DESCRIBE_STRUCT(BlockEvent, (), (user_id, blocked_id))

void emit_user(Tx& tx, std::string_view type, const UserRow& user);
void emit_user_state(Tx& tx, std::string_view type, const UserId& user);
void emit_block(Tx& tx, std::string_view type, const UserId& user, const UserId& blocked);

}  // namespace parley::product::identity

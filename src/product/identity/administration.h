#pragma once

#include <boost/describe.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "product/identity/sessions.h"
#include "product/identity/users.h"

namespace parley::product::identity {

struct UserSearch {
  std::string text;   ///< Found in user name, e-mail address or display name, by the fold; empty finds all.
  std::string after;  ///< Id of the last one of the page before.
  int64_t limit = 50;
};
/// By id, so by age; the erased are left out. Looks at every user: for administrators.
std::vector<UserRow> search_users(Tx& tx, const UserSearch& search);

enum class Ability : unsigned char { kEnabled, kDisabled };
/// A disabled user's sessions end at once, and he cannot sign in. kNotFound; kConflict for oneself.
Outcome<UserRow> set_ability(Tx& tx, const UserId& admin, const UserId& user, Ability ability, WallTime now);

}  // namespace parley::product::identity

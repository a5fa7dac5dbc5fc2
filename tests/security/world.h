#pragma once

#include <map>
#include <string>

#include "security/route_rows.h"
#include "security/running_product.h"

namespace parley::security {

/// A community with all that a route could be about, an account of an external app, and one of each kind of people.
struct World {
  /// Ids by name: "community", "channel", and people: "owner", "senior" (above "junior", who has every permission but a
  /// low rank), "silenced" (timed out, else like junior), "member", "banned", "stranger" (in no community), "admin" (of
  /// the server), "disabled".
  std::map<std::string, std::string> things;
  /// Access tokens of the same people, and what is wrong with others: "expired", "revoked"; "refresh" is the owner's.
  /// "key" and "revoked_key" are server API keys.
  std::map<std::string, std::string> tokens;
  /// Of the people's tokens.
  std::map<std::string, std::string> sessions;
};

/// `text` with the names in braces replaced by what they stand for. "{session}" is `who`'s own, "{fresh}" is new each
/// time; `taken` is taken from another world.
struct Fill {
  const World& world;
  std::string who = "owner";
  const World* other = nullptr;
  std::string taken = {};
  std::string operator()(std::string text) const;
};

/// The headers by which `who` is known: a token's name, "nobody", or "key for <name>".
std::string headers_of(const World& world, const std::string& who);

/// The row's own request, by whom `credentials` say.
Ask ask_of(const Row& row, const Fill& fill, const std::string& credentials);

class WorldTest : public RunningProduct {
 protected:
  World build();

 private:
  product::Outcome<void> furnish(product::Tx& tx, World& world);
  product::Outcome<void> admit(product::Tx& tx, World& world);

  int worlds_ = 0;
  SeededRng rng_{20'26};
};

}  // namespace parley::security

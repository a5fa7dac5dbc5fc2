#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace parley::security {

/// What a route asks of its caller.
enum class Needs : unsigned char {
  kNothing,     ///< Anyone, signed in or not.
  kUser,        ///< Any user: what it is about is his own, or everybody's.
  kMembership,  ///< Also of one who is timed out.
  kDefault,     ///< A permission that every member has.
  kRight,       ///< A permission that a plain member has not.
  kOwner,
  kOwn,  ///< It is the owner's alone: to everybody else it is not there.
  kKey,  ///< A server API key.
  kKeyOrAdmin,
  kAdmin,  ///< An administrator of this server.
};

/// One route, with a request that is good in everything but its caller.
struct Row {
  const char* id;
  const char* line;  ///< With names of things of the world in braces.
  Needs needs = Needs::kRight;
  const char* body = "";
  /// What it acts on ranks above the one who has every permission but a low rank.
  bool is_ranked = false;
  /// What even those hear who may: the request lacks a mailed secret, say. Of a community's routes only the owner.
  std::string_view code = {};
  /// Names of things, separated by blanks, that may be of elsewhere.
  std::string_view foreign = {};
  /// The same for ids that name nothing: it is no mistake to name them.
  std::string_view unknown = {};
  const char* content_type = "application/json";
  const char* headers = "";  ///< Whole lines that make the request a good one.

  std::string method() const;
  /// Without its query.
  std::string path() const;
};

/// Somebody who may, by headers_of().
const char* best_caller(const Row& row);

/// All of them; the test of the table compares it to the running product.
std::span<const Row> route_rows();

/// Somebody without good credentials, or who lends them in a way that is not allowed.
struct BadActor {
  std::string_view name;
  std::string_view code;  ///< What he hears where credentials are needed.
  /// Also where they are not: he asks for something else than what he could have.
  bool is_refused_everywhere = false;
};
std::span<const BadActor> bad_actors();

enum class Standing : unsigned char {
  kNoUser,  ///< A server API key that acts for nobody.
  kOutside,
  kBanned,
  kAdmin,  ///< Of this server: no member of the community.
  kMember,
  kSilenced,  ///< Timed out, whatever his roles.
  kJunior,    ///< Every permission, but a low rank.
  kOwner,
};
/// Somebody who is whom he says.
struct GoodActor {
  std::string_view name;
  Standing standing;
};
std::span<const GoodActor> good_actors();

/// What a route answers: "" for success, else the problem's code.
std::string_view expected_code(const Row& row, const BadActor& actor);
std::string_view expected_code(const Row& row, const GoodActor& actor);

}  // namespace parley::security

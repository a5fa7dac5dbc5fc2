#include "product/identity/oidc.h"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>

#include "base/base64.h"
#include "base/fold.h"
#include "json/reader.h"
#include "product/identity/names.h"
#include "product/identity/second_factor.h"
#include "product/identity/secrets.h"

namespace parley::product::identity {
namespace {

using Object = boost::json::object;

std::string random_text(Rng& rng) {
  std::array<uint8_t, 32> bytes{};
  rng.fill(bytes);
  return base64url_encode(bytes);
}

std::string_view text_of(const Object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

/// Seconds since the epoch, which some providers write as a fraction.
std::optional<int64_t> seconds_of(const Object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (!value || !value->is_number()) return std::nullopt;
  const double number = value->to_number<double>();
  if (!(number >= 0 && number < 1e11)) return std::nullopt;
  return static_cast<int64_t>(number);
}

/// A path of the app and nothing that a browser could take for another site.
bool is_path(std::string_view text) {
  return text.starts_with('/') && !text.starts_with("//") && text.size() <= kMaxReturnTo &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
}

bool is_audience(const Object& claims, std::string_view client_id) {
  const auto* audience = claims.if_contains("aud");
  if (!audience) return false;
  if (audience->is_string()) return std::string_view(audience->get_string()) == client_id;
  if (!audience->is_array()) return false;
  const auto& list = audience->get_array();
  const bool is_in = std::ranges::any_of(
      list, [&](const auto& item) { return item.is_string() && std::string_view(item.get_string()) == client_id; });
  return is_in && (list.size() == 1 || text_of(claims, "azp") == client_id);
}

std::string first_code_points(std::string_view text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    const auto code = take_code_point(text);
    if (!code) break;
    if (*code >= 0x20 && *code != 0x7f) append_code_point(out, *code);
  }
  return out;
}

OidcClaims read_claims(const Object& object) {
  OidcClaims claims;
  claims.issuer = text_of(object, "iss");
  claims.subject = text_of(object, "sub");
  claims.name = first_code_points(text_of(object, "name"), 64);
  claims.preferred_username = text_of(object, "preferred_username");
  const std::string_view locale = text_of(object, "locale").substr(0, 2);
  if (locale == "tr" || locale == "az" || locale == "en") claims.locale = locale;
  const auto* is_verified = object.if_contains("email_verified");
  const std::string_view email = text_of(object, "email");
  if (is_verified && is_verified->is_bool() && is_verified->get_bool() && check_email(email))
    claims.email = std::string(email);
  return claims;
}

Outcome<UserRow> make_user(Tx& tx, const OidcClaims& claims, WallTime now, Rng& rng) {
  UserRow user;
  user.id = make_id<UserId>(now, rng);
  user.display_name = claims.name;
  user.locale = claims.locale;
  user.created_at = user.updated_at = now;
  if (check_username(claims.preferred_username) && !find_by_login(tx, claims.preferred_username))
    user.username = claims.preferred_username;
  if (claims.email && !find_by_email(tx, *claims.email)) {
    user.email = claims.email;
    user.email_verified_at = now;
  }
  if (auto stored = insert_user(tx, user); !stored) return std::unexpected(std::move(stored.error()));
  execute(tx, "insert into oidc_identities (issuer, subject, user_id) values ($1, $2, $3)", claims.issuer,
          claims.subject, user.id);
  return user;
}

struct LoginRow {
  std::string nonce;
  std::string verifier;
  std::string return_to;
  WallTime expires_at;
};
BOOST_DESCRIBE_STRUCT(LoginRow, (), (nonce, verifier, return_to, expires_at))

}  // namespace

OidcDeparture begin_oidc(Tx& tx, std::string_view return_to, WallTime now, Rng& rng) {
  OidcDeparture departure{.state = Redacted(random_text(rng)), .nonce = random_text(rng), .challenge = {}};
  const std::string verifier = random_text(rng);
  departure.challenge = hash_secret(verifier);  // RFC 7636 section 4.2: base64url of SHA-256, as ours is.
  execute(tx,
          "insert into oidc_logins (state_hash, nonce, verifier, return_to, expires_at) values ($1, $2, $3, $4, $5)",
          hash_secret(departure.state.reveal()), departure.nonce, verifier,
          is_path(return_to) ? return_to : std::string_view("/"), WallTime{now.unix_us + kOidcLoginLife.us()});
  return departure;
}

Outcome<OidcReturn> take_oidc(Tx& tx, std::string_view state, WallTime now) {
  const std::string hash = hash_secret(state);
  const auto row =
      one<LoginRow>(tx, "select nonce, verifier, return_to, expires_at from oidc_logins where state_hash = $1", hash);
  if (!row || execute(tx, "delete from oidc_logins where state_hash = $1", hash) != 1)
    return refuse(ProblemCode::kTokenInvalid, "state");
  if (row->expires_at <= now) return refuse(ProblemCode::kTokenExpired, "state");
  return OidcReturn{row->nonce, Redacted(row->verifier), row->return_to};
}

Outcome<OidcClaims> check_id_token(std::string_view payload, const OidcExpectation& expected, WallTime now) {
  const auto document = json::Document::parse(payload);
  const Object* claims = document ? document->root().if_object() : nullptr;
  if (!claims) return refuse(ProblemCode::kTokenInvalid, "not an object");
  if (text_of(*claims, "iss") != expected.issuer) return refuse(ProblemCode::kTokenInvalid, "iss");
  if (!is_audience(*claims, expected.client_id)) return refuse(ProblemCode::kTokenInvalid, "aud");
  if (expected.nonce.empty() || !equals_in_constant_time(text_of(*claims, "nonce"), expected.nonce))
    return refuse(ProblemCode::kTokenInvalid, "nonce");
  const std::string_view subject = text_of(*claims, "sub");
  if (subject.empty() || subject.size() > 255) return refuse(ProblemCode::kTokenInvalid, "sub");
  const auto expires_at = seconds_of(*claims, "exp");
  const auto issued_at = seconds_of(*claims, "iat");
  const int64_t skew = kOidcSkew.us() / 1'000'000;
  if (!expires_at || !issued_at) return refuse(ProblemCode::kTokenInvalid, "exp");
  if (*expires_at + skew <= now.unix_s()) return refuse(ProblemCode::kTokenExpired);
  if (*issued_at - skew > now.unix_s()) return refuse(ProblemCode::kTokenInvalid, "iat");
  return read_claims(*claims);
}

void add_userinfo(OidcClaims& claims, std::string_view userinfo) {
  const auto document = json::Document::parse(userinfo);
  const Object* object = document ? document->root().if_object() : nullptr;
  if (!object || text_of(*object, "sub") != claims.subject) return;
  OidcClaims more = read_claims(*object);
  more.issuer = claims.issuer;
  claims = std::move(more);
}

Outcome<SignInResult> sign_in_with_oidc(Tx& tx, const OidcClaims& claims, NewOidcUsers fresh, const Device& device,
                                        WallTime now, Rng& rng) {
  const auto known = one<std::string>(tx, "select user_id from oidc_identities where issuer = $1 and subject = $2",
                                      claims.issuer, claims.subject);
  if (!known && fresh == NewOidcUsers::kRefused) return refuse(ProblemCode::kForbidden, "no such account here");
  const auto user = known ? get_user(tx, UserId(*known)) : make_user(tx, claims, now, rng);
  if (!user) return std::unexpected(user.error());
  if (user->is_disabled) return refuse(ProblemCode::kAccountDisabled);
  SignInResult result;
  if (user->has_second_factor()) {
    const Ticket ticket = make_ticket(tx, user->id, now, rng);
    result.ticket = ticket.secret;
    result.ticket_expires_at = ticket.expires_at;
  } else {
    result.tokens = start_session(tx, user->id, device, now, rng);
  }
  return result;
}

}  // namespace parley::product::identity

#include "product/identity/second_factor.h"

#include <array>

#include "product/identity/secrets.h"
#include "product/identity/totp.h"

namespace parley::product::identity {
namespace {

constexpr size_t kSecretBytes = 20;    ///< RFC 4226 section 4, R6: 160 bits recommended.
constexpr size_t kRecoveryBytes = 10;  ///< 80 bits: 16 characters of base32.

/// As they are compared: without blanks and dashes, upper case.
std::string plain_recovery_code(std::string_view code) {
  std::string out;
  for (const char c : code) {
    if (c == '-' || c == ' ') continue;
    out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

std::vector<std::string> make_recovery_codes(Tx& tx, const UserId& user, Rng& rng) {
  execute(tx, "delete from recovery_codes where user_id = $1", user);
  std::vector<std::string> codes;
  for (size_t i = 0; i < kRecoveryCodes; ++i) {
    std::array<uint8_t, kRecoveryBytes> bytes{};
    rng.fill(bytes);
    const std::string plain = base32_encode(bytes);
    execute(tx, "insert into recovery_codes (user_id, hash) values ($1, $2)", user, hash_secret(plain));
    codes.push_back(plain.substr(0, 4) + "-" + plain.substr(4, 4) + "-" + plain.substr(8, 4) + "-" + plain.substr(12));
  }
  return codes;
}

bool use_totp(Tx& tx, const UserRow& user, std::string_view code, WallTime now) {
  const auto secret = base32_decode(user.totp_secret.value_or(""));
  if (!secret || secret->empty()) return false;
  const auto step = match_totp(*secret, code, now, user.totp_last_step);
  if (!step) return false;
  return execute(tx, "update users set totp_last_step = $1 where id = $2 and totp_last_step < $1", *step, user.id) == 1;
}

bool use_code(Tx& tx, const UserRow& user, std::string_view code, WallTime now) {
  if (use_totp(tx, user, code, now)) return true;
  return execute(tx, "update recovery_codes set used_at = $1 where user_id = $2 and hash = $3 and used_at is null", now,
                 user.id, hash_secret(plain_recovery_code(code))) == 1;
}

struct TicketRow {
  UserId user_id;
  int64_t attempts = 0;
  WallTime expires_at;
};
BOOST_DESCRIBE_STRUCT(TicketRow, (), (user_id, attempts, expires_at))

/// nullopt for a wrong code, which must be committed because it is counted.
Outcome<std::optional<SessionTokens>> finish_in(Tx& tx, const SecondStep& step, WallTime now, Rng& rng) {
  const std::string hash = hash_secret(step.ticket);
  const auto ticket =
      one<TicketRow>(tx, "select user_id, attempts, expires_at from login_tickets where hash = $1", hash);
  if (!ticket || ticket->attempts >= kMaxTicketAttempts) return refuse(ProblemCode::kTokenInvalid);
  if (ticket->expires_at <= now) return refuse(ProblemCode::kTokenExpired);
  const auto user = get_user(tx, ticket->user_id);
  if (!user) return refuse(ProblemCode::kTokenInvalid);
  if (user->is_disabled) return refuse(ProblemCode::kAccountDisabled);
  if (!use_code(tx, *user, step.code, now)) {
    execute(tx, "update login_tickets set attempts = attempts + 1 where hash = $1", hash);
    return std::nullopt;
  }
  execute(tx, "delete from login_tickets where hash = $1", hash);
  return start_session(tx, user->id, step.device, now, rng);
}

}  // namespace

Ticket make_ticket(Tx& tx, const UserId& user, WallTime now, Rng& rng) {
  Ticket ticket{Redacted(make_secret(SecretKind::kTicket, rng)), {now.unix_us + kTicketLife.us()}};
  execute(tx, "insert into login_tickets (hash, user_id, expires_at) values ($1, $2, $3)",
          hash_secret(ticket.secret.reveal()), user, ticket.expires_at);
  return ticket;
}

Outcome<SessionTokens> finish_with_second_factor(Kit& kit, const SecondStep& step, const Moment& moment) {
  if (!is_secret(SecretKind::kTicket, step.ticket)) return refuse(ProblemCode::kTokenInvalid);
  auto done = kit.store.write(moment.deadline, [&](Tx& tx) { return finish_in(tx, step, moment.now, kit.rng); });
  if (!done) return std::unexpected(std::move(done.error()));
  if (!*done) return refuse(ProblemCode::kWrongSecondFactor);
  return std::move(**done);
}

Outcome<TotpSetup> begin_totp(Tx& tx, const UserId& id, std::string_view issuer, WallTime now, Rng& rng) {
  const auto user = get_user(tx, id);
  if (!user) return std::unexpected(user.error());
  if (user->has_second_factor()) return refuse(ProblemCode::kConflict, "the second factor is on already");
  std::array<uint8_t, kSecretBytes> bytes{};
  rng.fill(bytes);
  TotpSetup setup{.secret = base32_encode(bytes), .url = {}};
  setup.url = make_totp_url(issuer, user->username ? *user->username : user->email.value_or(id.text()), setup.secret);
  execute(tx, "update users set totp_secret = $1, totp_last_step = 0, updated_at = $2 where id = $3", setup.secret, now,
          id);
  return setup;
}

Outcome<std::vector<std::string>> confirm_totp(Tx& tx, const UserId& id, std::string_view code, WallTime now,
                                               Rng& rng) {
  const auto user = get_user(tx, id);
  if (!user) return std::unexpected(user.error());
  if (user->has_second_factor() || !user->totp_secret) return refuse(ProblemCode::kConflict);
  if (!use_totp(tx, *user, code, now)) return refuse(ProblemCode::kWrongSecondFactor);
  execute(tx, "update users set totp_confirmed_at = $1, updated_at = $1 where id = $2", now, id);
  return make_recovery_codes(tx, id, rng);
}

Outcome<void> disable_totp(Tx& tx, const UserId& id, std::string_view code, WallTime now) {
  const auto user = get_user(tx, id);
  if (!user) return std::unexpected(user.error());
  if (user->has_second_factor()) {
    if (code.empty()) return refuse(ProblemCode::kSecondFactorRequired);
    if (!use_code(tx, *user, code, now)) return refuse(ProblemCode::kWrongSecondFactor);
  }
  execute(tx, "update users set totp_secret = null, totp_confirmed_at = null, updated_at = $1 where id = $2", now, id);
  execute(tx, "delete from recovery_codes where user_id = $1", id);
  return {};
}

Outcome<std::vector<std::string>> renew_recovery_codes(Tx& tx, const UserId& id, std::string_view code, WallTime now,
                                                       Rng& rng) {
  const auto user = get_user(tx, id);
  if (!user) return std::unexpected(user.error());
  if (!user->has_second_factor()) return refuse(ProblemCode::kConflict, "the second factor is off");
  if (!use_totp(tx, *user, code, now)) return refuse(ProblemCode::kWrongSecondFactor);
  return make_recovery_codes(tx, id, rng);
}

int64_t count_recovery_codes(Tx& tx, const UserId& user) {
  return one<int64_t>(tx, "select count(*) from recovery_codes where user_id = $1 and used_at is null", user)
      .value_or(0);
}

}  // namespace parley::product::identity

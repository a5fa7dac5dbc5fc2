#include "product/identity/sessions.h"

#include "base/utf8.h"
#include "json/names.h"
#include "json/writer.h"
#include "product/identity/secrets.h"

namespace parley::product::identity {
namespace {

WallTime after(WallTime now, TimeDelta delta) { return {now.unix_us + delta.us()}; }

/// At most `size` bytes, without half a character at the end.
std::string cut(std::string_view text, size_t size) {
  std::string out(text.substr(0, size));
  while (!out.empty() && !is_utf8(out)) out.pop_back();
  return out;
}

void add_access(Tx& tx, SessionTokens& tokens, WallTime expires_at, Rng& rng) {
  tokens.access = Redacted(make_secret(SecretKind::kAccess, rng));
  tokens.access_expires_at = expires_at;
  execute(tx, "insert into access_tokens (hash, session_id, expires_at) values ($1, $2, $3)",
          hash_secret(tokens.access.reveal()), tokens.session, expires_at);
}

void add_refresh(Tx& tx, SessionTokens& tokens, int64_t generation, WallTime now, Rng& rng) {
  tokens.refresh = Redacted(make_secret(SecretKind::kRefresh, rng));
  tokens.refresh_expires_at = after(now, kSessionLife);
  execute(tx,
          "insert into refresh_tokens (hash, session_id, created_at, expires_at, generation) "
          "values ($1, $2, $3, $4, $5)",
          hash_secret(tokens.refresh.reveal()), tokens.session, now, tokens.refresh_expires_at, generation);
}

struct Ended {
  SessionId id;
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(Ended, (), (id, user_id))

void end_all(Tx& tx, const std::vector<Ended>& sessions, SessionEnd reason, WallTime now) {
  for (const Ended& session : sessions) {
    execute(tx, "update sessions set revoked_at = $1, revoked_reason = $2 where id = $3", now, json::enum_name(reason),
            session.id);
    execute(tx, "delete from access_tokens where session_id = $1 and expires_at < $2", session.id, now);
    tx.emit({"user.session_ended", "user:" + session.user_id.text(),
             json::to_json(SessionEnded{session.user_id, session.id, reason})});
  }
}

/// So that one more fits.
void make_place(Tx& tx, const UserId& user, WallTime now) {
  const auto surplus =
      all<Ended>(tx,
                 "select id, user_id from sessions where user_id = $1 and revoked_at is null and expires_at > $2 "
                 "and api_key_id is null order by last_used_at desc, id desc limit 1000 offset $3",
                 user, now, kMaxSessions - 1);
  end_all(tx, surplus, SessionEnd::kTooMany, now);
}

struct RefreshRow {
  SessionId session;
  UserId user;
  int64_t generation = 0;  ///< Of the token.
  int64_t current = 0;     ///< Of the session.
  std::optional<WallTime> rotated_at;
  WallTime expires_at;
  std::optional<WallTime> revoked_at;
  bool is_disabled = false;
};
BOOST_DESCRIBE_STRUCT(RefreshRow, (),
                      (session, user, generation, current, rotated_at, expires_at, revoked_at, is_disabled))

enum class RefreshUse : unsigned char { kRotate, kRace, kReuse };

RefreshUse decide_refresh(const RefreshRow& row, WallTime now) {
  if (row.generation == row.current) return RefreshUse::kRotate;
  const bool is_last = row.generation + 1 == row.current;
  const bool is_recent = row.rotated_at && now < after(*row.rotated_at, kRefreshGrace);
  return is_last && is_recent ? RefreshUse::kRace : RefreshUse::kReuse;
}

/// nullopt when the session has just been ended for reuse: that must be committed.
Outcome<std::optional<SessionTokens>> refresh_in(Tx& tx, std::string_view refresh, const Device& device, WallTime now,
                                                 Rng& rng) {
  const std::string hash = hash_secret(refresh);
  const auto row = one<RefreshRow>(
      tx,
      "select s.id, s.user_id, t.generation, s.generation, s.rotated_at, t.expires_at, s.revoked_at, u.is_disabled "
      "from refresh_tokens t join sessions s on s.id = t.session_id join users u on u.id = s.user_id "
      "where t.hash = $1 and u.deleted_at is null",
      hash);
  if (!row) return refuse(ProblemCode::kTokenInvalid);
  if (row->revoked_at) return refuse(ProblemCode::kSessionRevoked);
  if (row->is_disabled) return refuse(ProblemCode::kAccountDisabled);
  if (row->expires_at <= now) return refuse(ProblemCode::kTokenExpired);
  const RefreshUse use = decide_refresh(*row, now);
  if (use == RefreshUse::kReuse) {
    end_all(tx, {{row->session, row->user}}, SessionEnd::kTokenReused, now);
    return std::nullopt;
  }
  SessionTokens tokens{.session = row->session, .user = row->user};
  const bool is_first = use == RefreshUse::kRotate;
  execute(tx, "update refresh_tokens set used_at = $1 where hash = $2", now, hash);
  execute(tx,
          "update sessions set generation = $1, rotated_at = $2, last_used_at = $3, expires_at = $4, user_agent = $5, "
          "ip = $6 where id = $7",
          is_first ? row->current + 1 : row->current, is_first ? std::optional(now) : row->rotated_at, now,
          after(now, kSessionLife), cut(device.user_agent, kMaxUserAgent), device.ip, row->session);
  add_access(tx, tokens, after(now, kAccessLife), rng);
  add_refresh(tx, tokens, is_first ? row->current + 1 : row->current, now, rng);
  return tokens;
}

struct AccessRow {
  UserId user;
  SessionId session;
  bool is_admin = false;
  bool is_disabled = false;
  WallTime expires_at;
  std::optional<WallTime> revoked_at;
};
BOOST_DESCRIBE_STRUCT(AccessRow, (), (user, session, is_admin, is_disabled, expires_at, revoked_at))

}  // namespace

SessionTokens start_session(Tx& tx, const UserId& user, const Device& device, WallTime now, Rng& rng) {
  make_place(tx, user, now);
  SessionTokens tokens{.session = make_id<SessionId>(now, rng), .user = user};
  execute(tx,
          "insert into sessions (id, user_id, device_name, user_agent, ip, created_at, last_used_at, expires_at) "
          "values ($1, $2, $3, $4, $5, $6, $6, $7)",
          tokens.session, user, device.name, cut(device.user_agent, kMaxUserAgent), device.ip, now,
          after(now, kSessionLife));
  add_access(tx, tokens, after(now, kAccessLife), rng);
  add_refresh(tx, tokens, 0, now, rng);
  return tokens;
}

Outcome<SessionTokens> refresh_session(Kit& kit, std::string_view refresh, const Device& device, const Moment& moment) {
  if (!is_secret(SecretKind::kRefresh, refresh)) return refuse(ProblemCode::kTokenInvalid);
  auto done =
      kit.store.write(moment.deadline, [&](Tx& tx) { return refresh_in(tx, refresh, device, moment.now, kit.rng); });
  if (!done) return std::unexpected(std::move(done.error()));
  if (!*done) return refuse(ProblemCode::kSessionRevoked, "token_reused");
  return std::move(**done);
}

Outcome<SessionCaller> find_session(Tx& tx, std::string_view access, WallTime now) {
  if (!is_secret(SecretKind::kAccess, access)) return refuse(ProblemCode::kTokenInvalid);
  const auto row =
      one<AccessRow>(tx,
                     "select s.user_id, s.id, u.is_admin, u.is_disabled, t.expires_at, s.revoked_at "
                     "from access_tokens t join sessions s on s.id = t.session_id join users u on u.id = s.user_id "
                     "where t.hash = $1 and u.deleted_at is null",
                     hash_secret(access));
  if (!row) return refuse(ProblemCode::kTokenInvalid);
  if (row->is_disabled) return refuse(ProblemCode::kAccountDisabled);
  if (row->revoked_at) return refuse(ProblemCode::kSessionRevoked);
  if (row->expires_at <= now) return refuse(ProblemCode::kTokenExpired);
  return SessionCaller{row->user, row->session, row->is_admin, row->expires_at};
}

std::optional<WallTime> access_expiry(Tx& tx, const SessionId& session, WallTime now) {
  return one<WallTime>(
      tx,
      "select t.expires_at from access_tokens t join sessions s on s.id = t.session_id "
      "join users u on u.id = s.user_id where s.id = $1 and s.revoked_at is null and t.expires_at > $2 "
      "and u.deleted_at is null and u.is_disabled = 0 order by t.expires_at desc limit 1",
      session, now);
}

std::vector<SessionView> list_sessions(Tx& tx, const UserId& user, WallTime now) {
  return all<SessionView>(tx,
                          "select id, device_name, user_agent, ip, created_at, last_used_at, expires_at from sessions "
                          "where user_id = $1 and revoked_at is null and expires_at > $2 "
                          "order by last_used_at desc, id desc limit 1000",
                          user, now);
}

Outcome<void> end_session(Tx& tx, const UserId& user, const SessionId& session, SessionEnd reason, WallTime now) {
  const auto live = all<Ended>(
      tx, "select id, user_id from sessions where id = $1 and user_id = $2 and revoked_at is null and expires_at > $3",
      session, user, now);
  if (live.empty()) return refuse(ProblemCode::kNotFound);
  end_all(tx, live, reason, now);
  return {};
}

void end_session_of_refresh(Tx& tx, std::string_view refresh, WallTime now) {
  end_all(tx,
          all<Ended>(tx,
                     "select s.id, s.user_id from refresh_tokens t join sessions s on s.id = t.session_id "
                     "where t.hash = $1 and s.revoked_at is null and s.expires_at > $2",
                     hash_secret(refresh), now),
          SessionEnd::kSignedOut, now);
}

void end_sessions(Tx& tx, const UserId& user, const SessionId& except, SessionEnd reason, WallTime now) {
  end_all(tx,
          all<Ended>(tx,
                     "select id, user_id from sessions where user_id = $1 and id <> $2 and revoked_at is null "
                     "and expires_at > $3 order by id",
                     user, except, now),
          reason, now);
}

void end_sessions_of_key(Tx& tx, const ApiKeyId& key, WallTime now) {
  end_all(tx,
          all<Ended>(tx,
                     "select id, user_id from sessions where api_key_id = $1 and revoked_at is null "
                     "and expires_at > $2 order by id",
                     key, now),
          SessionEnd::kApiKeyRevoked, now);
}

SessionTokens mint_token(Tx& tx, const UserId& user, const ApiKeyId& key, TimeDelta life, const Moment& moment,
                         Rng& rng) {
  const WallTime until = after(moment.now, life);
  SessionTokens tokens{.user = user};
  const auto earlier =
      one<std::string>(tx,
                       "select id from sessions where api_key_id = $1 and user_id = $2 and revoked_at is null "
                       "and expires_at > $3 order by id limit 1",
                       key, user, moment.now);
  if (earlier) {
    tokens.session = SessionId(*earlier);
    execute(tx,
            "update sessions set last_used_at = $1, expires_at = case when expires_at < $2 then $2 else expires_at end "
            "where id = $3",
            moment.now, until, tokens.session);
  } else {
    tokens.session = make_id<SessionId>(moment.now, rng);
    execute(tx,
            "insert into sessions (id, user_id, device_name, created_at, last_used_at, expires_at, api_key_id) "
            "values ($1, $2, 'api', $3, $3, $4, $5)",
            tokens.session, user, moment.now, until, key);
  }
  add_access(tx, tokens, until, rng);
  return tokens;
}

}  // namespace parley::product::identity

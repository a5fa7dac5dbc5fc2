// What identity needs beside its first tables: short-lived tokens, generations of refresh tokens, second factors,
// erasures and OIDC logins.
#include "adapters/store/schema.h"

namespace parley::store {
namespace {

constexpr std::string_view kStatements[] = {
    R"(create table access_tokens (
         hash {text} not null primary key,
         session_id {text} not null references sessions (id) on delete cascade,
         expires_at {int} not null
       ) {strict})",
    "create index access_tokens_by_session on access_tokens (session_id)",
    "create index access_tokens_by_expiry on access_tokens (expires_at)",
    // A session counts its rotations; a refresh token knows in which one it was made.
    "alter table sessions add column generation {int} not null default 0",
    "alter table sessions add column rotated_at {int}",
    // Set when a server API key made the session for its user.
    "alter table sessions add column api_key_id {text}",
    "create index sessions_by_api_key on sessions (api_key_id, user_id)",
    "alter table refresh_tokens add column generation {int} not null default 0",
    // The time step of the last code that was used: each works once.
    "alter table users add column totp_last_step {int} not null default 0",
    // Searched by administrators and mentions.
    "alter table users add column display_name_fold {text} not null default ''",
    "alter table users add column erase_at {int}",
    "create index users_by_erasure on users (erase_at)",
    // Between the two steps of a sign-in.
    R"(create table login_tickets (
         hash {text} not null primary key,
         user_id {text} not null references users (id) on delete cascade,
         attempts {int} not null default 0,
         expires_at {int} not null
       ) {strict})",
    "create index login_tickets_by_user on login_tickets (user_id)",
    "create index login_tickets_by_expiry on login_tickets (expires_at)",
    R"(create table oidc_logins (
         state_hash {text} not null primary key,
         nonce {text} not null,
         verifier {text} not null,
         return_to {text} not null,
         expires_at {int} not null
       ) {strict})",
    "create index oidc_logins_by_expiry on oidc_logins (expires_at)",
};

}  // namespace

constinit const Migration kIdentitySchema2{"identity2", kStatements};

}  // namespace parley::store

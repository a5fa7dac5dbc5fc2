// Accounts and what belongs to them. Instants are microseconds since the epoch; "hash" is never the secret itself.
#include "adapters/store/schema.h"

namespace parley::store {
namespace {

constexpr std::string_view kStatements[] = {
    // The *_fold columns hold names as they are compared (product.md 3.5).
    R"(create table users (
         id {text} not null primary key,
         username {text},
         username_fold {text} unique,
         email {text},
         email_fold {text} unique,
         email_verified_at {int},
         password_hash {text},
         display_name {text} not null default '',
         avatar_url {text} not null default '',
         status_text {text} not null default '',
         locale {text} not null default '',
         time_zone {text} not null default '',
         external_id {text} unique,
         is_admin {bool} not null default 0,
         is_disabled {bool} not null default 0,
         totp_secret {text},
         totp_confirmed_at {int},
         privacy {json} not null default '{}',
         created_at {int} not null,
         updated_at {int} not null,
         deleted_at {int}
       ) {strict})",
    R"(create table sessions (
         id {text} not null primary key,
         user_id {text} not null references users (id) on delete cascade,
         device_name {text} not null default '',
         user_agent {text} not null default '',
         ip {text} not null default '',
         created_at {int} not null,
         last_used_at {int} not null,
         expires_at {int} not null,
         revoked_at {int},
         revoked_reason {text}
       ) {strict})",
    "create index sessions_by_user on sessions (user_id, created_at)",
    "create index sessions_by_expiry on sessions (expires_at)",
    R"(create table refresh_tokens (
         hash {text} not null primary key,
         session_id {text} not null references sessions (id) on delete cascade,
         created_at {int} not null,
         expires_at {int} not null,
         used_at {int}
       ) {strict})",
    "create index refresh_tokens_by_session on refresh_tokens (session_id)",
    "create index refresh_tokens_by_expiry on refresh_tokens (expires_at)",
    R"(create table recovery_codes (
         user_id {text} not null references users (id) on delete cascade,
         hash {text} not null,
         used_at {int},
         primary key (user_id, hash)
       ) {strict})",
    R"(create table mail_tokens (
         hash {text} not null primary key,
         user_id {text} not null references users (id) on delete cascade,
         purpose {text} not null,
         email {text} not null,
         expires_at {int} not null,
         used_at {int}
       ) {strict})",
    "create index mail_tokens_by_user on mail_tokens (user_id, purpose)",
    "create index mail_tokens_by_expiry on mail_tokens (expires_at)",
    R"(create table oidc_identities (
         issuer {text} not null,
         subject {text} not null,
         user_id {text} not null references users (id) on delete cascade,
         primary key (issuer, subject)
       ) {strict})",
    "create index oidc_identities_by_user on oidc_identities (user_id)",
    R"(create table blocks (
         user_id {text} not null references users (id) on delete cascade,
         blocked_id {text} not null references users (id) on delete cascade,
         created_at {int} not null,
         primary key (user_id, blocked_id)
       ) {strict})",
    "create index blocks_by_blocked on blocks (blocked_id)",
    R"(create table api_keys (
         id {text} not null primary key,
         name {text} not null,
         hash {text} not null unique,
         created_at {int} not null,
         last_used_at {int},
         revoked_at {int}
       ) {strict})",
    // Of requests with an Idempotency-Key; status and response are null while the first one runs.
    R"(create table idempotency_keys (
         scope {text} not null,
         key {text} not null,
         body_hash {text} not null,
         status {int},
         response {text},
         created_at {int} not null,
         finished_at {int},
         primary key (scope, key)
       ) {strict})",
    "create index idempotency_keys_by_age on idempotency_keys (created_at)",
};

}  // namespace

constinit const Migration kIdentitySchema{"identity", kStatements};

}  // namespace parley::store

// Communities and what belongs to them. Instants are microseconds since the epoch; permissions are bits of
// product/access/permissions.h; kinds and states are numbers of the enums in product/community/types.h.
#include "adapters/store/schema.h"

namespace parley::store {
namespace {

constexpr std::string_view kStatements[] = {
    R"(create table communities (
         id {text} not null primary key,
         name {text} not null,
         owner_id {text} not null references users (id),
         icon_url {text} not null default '',
         default_locale {text} not null default '',
         is_locked_down {bool} not null default 0,
         created_at {int} not null,
         updated_at {int} not null,
         deleted_at {int},
         version {int} not null default 1
       ) {strict})",
    "create index communities_by_owner on communities (owner_id)",
    // Position 0 is @everyone; a higher one is mightier, and no two of a community are equal.
    R"(create table roles (
         id {text} not null primary key,
         community_id {text} not null references communities (id) on delete cascade,
         name {text} not null,
         position {int} not null,
         permissions {int} not null,
         color {int} not null default 0,
         is_everyone {bool} not null default 0,
         is_mentionable {bool} not null default 0,
         created_at {int} not null,
         version {int} not null default 1
       ) {strict})",
    "create index roles_by_community on roles (community_id, position)",
    // nickname_fold holds the nickname as it is searched (product.md 3.5).
    R"(create table members (
         community_id {text} not null references communities (id) on delete cascade,
         user_id {text} not null references users (id) on delete cascade,
         nickname {text} not null default '',
         nickname_fold {text} not null default '',
         joined_at {int} not null,
         timed_out_until {int},
         is_temporary {bool} not null default 0,
         invited_by {text},
         server_muted {bool} not null default 0,
         server_deafened {bool} not null default 0,
         primary key (community_id, user_id)
       ) {strict})",
    "create index members_by_user on members (user_id)",
    R"(create table member_roles (
         community_id {text} not null,
         user_id {text} not null,
         role_id {text} not null references roles (id) on delete cascade,
         primary key (community_id, user_id, role_id),
         foreign key (community_id, user_id) references members (community_id, user_id) on delete cascade
       ) {strict})",
    "create index member_roles_by_role on member_roles (role_id)",
    // A synced channel has no overrides of its own: those of its category hold.
    R"(create table channels (
         id {text} not null primary key,
         community_id {text} not null references communities (id) on delete cascade,
         parent_id {text} references channels (id) deferrable,
         kind {int} not null,
         name {text} not null,
         topic {text} not null default '',
         position {int} not null,
         slow_mode_seconds {int} not null default 0,
         user_limit {int} not null default 0,
         bitrate {int} not null default 0,
         is_synced {bool} not null default 0,
         is_locked_down {bool} not null default 0,
         created_at {int} not null,
         deleted_at {int},
         version {int} not null default 1
       ) {strict})",
    "create index channels_by_community on channels (community_id, position)",
    "create index channels_by_parent on channels (parent_id)",
    // Of a role or of a member: exactly one of the two is given.
    R"(create table channel_overrides (
         channel_id {text} not null references channels (id) on delete cascade,
         role_id {text} references roles (id) on delete cascade,
         user_id {text} references users (id) on delete cascade,
         deny {int} not null,
         allow {int} not null,
         check ((role_id is null) <> (user_id is null))
       ) {strict})",
    "create unique index channel_overrides_of_roles on channel_overrides (channel_id, role_id)",
    "create unique index channel_overrides_of_users on channel_overrides (channel_id, user_id)",
    "create index channel_overrides_by_role on channel_overrides (role_id)",
    "create index channel_overrides_by_user on channel_overrides (user_id)",
    R"(create table invites (
         id {text} not null primary key,
         code {text} not null unique,
         community_id {text} not null references communities (id) on delete cascade,
         channel_id {text} references channels (id),
         inviter_id {text} not null references users (id) on delete cascade,
         max_uses {int} not null default 0,
         uses {int} not null default 0,
         expires_at {int},
         is_temporary {bool} not null default 0,
         created_at {int} not null,
         revoked_at {int}
       ) {strict})",
    "create index invites_by_community on invites (community_id, id)",
    "create index invites_by_channel on invites (channel_id)",
    "create index invites_by_inviter on invites (inviter_id)",
    R"(create table bans (
         community_id {text} not null references communities (id) on delete cascade,
         user_id {text} not null references users (id) on delete cascade,
         reason {text} not null default '',
         banned_by {text} not null,
         created_at {int} not null,
         expires_at {int},
         primary key (community_id, user_id)
       ) {strict})",
    "create index bans_by_user on bans (user_id)",
    // Only ever inserted into. Actors and targets are no references: the row outlives them.
    R"(create table audit_log (
         id {text} not null primary key,
         community_id {text} not null references communities (id),
         actor_id {text} not null,
         action {text} not null,
         target_id {text} not null default '',
         before_json {json},
         after_json {json},
         reason {text} not null default '',
         created_at {int} not null
       ) {strict})",
    "create index audit_log_by_community on audit_log (community_id, id)",
    "create index audit_log_by_target on audit_log (community_id, target_id, id)",
    R"(create table reports (
         id {text} not null primary key,
         community_id {text} not null references communities (id) on delete cascade,
         reporter_id {text} not null references users (id) on delete cascade,
         target_kind {int} not null,
         target_id {text} not null,
         reason {text} not null,
         state {int} not null default 0,
         resolution {text} not null default '',
         resolved_by {text},
         created_at {int} not null,
         resolved_at {int}
       ) {strict})",
    "create index reports_by_community on reports (community_id, state, id)",
    "create index reports_by_reporter on reports (reporter_id, state)",
};

}  // namespace

constinit const Migration kCommunitySchema{"community", kStatements};

}  // namespace parley::store

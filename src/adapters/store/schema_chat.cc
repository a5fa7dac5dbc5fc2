// Conversations and what is said in them. Instants are microseconds since the epoch; kinds are numbers of the enums in
// product/chat/types.h. A channel's conversation has the channel's id.
#include "adapters/store/schema.h"

namespace parley::store {
namespace {

constexpr std::string_view kStatements[] = {
    // `pair` holds the two ids of a direct one, the lower first. `root_id` is the conversation whose people may come
    // in:
    // itself, or a thread's parent. `change` counts everything that happens here; a message keeps the number of its own
    // last change, so that whoever knows a number can ask for all that came later.
    R"(create table conversations (
         id {text} not null primary key,
         kind {int} not null,
         root_id {text} not null,
         community_id {text},
         channel_id {text},
         parent_message_id {text} unique,
         pair {text} unique,
         owner_id {text},
         name {text} not null default '',
         first_seq {int} not null default 1,
         last_seq {int} not null default 0,
         change {int} not null default 0,
         version {int} not null default 1,
         created_at {int} not null,
         active_at {int} not null,
         changed_at {int} not null,
         deleted_at {int}
       ) {strict})",
    "create index conversations_by_channel on conversations (channel_id)",
    "create index conversations_by_community on conversations (community_id)",
    "create index conversations_by_root on conversations (root_id, active_at)",
    // People of direct and group conversations.
    R"(create table conversation_members (
         conversation_id {text} not null references conversations (id) on delete cascade,
         user_id {text} not null references users (id),
         joined_at {int} not null,
         added_by {text},
         primary key (conversation_id, user_id)
       ) {strict})",
    "create index conversation_members_by_user on conversation_members (user_id)",
    // How far somebody is; also of channels and threads, where whoever has a row takes part.
    R"(create table conversation_marks (
         conversation_id {text} not null references conversations (id) on delete cascade,
         user_id {text} not null references users (id),
         delivered_seq {int} not null default 0,
         read_seq {int} not null default 0,
         played_seq {int} not null default 0,
         unread_from {int},
         last_sent_at {int},
         primary key (conversation_id, user_id)
       ) {strict})",
    "create index conversation_marks_by_user on conversation_marks (user_id)",
    // `words` is the text as it is searched (product/chat/text.h); empty where nothing is to be found. `features` are
    // bits of what `has:` asks for.
    R"(create table messages (
         row {pk},
         id {text} not null unique,
         conversation_id {text} not null references conversations (id) on delete cascade,
         seq {int} not null,
         sender_id {text} not null,
         client_id {text},
         body {text} not null default '',
         words {text} not null default '',
         features {int} not null default 0,
         reply_to {text},
         mentions_all {int} not null default 0,
         version {int} not null default 1,
         change {int} not null,
         pinned_at {int},
         pinned_by {text},
         created_at {int} not null,
         edited_at {int},
         deleted_at {int},
         deleted_by {text}
       ) {strict})",
    "create unique index messages_by_seq on messages (conversation_id, seq)",
    "create unique index messages_by_client_id on messages (conversation_id, sender_id, client_id)",
    "create unique index messages_by_change on messages (conversation_id, change)",
    "create index messages_by_time on messages (conversation_id, created_at)",
    "create index messages_by_sender on messages (sender_id, row)",
    "create index messages_pinned on messages (conversation_id, pinned_at) where pinned_at is not null",
    // What a text was before it was edited.
    R"(create table message_versions (
         message_id {text} not null references messages (id) on delete cascade,
         version {int} not null,
         body {text} not null,
         written_at {int} not null,
         primary key (message_id, version)
       ) {strict})",
    R"(create table message_mentions (
         conversation_id {text} not null,
         user_id {text} not null,
         seq {int} not null,
         message_id {text} not null references messages (id) on delete cascade,
         primary key (conversation_id, user_id, seq)
       ) {strict})",
    "create index message_mentions_by_message on message_mentions (message_id)",
    R"(create table message_files (
         message_id {text} not null references messages (id) on delete cascade,
         position {int} not null,
         file_id {text} not null,
         primary key (message_id, position)
       ) {strict})",
    "create index message_files_by_file on message_files (file_id)",
    R"(create table message_reactions (
         message_id {text} not null references messages (id) on delete cascade,
         emoji {text} not null,
         user_id {text} not null,
         created_at {int} not null,
         primary key (message_id, emoji, user_id)
       ) {strict})",
    "create index message_reactions_by_user on message_reactions (user_id)",
    R"(create table drafts (
         user_id {text} not null references users (id) on delete cascade,
         conversation_id {text} not null references conversations (id) on delete cascade,
         body {text} not null,
         reply_to {text},
         updated_at {int} not null,
         primary key (user_id, conversation_id)
       ) {strict})",
    "create index drafts_by_conversation on drafts (conversation_id)",
    // `scope` is "server", "community:<id>" or "conversation:<id>".
    R"(create table retention_rules (
         scope {text} not null primary key,
         days {int},
         is_held {bool} not null default 0,
         updated_at {int} not null,
         updated_by {text} not null
       ) {strict})",
    // What was deleted, so that it can be shown that it was.
    R"(create table retention_reports (
         id {text} not null primary key,
         conversation_id {text} not null,
         community_id {text},
         days {int} not null,
         up_to_seq {int} not null,
         messages {int} not null,
         versions {int} not null,
         reactions {int} not null,
         files {int} not null,
         created_at {int} not null
       ) {strict})",
    "create index retention_reports_by_conversation on retention_reports (conversation_id, id)",
    // Full text search over `words`, which are parted by single blanks: neither tokeniser has anything to decide. On
    // SQLite product/chat/search.cc keeps the index by hand (a trigger may not write to a virtual table under
    // trusted_schema = off); PostgreSQL keeps its own, and the same statements do nothing there. `search_engine` says
    // which of the two there is.
    R"({sqlite}create virtual table message_search using fts5(
         words, content = 'messages', content_rowid = 'row', tokenize = 'ascii'))",
    "{sqlite}create view search_engine as select 'fts5' as name",
    R"({postgres}alter table messages add column search tsvector
         generated always as (array_to_tsvector(string_to_array(words, ' '))) stored)",
    "{postgres}create index messages_by_words on messages using gin (search)",
    "{postgres}create view message_search as select row as rowid, words from messages",
    "{postgres}create rule message_search_insert as on insert to message_search do instead nothing",
    "{postgres}create rule message_search_delete as on delete to message_search do instead nothing",
    "{postgres}create view search_engine as select 'tsvector' as name",
};

}  // namespace

constinit const Migration kChatSchema{"chat", kStatements};

}  // namespace parley::store

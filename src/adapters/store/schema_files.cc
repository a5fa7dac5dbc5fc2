// Files, their contents and where the bytes are (product/files/). Instants are microseconds since the epoch; kinds are
// numbers of the enums in product/files/types.h; what is unknown is 0 or empty.
#include "adapters/store/schema.h"

namespace parley::store {
namespace {

constexpr std::string_view kStatements[] = {
    // Stored once for all files that are equal; those of voice apart, since they have a form more.
    R"(create table file_contents (
         id {text} not null primary key,
         sha256 {text} not null,
         is_voice {bool} not null,
         kind {int} not null,
         content_type {text} not null,
         size {int} not null,
         width {int} not null,
         height {int} not null,
         blurhash {text} not null,
         duration_ms {int} not null,
         waveform {text} not null,
         created_at {int} not null,
         used_at {int} not null
       ) {strict})",
    "create index file_contents_by_sha256 on file_contents (sha256, is_voice)",
    "create index file_contents_by_size on file_contents (size)",
    R"(create table file_forms (
         content_id {text} not null references file_contents (id) on delete cascade,
         role {int} not null,
         blob_key {text} not null,
         content_type {text} not null,
         size {int} not null,
         width {int} not null,
         height {int} not null,
         primary key (content_id, role)
       ) {strict})",
    // `claimed_until`: whoever looks at it has it for so long.
    R"(create table files (
         id {text} not null primary key,
         owner_id {text} not null,
         name {text} not null,
         is_voice {bool} not null,
         state {int} not null,
         problem {text} not null default '',
         content_id {text} references file_contents (id),
         size {int} not null,
         received {int} not null default 0,
         created_at {int} not null,
         used_at {int} not null,
         claimed_until {int} not null default 0,
         attempts {int} not null default 0
       ) {strict})",
    "create index files_by_owner on files (owner_id, state, size)",
    "create index files_by_state on files (state, claimed_until)",
    "create index files_by_use on files (used_at)",
    "create index files_by_content on files (content_id)",
    // What has come of a file that is not looked at yet.
    R"(create table file_chunks (
         file_id {text} not null references files (id) on delete cascade,
         position {int} not null,
         size {int} not null,
         blob_key {text} not null,
         primary key (file_id, position)
       ) {strict})",
    // Blobs to be deleted, once it is time. What is about to be stored stands here, too, so that nothing stays behind.
    R"(create table blob_garbage (
         blob_key {text} not null primary key,
         due_at {int} not null
       ) {strict})",
    "create index blob_garbage_by_time on blob_garbage (due_at)",
};

}  // namespace

constinit const Migration kFileSchema{"files", kStatements};

}  // namespace parley::store

#include "product/files/garbage.h"

#include "product/files/uploads.h"

namespace parley::product::files {

void announce_blob(Tx& tx, const std::string& blob_key, WallTime now) {
  execute(tx, "insert into blob_garbage (blob_key, due_at) values ($1, $2) on conflict do nothing", blob_key,
          now.unix_us + kStoringTakes.us());
}

void keep_blob(Tx& tx, const std::string& blob_key) {
  execute(tx, "delete from blob_garbage where blob_key = $1", blob_key);
}

void drop_blob(Tx& tx, const std::string& blob_key, WallTime now) {
  execute(tx,
          "insert into blob_garbage (blob_key, due_at) values ($1, $2) on conflict (blob_key) do update set due_at = "
          "excluded.due_at",
          blob_key, now);
}

void drop_chunks(Tx& tx, const FileId& file, WallTime now) {
  for (const std::string& key : all<std::string>(tx, "select blob_key from file_chunks where file_id = $1", file))
    drop_blob(tx, key, now);
  execute(tx, "delete from file_chunks where file_id = $1", file);
}

void drop_file(Tx& tx, const FileId& file, WallTime now) {
  drop_chunks(tx, file, now);
  execute(tx, "delete from files where id = $1", file);
}

int64_t sweep_files(Tx& tx, WallTime now) {
  const auto unused = all<FileId>(tx,
                                  "select id from files f where used_at <= $1 and state <> $2 and not exists (select 1 "
                                  "from message_files m where m.file_id = f.id) order by used_at limit $3",
                                  now.unix_us - kUnusedFor.us(), FileState::kProcessing, kSweptAtOnce);
  for (const FileId& file : unused) drop_file(tx, file, now);
  return static_cast<int64_t>(unused.size());
}

int64_t sweep_contents(Tx& tx, WallTime now) {
  // A content is used at the moment it is made, so that none goes before its first file has it.
  const auto unused = all<ContentId>(tx,
                                     "select id from file_contents c where used_at <= $1 and not exists (select 1 from "
                                     "files f where f.content_id = c.id) limit $2",
                                     now.unix_us - TimeDelta::seconds(60).us(), kSweptAtOnce);
  for (const ContentId& content : unused) {
    for (const std::string& key :
         all<std::string>(tx, "select blob_key from file_forms where content_id = $1", content))
      drop_blob(tx, key, now);
    execute(tx, "delete from file_contents where id = $1", content);
  }
  return static_cast<int64_t>(unused.size());
}

std::vector<std::string> due_garbage(Tx& tx, WallTime now) {
  return all<std::string>(tx, "select blob_key from blob_garbage where due_at <= $1 order by due_at limit $2", now,
                          kSweptAtOnce);
}

void forget_garbage(Tx& tx, std::span<const std::string> blob_keys) {
  for (const std::string& key : blob_keys) execute(tx, "delete from blob_garbage where blob_key = $1", key);
}

}  // namespace parley::product::files

#include "product/files/uploads.h"

#include "base/utf8.h"
#include "product/files/garbage.h"

namespace parley::product::files {
namespace {

constexpr size_t kMaxNameBytes = 255;

int64_t bytes_of(Tx& tx, const UserId& user) {
  return one<int64_t>(tx, "select coalesce(sum(size), 0) from files where owner_id = $1 and state <> $2", user,
                      FileState::kRefused)
      .value_or(0);
}

Outcome<void> check_room(Tx& tx, const UserId& user, int64_t size, const FileLimits& limits) {
  if (size > limits.file)
    return refuse(ProblemCode::kBodyTooLarge, "at most " + std::to_string(limits.file) + " bytes");
  if (limits.user > 0 && bytes_of(tx, user) + size > limits.user)
    return refuse(ProblemCode::kQuotaExceeded, "of this user: " + std::to_string(limits.user) + " bytes");
  if (limits.server > 0) {
    const auto all = one<int64_t>(tx, "select coalesce(sum(size), 0) from file_contents").value_or(0);
    if (all + size > limits.server) return refuse(ProblemCode::kQuotaExceeded, "of this server");
  }
  const auto open =
      one<int64_t>(tx, "select count(*) from files where owner_id = $1 and state = $2", user, FileState::kReceiving);
  if (open.value_or(0) >= kMaxOpenUploads)
    return refuse(ProblemCode::kLimitReached, std::to_string(kMaxOpenUploads) + " uploads that are not complete");
  return {};
}

/// Bytes of the UTF-8 character that begins with `first`.
size_t length_of(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// Right-to-left overrides and the like make "exe.jpg" out of "gpj.exe"; control characters end lines.
bool is_harmless(std::string_view character) {
  if (character.size() == 1) return character[0] >= 0x20 && character[0] != 0x7F;
  if (character.size() == 2) return !(character[0] == '\xC2' && character[1] < '\xA0') && character != "\u061C";
  return !(character >= "\u200E" && character <= "\u200F") && !(character >= "\u202A" && character <= "\u202E") &&
         !(character >= "\u2066" && character <= "\u2069");
}

}  // namespace

FileName safe_name(std::string_view name) {
  if (const size_t folder = name.find_last_of("/\\"); folder != std::string_view::npos) name.remove_prefix(folder + 1);
  std::string out;
  for (size_t at = 0, size = 0; is_utf8(name) && at < name.size(); at += size) {
    size = length_of(name[at]);
    const std::string_view character = name.substr(at, size);
    if (out.size() + size > kMaxNameBytes) break;
    if (is_harmless(character)) out += character;
  }
  if (out.empty() || out.find_first_not_of(". ") == std::string::npos) return FileName("file");
  return FileName(std::move(out));
}

Outcome<FileRow> begin_upload(Tx& tx, const Uploading& who, const NewUpload& wanted, const FileLimits& limits) {
  if (wanted.size < 0) return refuse_field("/size", "is negative");
  if (auto room = check_room(tx, who.user, wanted.size, limits); !room) return std::unexpected(std::move(room.error()));
  FileRow row;
  row.id = make_id<FileId>(who.now, who.rng);
  row.owner_id = who.user;
  row.name = wanted.name.text();
  row.is_voice = wanted.is_voice;
  row.state = wanted.size == 0 ? FileState::kProcessing : FileState::kReceiving;
  row.size = wanted.size;
  row.created_at = row.used_at = who.now;
  execute(tx,
          "insert into files (id, owner_id, name, is_voice, state, size, created_at, used_at) values ($1, $2, $3, $4, "
          "$5, $6, $7, $8)",
          row.id, row.owner_id, row.name, row.is_voice ? 1 : 0, row.state, row.size, row.created_at, row.used_at);
  return row;
}

Outcome<FileRow> find_upload(Tx& tx, const UserId& user, const FileId& file, WallTime now) {
  auto row = find_row(tx, file);
  if (!row || row->owner_id != user) return refuse(ProblemCode::kNotFound);
  if (row->state == FileState::kReceiving && now >= expiry_of(*row)) return refuse(ProblemCode::kNotFound);
  return std::move(*row);
}

Outcome<FileRow> add_chunk(Tx& tx, const Uploading& who, const FileId& file, const Chunk& chunk) {
  auto row = find_upload(tx, who.user, file, who.now);
  if (!row) return row;
  if (row->state != FileState::kReceiving || chunk.position != row->received)
    return refuse(ProblemCode::kConflict, "the upload is at " + std::to_string(row->received));
  if (chunk.size > row->size - row->received)
    return refuse(ProblemCode::kInvalidRequest, "more than the announced " + std::to_string(row->size) + " bytes");
  if (chunk.size == 0) return row;
  row->received += chunk.size;
  row->used_at = who.now;
  if (row->received == row->size) row->state = FileState::kProcessing;
  const int64_t moved = execute(
      tx, "update files set received = $2, state = $3, used_at = $4 where id = $1 and received = $5 and state = $6",
      file, row->received, row->state, row->used_at, chunk.position, FileState::kReceiving);
  if (moved == 0) return refuse(ProblemCode::kConflict, "the upload has gone on meanwhile");
  execute(tx, "insert into file_chunks (file_id, position, size, blob_key) values ($1, $2, $3, $4)", file,
          chunk.position, chunk.size, chunk.blob_key);
  keep_blob(tx, chunk.blob_key);
  return row;
}

Outcome<void> delete_file(Tx& tx, const UserId& user, const FileId& file, WallTime now) {
  const auto row = find_row(tx, file);
  if (!row || row->owner_id != user) return refuse(ProblemCode::kNotFound);
  if (one<int64_t>(tx, "select 1 from message_files where file_id = $1 limit 1", file))
    return refuse(ProblemCode::kConflict, "a message holds it");
  drop_file(tx, file, now);
  return {};
}

Usage usage_of(Tx& tx, const UserId& user, const FileLimits& limits) {
  return {.used = bytes_of(tx, user), .limit = limits.user, .max_file = limits.file};
}

}  // namespace parley::product::files

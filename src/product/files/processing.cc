#include "product/files/processing.h"

#include <algorithm>

#include "product/files/garbage.h"

namespace parley::product::files {
namespace {

struct Waiting {
  FileId id;
  int64_t claimed_until = 0;
  int64_t attempts = 0;
};
BOOST_DESCRIBE_STRUCT(Waiting, (), (id, claimed_until, attempts))

/// Ends the job's claim; false when it has ended.
bool end_claim(Tx& tx, const Job& job, FileState state, std::string_view problem,
               const std::optional<ContentId>& content) {
  return execute(tx,
                 "update files set state = $3, problem = $4, content_id = $5, claimed_until = 0 where id = $1 and "
                 "claimed_until = $2 and state = $6",
                 job.file.id, job.claimed_until, state, problem, content, FileState::kProcessing) == 1;
}

void tell_end(Tx& tx, const Job& job, WallTime now) {
  drop_chunks(tx, job.file.id, now);
  if (const auto row = find_row(tx, job.file.id)) tell_updated(tx, *row);
}

}  // namespace

std::optional<Job> claim_next(Tx& tx, WallTime now) {
  const auto waiting = one<Waiting>(tx,
                                    "select id, claimed_until, attempts from files where state = $1 and claimed_until "
                                    "<= $2 order by claimed_until, used_at limit 1",
                                    FileState::kProcessing, now);
  if (!waiting) return std::nullopt;
  Job job{.file = {},
          .chunks = {},
          .claimed_until = WallTime{now.unix_us + kClaimFor.us()},
          .attempts = waiting->attempts + 1};
  const int64_t claimed = execute(
      tx, "update files set claimed_until = $2, attempts = $5 where id = $1 and claimed_until = $3 and state = $4",
      waiting->id, job.claimed_until, waiting->claimed_until, FileState::kProcessing, job.attempts);
  auto row = find_row(tx, waiting->id);
  if (claimed == 0 || !row) return std::nullopt;
  job.file = std::move(*row);
  job.chunks = all<Chunk>(tx, "select position, size, blob_key from file_chunks where file_id = $1 order by position",
                          waiting->id);
  return job;
}

void give_back(Tx& tx, const Job& job, WallTime next) {
  execute(tx,
          "update files set claimed_until = $3, attempts = attempts - 1 where id = $1 and claimed_until = $2 and state "
          "= $4",
          job.file.id, job.claimed_until, next, FileState::kProcessing);
}

std::optional<ContentId> find_content(Tx& tx, const std::string& sha256, bool is_voice) {
  return one<ContentId>(tx, "select id from file_contents where sha256 = $1 and is_voice = $2 limit 1", sha256,
                        is_voice ? 1 : 0);
}

bool finish_with(Tx& tx, const Job& job, const ContentId& content, WallTime now) {
  if (execute(tx, "update file_contents set used_at = $2 where id = $1", content, now) == 0) return false;
  if (!end_claim(tx, job, FileState::kReady, "", content)) return false;
  tell_end(tx, job, now);
  return true;
}

bool finish_new(Tx& tx, const Job& job, const Content& content, WallTime now) {
  if (const auto earlier = find_content(tx, content.sha256, content.is_voice)) {
    if (!finish_with(tx, job, *earlier, now)) return false;
    for (const Form& form : content.forms) drop_blob(tx, form.blob_key, now);
    return true;
  }
  int64_t size = 0;
  for (const Form& form : content.forms) size += form.size;
  execute(tx,
          "insert into file_contents (id, sha256, is_voice, kind, content_type, size, width, height, blurhash, "
          "duration_ms, waveform, created_at, used_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
          content.id, content.sha256, content.is_voice ? 1 : 0, content.facts.kind, content.facts.content_type, size,
          content.facts.width, content.facts.height, content.facts.blurhash, content.facts.duration_ms,
          content.facts.waveform, now);
  for (const Form& form : content.forms) {
    execute(tx,
            "insert into file_forms (content_id, role, blob_key, content_type, size, width, height) values ($1, $2, "
            "$3, $4, $5, $6, $7)",
            content.id, form.role, form.blob_key, form.content_type, form.size, form.width, form.height);
    keep_blob(tx, form.blob_key);
  }
  if (!end_claim(tx, job, FileState::kReady, "", content.id)) return false;
  tell_end(tx, job, now);
  return true;
}

bool refuse_file(Tx& tx, const Job& job, ProblemCode why, WallTime now) {
  if (!end_claim(tx, job, FileState::kRefused, info(why).name, std::nullopt)) return false;
  tell_end(tx, job, now);
  return true;
}

Outcome<std::vector<FileView>> take_for_message(Tx& tx, const UserId& sender, const std::vector<FileId>& files,
                                                WallTime now) {
  std::vector<FileRow> rows;
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string pointer = "/attachments/" + std::to_string(i);
    if (std::ranges::count(files, files[i]) > 1) return refuse_field(pointer, "is there twice");
    auto row = find_row(tx, files[i]);
    if (!row || row->owner_id != sender) return refuse_field(pointer, "is no file of yours");
    if (row->state == FileState::kReceiving) return refuse_field(pointer, "is not complete");
    if (row->state == FileState::kRefused) return refuse_field(pointer, "was refused: " + row->problem);
    // Holds the row, so that the sweep does not take it at this moment.
    execute(tx, "update files set used_at = $2 where id = $1", row->id, now);
    rows.push_back(std::move(*row));
  }
  return to_views(tx, rows);
}

}  // namespace parley::product::files

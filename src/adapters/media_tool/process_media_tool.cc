#include "adapters/media_tool/process_media_tool.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "adapters/media_tool/child_process.h"
#include "base/check.h"
#include "base/log.h"
#include "base/redacted.h"
#include "json/reader.h"
#include "product/files/sniff.h"
#include "product/ports/media_answer.h"

namespace parley::media_tool_adapter {

using product::MediaFacts;
using product::Outcome;
using product::Problem;
using product::ProblemCode;

namespace {

using Clock = std::chrono::steady_clock;

/// A day at most: the clock's nanoseconds cannot hold "never".
Clock::time_point to_clock(Timestamp time) {
  const auto given = Clock::time_point(std::chrono::microseconds(std::min(time.us(), INT64_MAX / 1000)));
  return std::min(given, Clock::now() + std::chrono::hours(24));
}

std::string_view name_of(product::MediaPurpose purpose) {
  return purpose == product::MediaPurpose::kVoice ? "voice" : "file";
}

/// The tool has read hostile bytes, so what it says is looked at as well: names stay in the folder, files are there.
bool is_believable(const MediaFacts& facts, const std::filesystem::path& folder) {
  // Of DerivedRole.
  constexpr size_t kMostFiles = 5;
  constexpr int64_t kMostPixels = 100'000;
  const auto is_side = [&](int64_t side) { return side >= 0 && side <= kMostPixels; };
  if (!is_side(facts.width) || !is_side(facts.height) || facts.duration_ms < 0) return false;
  if (facts.derived.size() > kMostFiles || product::files::kind_of(facts.content_type) != facts.kind) return false;
  return std::ranges::all_of(facts.derived, [&](const product::DerivedFile& file) {
    struct stat status{};
    const bool is_name =
        !file.file_name.empty() && std::ranges::all_of(file.file_name, [](char c) { return c >= 'a' && c <= 'z'; });
    return is_name && is_side(file.width) && is_side(file.height) && file.size > 0 &&
           product::files::kind_of(file.content_type) != product::MediaKind::kOther &&
           ::lstat((folder / file.file_name).c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_size == file.size;
  });
}

/// The tool opens a file for each role before it reads anything; those that it did not need are empty.
void remove_unnamed(const MediaFacts& facts, const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const bool is_named = std::ranges::any_of(
        facts.derived, [&](const product::DerivedFile& file) { return file.file_name == entry.path().filename(); });
    if (!is_named) std::filesystem::remove(entry.path(), ignored);
  }
}

/// What may be logged of a complaint: it may hold names out of the file, so only its length.
void log_failure(std::string_view cause, int code, const Redacted<std::string>& complaint) {
  log::warn("media_tool_failed", {{"cause", cause}, {"code", code}, {"complaint_bytes", complaint.reveal().size()}});
}

struct Judged {
  uint64_t MediaToolStats::* counter;
  Outcome<MediaFacts> outcome;
};

Judged judge_answer(std::string_view line, const std::filesystem::path& folder) {
  auto answer = json::parse<product::MediaAnswer>(line);
  if (!answer) return {&MediaToolStats::garbled, product::refuse(ProblemCode::kMediaUnreadable)};
  if (answer->facts) {
    if (!is_believable(*answer->facts, folder)) {
      return {&MediaToolStats::garbled, product::refuse(ProblemCode::kMediaUnreadable)};
    }
    remove_unnamed(*answer->facts, folder);
    return {&MediaToolStats::finished, std::move(*answer->facts)};
  }
  for (const ProblemCode code : {ProblemCode::kMediaUnreadable, ProblemCode::kMediaTooLarge}) {
    if (answer->problem == product::info(code).name) {
      return {&MediaToolStats::refused, product::refuse(code, answer->detail.value_or(""))};
    }
  }
  return {&MediaToolStats::garbled, product::refuse(ProblemCode::kMediaUnreadable)};
}

Judged judge(const std::expected<ChildEnd, int>& end, const std::filesystem::path& folder) {
  if (!end) {
    log_failure("not_started", end.error(), {});
    const bool is_missing = end.error() == ENOENT || end.error() == EACCES;
    return {&MediaToolStats::not_started,
            product::refuse(is_missing ? ProblemCode::kNotConfigured : ProblemCode::kOverloaded)};
  }
  const Redacted<std::string> complaint(end->last_line);
  switch (end->how) {
    case ChildEnd::How::kTimedOut:
      log_failure("timed_out", 0, complaint);
      return {&MediaToolStats::timed_out, product::refuse(ProblemCode::kMediaUnreadable, "it took too long")};
    case ChildEnd::How::kFlooded:
      log_failure("flooded", 0, complaint);
      return {&MediaToolStats::garbled, product::refuse(ProblemCode::kMediaUnreadable)};
    case ChildEnd::How::kSignalled:
      log_failure("signalled", end->code, complaint);
      return {&MediaToolStats::crashed, product::refuse(ProblemCode::kMediaUnreadable)};
    case ChildEnd::How::kExited:
      break;
  }
  if (end->code != 0) {
    log_failure("exited", end->code, complaint);
    return {&MediaToolStats::crashed, product::refuse(ProblemCode::kMediaUnreadable)};
  }
  Judged judged = judge_answer(end->out, folder);
  if (judged.counter == &MediaToolStats::garbled) log_failure("garbled", 0, complaint);
  return judged;
}

}  // namespace

/// A turn, while it lives.
class ProcessMediaTool::Place {
 public:
  Place(ProcessMediaTool& tool, Timestamp deadline) : tool_(tool), is_taken_(tool.take_place(deadline)) {}
  ~Place() {
    if (is_taken_) tool_.give_place();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  bool is_taken() const { return is_taken_; }

 private:
  ProcessMediaTool& tool_;
  const bool is_taken_;
};

ProcessMediaTool::ProcessMediaTool(ProcessMediaToolOptions options) : options_(std::move(options)) {
  PARLEY_CHECK(options_.concurrent > 0);
}

bool ProcessMediaTool::take_place(Timestamp deadline) {
  std::unique_lock lock(mutex_);
  if (stats_.running >= options_.concurrent) {
    if (stats_.waiting >= options_.waiting) return false;
    ++stats_.waiting;
    const bool is_free =
        free_.wait_until(lock, to_clock(deadline), [&] { return stats_.running < options_.concurrent; });
    --stats_.waiting;
    if (!is_free) return false;
  }
  ++stats_.running;
  return true;
}

void ProcessMediaTool::give_place() {
  {
    const std::lock_guard lock(mutex_);
    --stats_.running;
  }
  free_.notify_one();
}

Outcome<MediaFacts> ProcessMediaTool::examine(const product::MediaJob& job, Timestamp deadline) {
  if (options_.executable.empty()) return product::refuse(ProblemCode::kNotConfigured);
  const Place place(*this, deadline);
  if (!place.is_taken()) {
    const std::lock_guard lock(mutex_);
    ++stats_.overloaded;
    return std::unexpected(Problem{.code = ProblemCode::kOverloaded,
                                   .detail = "too many files at a time",
                                   .errors = {},
                                   .retry_after = TimeDelta::seconds(5)});
  }
  const auto limit = Clock::now() + std::chrono::microseconds(options_.time_limit.us());
  const auto end =
      run_child({options_.executable, std::string(name_of(job.purpose)), job.input_path, job.output_folder},
                product::kMaxMediaAnswer, std::min(limit, to_clock(deadline)));
  Judged judged = judge(end, job.output_folder);
  const std::lock_guard lock(mutex_);
  ++stats_.started;
  ++(stats_.*judged.counter);
  return std::move(judged.outcome);
}

MediaToolStats ProcessMediaTool::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::string ProcessMediaTool::beside_this_executable() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return {};
  const std::string path = (self.parent_path() / "parley-media").string();
  return ::access(path.c_str(), X_OK) == 0 ? path : std::string();
}

}  // namespace parley::media_tool_adapter

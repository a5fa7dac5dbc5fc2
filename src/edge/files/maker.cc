#include "edge/files/maker.h"

#include <filesystem>
#include <fstream>

#include "base/log.h"
#include "edge/api/digest.h"
#include "edge/files/file_range.h"
#include "json/names.h"
#include "net/loop.h"
#include "product/chat/attachments.h"
#include "product/files/garbage.h"
#include "product/files/sniff.h"

namespace parley::files_api {
namespace {

namespace files = product::files;
namespace fs = std::filesystem;
using files::Content;
using files::Form;
using files::FormRole;
using files::Job;
using product::DerivedRole;
using product::MediaFacts;
using product::Outcome;
using product::Problem;
using product::ProblemCode;
using product::refuse;
using product::Tx;

/// Of one statement or unit.
constexpr TimeDelta kUnitTakes = TimeDelta::seconds(20);
/// Of gathering, scanning, looking at and storing one file of 2 GiB; within a claim.
constexpr TimeDelta kJobTakes = TimeDelta::seconds(600);
/// Before a file that could not be looked at is tried again.
constexpr TimeDelta kPause = TimeDelta::seconds(10);
constexpr size_t kPiece = size_t{1} * 1024 * 1024;

Timestamp soon() { return net::Loop::now() + kUnitTakes; }

std::string hex_of(const api::Sha256& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : digest) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

FormRole role_of(DerivedRole role) {
  switch (role) {
    case DerivedRole::kSmall:
      return FormRole::kSmall;
    case DerivedRole::kLarge:
      return FormRole::kLarge;
    case DerivedRole::kPoster:
      return FormRole::kPoster;
    case DerivedRole::kPlayable:
      return FormRole::kPlayable;
    case DerivedRole::kClean:
      break;
  }
  return FormRole::kOriginal;
}

/// Whether the file itself is at fault: it is refused for good. Everything else is tried again.
bool is_of_file(ProblemCode code) {
  return code == ProblemCode::kMediaUnreadable || code == ProblemCode::kMediaTooLarge ||
         code == ProblemCode::kFileInfected || code == ProblemCode::kNotConfigured;
}

}  // namespace

/// A folder for one job, removed with everything in it.
struct FileMaker::Workplace {
  explicit Workplace(fs::path where) : folder(std::move(where)) {
    std::error_code error;
    fs::create_directories(folder / "out", error);
  }
  ~Workplace() {
    std::error_code error;
    fs::remove_all(folder, error);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  std::string input() const { return (folder / "in").string(); }
  std::string output() const { return (folder / "out").string(); }

  fs::path folder;
  std::string sha256;
  std::string head;  ///< The file's first bytes.
};

FileMaker::FileMaker(MakerPorts ports, std::string folder, std::function<Now()> clock)
    : ports_(ports), folder_(std::move(folder)), clock_(std::move(clock)) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) log::error("files_cannot_be_examined", {{"folder", folder_}, {"why", error.message()}});
  // Another process may be at work here: what is younger than any job is not touched.
  const auto old = fs::file_time_type::clock::now() - std::chrono::microseconds(kJobTakes.us());
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    if (entry.last_write_time(error) < old) fs::remove_all(entry.path(), error);
  }
}

Outcome<FileMaker::Done> FileMaker::make_next() {
  auto job = ports_.store.write(soon(), [&](Tx& tx) -> Outcome<std::optional<Job>> {
    const WallTime now = clock_().wall;
    auto claimed = files::claim_next(tx, now);
    return claimed;
  });
  if (!job) return std::unexpected(std::move(job.error()));
  if (!*job) return Done::kNothing;
  return make(**job);
}

Outcome<FileMaker::Done> FileMaker::make(const Job& job) {
  if (job.attempts > files::kMaxAttempts)
    return end_badly(job, {.code = ProblemCode::kMediaUnreadable, .detail = "whoever looks at it dies", .errors = {}});
  const Timestamp deadline = net::Loop::now() + kJobTakes;
  Workplace place(fs::path(folder_) / product::make_uuid(clock_().wall, ports_.rng));
  if (auto gathered = gather(job, place, deadline); !gathered) return end_badly(job, gathered.error());
  const auto known = ports_.store.read(soon(), [&](Tx& tx) -> Outcome<std::optional<files::ContentId>> {
    return files::find_content(tx, place.sha256, job.file.is_voice);
  });
  if (!known) return std::unexpected(known.error());
  if (*known) {
    return finish(job, [&](Tx& tx, WallTime now) { return files::finish_with(tx, job, **known, now); });
  }
  auto facts = examine(job, place, deadline);
  if (!facts) return end_badly(job, facts.error());
  Content content{.id = product::make_id<files::ContentId>(clock_().wall, ports_.rng), .sha256 = place.sha256};
  content.is_voice = job.file.is_voice;
  content.facts = std::move(*facts);
  if (auto stored = store_forms(content, place, deadline); !stored) return end_badly(job, stored.error());
  return finish(job, [&](Tx& tx, WallTime now) { return files::finish_new(tx, job, content, now); });
}

Outcome<void> FileMaker::gather(const Job& job, Workplace& place, Timestamp deadline) {
  std::ofstream out(place.input(), std::ios::binary);
  api::Sha256Hasher hasher;
  for (const files::Chunk& chunk : job.chunks) {
    auto key = product::BlobKey::make(chunk.blob_key);
    if (!key) return std::unexpected(std::move(key.error()));
    for (int64_t at = 0; at < chunk.size;) {
      const auto size = std::min<size_t>(kPiece, static_cast<size_t>(chunk.size - at));
      const auto piece = ports_.blobs.read(*key, static_cast<uint64_t>(at), size, deadline);
      if (!piece) return std::unexpected(piece.error());
      if (piece->empty()) return refuse(ProblemCode::kStorageUnavailable, "a chunk is shorter than it was");
      hasher.update(*piece);
      out.write(piece->data(), static_cast<std::streamsize>(piece->size()));
      if (place.head.size() < files::kSniffBytes)
        place.head += piece->substr(0, files::kSniffBytes - place.head.size());
      at += static_cast<int64_t>(piece->size());
    }
  }
  out.close();
  if (!out) return refuse(ProblemCode::kStorageFull, "no room to look at a file");
  place.sha256 = hex_of(hasher.finish());
  return {};
}

Outcome<MediaFacts> FileMaker::examine(const Job& job, const Workplace& place, Timestamp deadline) {
  if (ports_.scanner) {
    const auto verdict = ports_.scanner->scan(place.input(), deadline);
    if (!verdict) return std::unexpected(verdict.error());
    if (*verdict == product::ScanVerdict::kInfected) return refuse(ProblemCode::kFileInfected);
  }
  const std::string_view type = files::sniff(place.head);
  // What nobody is shown need not be understood.
  if (!job.file.is_voice && files::kind_of(type) == product::MediaKind::kOther)
    return MediaFacts{.kind = product::MediaKind::kOther, .content_type = std::string(type)};
  const auto purpose = job.file.is_voice ? product::MediaPurpose::kVoice : product::MediaPurpose::kFile;
  return ports_.media.examine({place.input(), place.output(), purpose}, deadline);
}

Outcome<void> FileMaker::store_forms(Content& content, const Workplace& place, Timestamp deadline) {
  struct Source {
    Form form;
    std::string path;
  };
  std::vector<Source> sources;
  const auto add = [&](FormRole role, std::string path, std::string type) {
    const std::string key = "files/" + content.id.text() + "/" + std::string(json::enum_name(role));
    sources.push_back({{.role = role, .blob_key = key, .content_type = std::move(type)}, std::move(path)});
  };
  for (const product::DerivedFile& derived : content.facts.derived) {
    // A name within the folder and nothing else, whatever the tool says.
    const std::string name = fs::path(derived.file_name).filename().string();
    add(role_of(derived.role), (fs::path(place.output()) / name).string(), derived.content_type);
    sources.back().form.width = derived.width;
    sources.back().form.height = derived.height;
  }
  if (std::ranges::none_of(sources, [](const Source& s) { return s.form.role == FormRole::kOriginal; })) {
    add(FormRole::kOriginal, place.input(), content.facts.content_type);
    sources.back().form.width = content.facts.width;
    sources.back().form.height = content.facts.height;
  }
  const auto announced = ports_.store.write(soon(), [&](Tx& tx) -> Outcome<void> {
    for (const Source& source : sources) files::announce_blob(tx, source.form.blob_key, clock_().wall);
    return {};
  });
  if (!announced) return announced;
  for (Source& source : sources) {
    auto file = net::BodyFile::open(source.path);
    if (!file) return refuse(ProblemCode::kMediaUnreadable, std::move(file.error().message));
    const FileRange content_of_form{*file, 0, (*file)->size()};
    source.form.size = static_cast<int64_t>((*file)->size());
    auto key = product::BlobKey::make(source.form.blob_key);
    if (!key) return std::unexpected(std::move(key.error()));
    auto put = ports_.blobs.put(*key, content_of_form, {.content_type = source.form.content_type}, deadline);
    if (!put) return put;
    content.forms.push_back(std::move(source.form));
  }
  return {};
}

Outcome<FileMaker::Done> FileMaker::finish(const Job& job, const std::function<bool(Tx&, WallTime)>& end) {
  const auto ended = ports_.store.write(soon(), [&](Tx& tx) -> Outcome<void> {
    const WallTime now = clock_().wall;
    // Somebody else has it by now, or the content went meanwhile: nothing of this unit counts.
    if (!end(tx, now)) return refuse(ProblemCode::kConflict);
    product::chat::refresh_messages(tx, job.file.id, now);
    return {};
  });
  if (ended) return Done::kOne;
  if (ended.error().code == ProblemCode::kConflict) return end_badly(job, ended.error());
  return std::unexpected(ended.error());
}

Outcome<FileMaker::Done> FileMaker::end_badly(const Job& job, const Problem& why) {
  const std::string_view code = product::info(why.code).name;
  if (is_of_file(why.code)) {
    log::info("file_refused", {{"file", job.file.id.text()}, {"code", code}});
    const auto done = finish(job, [&](Tx& tx, WallTime now) { return files::refuse_file(tx, job, why.code, now); });
    return done;
  }
  log::warn("file_waits", {{"file", job.file.id.text()}, {"code", code}, {"detail", why.detail}});
  const auto given = ports_.store.write(soon(), [&](Tx& tx) -> Outcome<void> {
    files::give_back(tx, job, WallTime{clock_().wall.unix_us + kPause.us()});
    return {};
  });
  if (!given) return std::unexpected(given.error());
  return Done::kLater;
}

}  // namespace parley::files_api

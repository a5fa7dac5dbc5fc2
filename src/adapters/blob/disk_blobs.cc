#include "adapters/blob/disk_blobs.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "adapters/blob/disk_walk.h"
#include "net/clock.h"

namespace parley::blob {
namespace {

using product::BlobEntry;
using product::BlobKey;
using product::BlobSource;
using product::Outcome;
using product::ProblemCode;
using product::PutOptions;
using product::refuse;

constexpr const char* kUnfinished = "~unfinished";
/// In memory of what is being written.
constexpr size_t kPiece = size_t{256} * 1024;
/// Another process may sweep a name between its making and its locking; it does so only once, at its start.
constexpr int kNameAttempts = 10;

std::unexpected<product::Problem> refuse_error(int error, std::string_view what) {
  if (error == ENOENT) return refuse(ProblemCode::kNotFound, "no such blob");
  const bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return refuse(is_full ? ProblemCode::kStorageFull : ProblemCode::kStorageUnavailable,
                fmt::format("{}: {}", what, std::strerror(error)));
}

Outcome<void> check_deadline(Timestamp deadline) {
  if (net::read_clock().mono >= deadline) return refuse(ProblemCode::kDeadlineExceeded);
  return {};
}

Outcome<void> write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(file, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return refuse_error(errno, "writing a blob");
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return {};
}

Outcome<void> copy_source(const BlobSource& source, int file, Timestamp deadline) {
  std::string piece;
  for (uint64_t offset = 0; offset < source.size(); offset += piece.size()) {
    if (const auto in_time = check_deadline(deadline); !in_time) return in_time;
    piece.resize(static_cast<size_t>(std::min<uint64_t>(kPiece, source.size() - offset)));
    if (auto got = source.read(offset, piece); !got) return got;
    if (auto written = write_all(file, piece); !written) return written;
  }
  if (::fsync(file) != 0) return refuse_error(errno, "writing a blob");
  return {};
}

Descriptor open_folder(int at, const char* name) {
  return Descriptor(::openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

/// The folder of a key, made durably where it is missing.
Outcome<Descriptor> make_folder_of(int root, std::string_view path) {
  Descriptor folder = open_folder(root, ".");
  for (size_t slash = path.find('/'); folder && slash != std::string_view::npos; slash = path.find('/')) {
    const std::string name(path.substr(0, slash));
    path.remove_prefix(slash + 1);
    if (::mkdirat(folder.get(), name.c_str(), 0700) == 0) {
      if (::fsync(folder.get()) != 0) return refuse_error(errno, "making a folder for blobs");
    } else if (errno != EEXIST) {
      break;
    }
    folder = open_folder(folder.get(), name.c_str());
  }
  if (!folder || path.contains('/')) return refuse_error(errno == ENOENT ? EIO : errno, "making a folder for blobs");
  return folder;
}

Outcome<Descriptor> open_blob(int root, const BlobKey& key) {
  Descriptor file(::openat(root, file_of(key.text()).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return refuse_error(errno == ENOTDIR ? ENOENT : errno, "opening a blob");
  return file;
}

Outcome<uint64_t> size_of_file(int file) {
  struct stat status{};
  if (::fstat(file, &status) != 0) return refuse_error(errno, "looking at a blob");
  return static_cast<uint64_t>(status.st_size);
}

}  // namespace

Result<std::unique_ptr<DiskBlobs>> DiskBlobs::open(std::string folder) {
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(folder) / kUnfinished, failed);
  Descriptor root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Descriptor unfinished = root ? open_folder(root.get(), kUnfinished) : Descriptor();
  if (!unfinished || ::faccessat(unfinished.get(), ".", W_OK | X_OK, 0) != 0) {
    const std::string why = failed ? failed.message() : std::strerror(errno);
    return fail(Error::Code::kUnavailable, fmt::format("the folder for files, {}, cannot be used: {}", folder, why));
  }
  std::unique_ptr<DiskBlobs> blobs(new DiskBlobs(std::move(root), std::move(unfinished)));
  blobs->sweep_unfinished();
  return blobs;
}

/// Whoever writes holds a lock, which does not survive its process.
void DiskBlobs::sweep_unfinished() {
  for (const FolderEntry& entry : entries_of(unfinished_.get())) {
    const Descriptor file(::openat(unfinished_.get(), entry.name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) continue;
    ::unlinkat(unfinished_.get(), entry.name.c_str(), 0);
  }
}

Outcome<DiskBlobs::Unfinished> DiskBlobs::make_unfinished() {
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    const std::string name = fmt::format("{}-{}", ::getpid(), ++next_name_);
    Descriptor file(::openat(unfinished_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file && errno == EEXIST) continue;  // Of a process elsewhere, or before, with the same number.
    if (!file) return refuse_error(errno == ENOENT ? EIO : errno, "making a blob");
    struct stat status{};
    const bool is_ours = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 && ::fstat(file.get(), &status) == 0;
    if (is_ours && status.st_nlink > 0) return Unfinished{std::move(file), name};
  }
  return refuse(ProblemCode::kStorageUnavailable, "no name was free for a new blob");
}

Outcome<void> DiskBlobs::finish(const Unfinished& from, const BlobKey& key) {
  const auto folder = make_folder_of(root_.get(), key.text());
  if (!folder) return std::unexpected(folder.error());
  const std::string to = file_of(std::string_view(key.text()).substr(key.text().rfind('/') + 1));
  if (::renameat(unfinished_.get(), from.name.c_str(), folder->get(), to.c_str()) != 0 || ::fsync(folder->get()) != 0) {
    return refuse_error(errno == ENOENT ? EIO : errno, "naming a blob");
  }
  return {};
}

Outcome<void> DiskBlobs::put(const BlobKey& key, const BlobSource& source, const PutOptions& /*options*/,
                             Timestamp deadline) {
  const auto unfinished = make_unfinished();
  if (!unfinished) return std::unexpected(unfinished.error());
  Outcome<void> done = copy_source(source, unfinished->file.get(), deadline);
  if (done) done = finish(*unfinished, key);
  if (!done) ::unlinkat(unfinished_.get(), unfinished->name.c_str(), 0);
  return done;
}

Outcome<std::string> DiskBlobs::read(const BlobKey& key, uint64_t offset, size_t max, Timestamp deadline) {
  if (const auto in_time = check_deadline(deadline); !in_time) return std::unexpected(in_time.error());
  const auto file = open_blob(root_.get(), key);
  if (!file) return std::unexpected(file.error());
  const auto size = size_of_file(file->get());
  if (!size) return std::unexpected(size.error());
  std::string out;
  if (offset >= *size) return out;
  out.resize(static_cast<size_t>(std::min<uint64_t>(std::min(max, kMaxRead), *size - offset)));
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t part = ::pread(file->get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (part < 0 && errno == EINTR) continue;
    if (part < 0) return refuse_error(errno, "reading a blob");
    if (part == 0) return refuse(ProblemCode::kStorageUnavailable, "a blob has become shorter");
    done += static_cast<size_t>(part);
  }
  return out;
}

Outcome<uint64_t> DiskBlobs::size_of(const BlobKey& key, Timestamp deadline) {
  if (const auto in_time = check_deadline(deadline); !in_time) return std::unexpected(in_time.error());
  const auto file = open_blob(root_.get(), key);
  if (!file) return std::unexpected(file.error());
  return size_of_file(file->get());
}

Outcome<void> DiskBlobs::remove(const BlobKey& key, Timestamp deadline) {
  if (const auto in_time = check_deadline(deadline); !in_time) return in_time;
  if (::unlinkat(root_.get(), file_of(key.text()).c_str(), 0) == 0) return {};
  if (errno == ENOENT || errno == ENOTDIR) return {};
  return refuse_error(errno, "removing a blob");
}

Outcome<std::vector<BlobEntry>> DiskBlobs::list(std::string_view prefix, std::string_view after, size_t limit,
                                                Timestamp deadline) {
  DiskWalk walk{.prefix = prefix, .after = after, .limit = std::min(limit, kMaxList), .deadline = deadline};
  walk.enter(open_folder(root_.get(), "."), "");
  if (walk.is_late) return refuse(ProblemCode::kDeadlineExceeded);
  return std::move(walk.found);
}

}  // namespace parley::blob

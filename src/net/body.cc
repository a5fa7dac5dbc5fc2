#include "net/body.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace parley::net {
namespace {

std::string folder_or_default(const std::string& folder) {
  if (!folder.empty()) return folder;
  std::error_code failed;
  const auto found = std::filesystem::temp_directory_path(failed);
  return failed ? "." : found.string();
}

SpoolFailure failure_of(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG ? SpoolFailure::kDiskFull : SpoolFailure::kDiskFailed;
}

/// A file without a name; where the file system has no such thing, one that loses its name at once.
int open_nameless(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
  std::string name = folder + "/parley_body_XXXXXX";
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace

bool SpoolBudget::take(uint64_t bytes) {
  uint64_t used = used_;
  do {
    if (bytes > limit_ || used > limit_ - bytes) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes));
  return true;
}

Result<std::shared_ptr<BodyFile>, SpoolFailure> BodyFile::make(const std::string& folder,
                                                               std::shared_ptr<SpoolBudget> budget) {
  const int fd = open_nameless(folder_or_default(folder));
  if (fd < 0) return std::unexpected(failure_of(errno));
  return std::make_shared<BodyFile>(fd, std::move(budget));
}

Result<std::shared_ptr<const BodyFile>> BodyFile::open(const std::string& path) {
  struct stat facts{};
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(Error::Code::kUnavailable, path + ": " + std::strerror(errno));
  const bool is_file = ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
  auto file = std::make_shared<const BodyFile>(fd, nullptr, is_file ? static_cast<uint64_t>(facts.st_size) : 0);
  if (!is_file) return fail(Error::Code::kUnavailable, path + ": is no file");
  return file;
}

BodyFile::~BodyFile() {
  ::close(fd_);
  if (budget_) budget_->give_back(size_);
}

Result<void, SpoolFailure> BodyFile::append(std::string_view bytes) {
  if (budget_ && !budget_->take(bytes.size())) return std::unexpected(SpoolFailure::kOverBudget);
  uint64_t at = size_;
  size_ += bytes.size();  // What the budget gets back, even if it is not all written.
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(failure_of(errno));
    bytes.remove_prefix(static_cast<size_t>(written));
    at += static_cast<uint64_t>(written);
  }
  return {};
}

Result<size_t> BodyFile::read_at(uint64_t offset, std::span<char> into) const {
  size_t done = 0;
  while (done < into.size() && offset + done < size_) {
    const ssize_t size = ::pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(Error::Code::kUnavailable, std::string("a spooled body: ") + std::strerror(errno));
    if (size == 0) return fail(Error::Code::kUnavailable, "a spooled body is shorter than it was");
    done += static_cast<size_t>(size);
  }
  return done;
}

}  // namespace parley::net

#include "adapters/blob/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace parley::blob {

using product::Outcome;
using product::ProblemCode;
using product::refuse;

Outcome<std::unique_ptr<FileSource>> FileSource::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return refuse(errno == ENOENT ? ProblemCode::kNotFound : ProblemCode::kStorageUnavailable,
                  std::string("a file to be stored: ") + std::strerror(errno));
  }
  struct stat status{};
  const bool is_file = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  auto source = std::make_unique<FileSource>(fd, 0, is_file ? static_cast<uint64_t>(status.st_size) : 0);
  source->is_owner_ = true;
  if (!is_file) return refuse(ProblemCode::kStorageUnavailable, "what is to be stored is no file");
  return source;
}

FileSource::~FileSource() {
  if (is_owner_) ::close(fd_);
}

Outcome<void> FileSource::read(uint64_t offset, std::span<char> into) const {
  while (!into.empty()) {
    const ssize_t size = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset_ + offset));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      return refuse(ProblemCode::kStorageUnavailable, std::string("a file to be stored: ") + std::strerror(errno));
    }
    if (size == 0) return refuse(ProblemCode::kStorageUnavailable, "a file to be stored has become shorter");
    into = into.subspan(static_cast<size_t>(size));
    offset += static_cast<uint64_t>(size);
  }
  return {};
}

}  // namespace parley::blob

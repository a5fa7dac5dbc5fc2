// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace parley::media_tool {

Outcome<InputFile> InputFile::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return product::refuse(product::ProblemCode::kInternal, "the input cannot be opened");
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return product::refuse(product::ProblemCode::kInternal, "the input is no ordinary file");
  }
  return InputFile(fd, status.st_size);
}

InputFile::InputFile(InputFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

InputFile::~InputFile() {
  if (fd_ >= 0) ::close(fd_);
}

int64_t InputFile::read_at(int64_t offset, MutableByteView into) const {
  while (true) {
    const ssize_t got = ::pread(fd_, into.data(), into.size(), offset);
    if (got >= 0 || errno != EINTR) return got;
  }
}

ByteVector InputFile::read_head(size_t size) const {
  ByteVector bytes(std::min<size_t>(size, static_cast<size_t>(size_)));
  size_t filled = 0;
  while (filled < bytes.size()) {
    const int64_t got = read_at(static_cast<int64_t>(filled), MutableByteView(bytes).subspan(filled));
    if (got <= 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Outcome<OutputFiles> OutputFiles::open(const std::string& folder) {
  OutputFiles files;
  for (size_t role = 0; role < kRoles; ++role) {
    const std::string path = folder + "/" + std::string(name(static_cast<DerivedRole>(role)));
    files.fds_.at(role) = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (files.fds_.at(role) < 0)
      return product::refuse(product::ProblemCode::kInternal, "the folder cannot be written");
  }
  return files;
}

OutputFiles::OutputFiles(OutputFiles&& other) noexcept : fds_(other.fds_) { other.fds_.fill(-1); }

OutputFiles::~OutputFiles() {
  for (const int fd : fds_) {
    if (fd >= 0) ::close(fd);
  }
}

std::string_view OutputFiles::name(DerivedRole role) {
  static constexpr std::array<std::string_view, kRoles> kNames{"clean", "small", "large", "poster", "playable"};
  return kNames.at(static_cast<size_t>(role));
}

int64_t OutputFiles::size(DerivedRole role) const {
  // Not fstat: in the sandbox glibc's is one of the calls that take a path.
  return std::max<int64_t>(0, ::lseek(descriptor(role), 0, SEEK_END));
}

bool OutputFiles::write(DerivedRole role, ByteView bytes) const {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor(role), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(wrote));
  }
  return true;
}

}  // namespace parley::media_tool

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <string>

#include "base/bytes.h"
#include "product/ports/media_tool.h"

namespace parley::media_tool {

using product::DerivedRole;
using product::Outcome;

/// The file that is looked at, open for reading. Owns its descriptor.
class InputFile {
 public:
  /// kInternal when it cannot be opened or is no ordinary file.
  static Outcome<InputFile> open(const std::string& path);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) = delete;
  ~InputFile();

  int64_t size() const { return size_; }
  /// Up to `into.size()` bytes from `offset`; how many there were, 0 at the end, negative on failure.
  int64_t read_at(int64_t offset, MutableByteView into) const;
  /// The first `size` bytes, or all of a shorter file.
  ByteVector read_head(size_t size) const;

 private:
  InputFile(int fd, int64_t size) : fd_(fd), size_(size) {}
  int fd_;
  int64_t size_;
};

/// One file for each role, opened before anything untrusted is read, so that the sandbox may forbid to open any.
class OutputFiles {
 public:
  static Outcome<OutputFiles> open(const std::string& folder);
  OutputFiles(OutputFiles&& other) noexcept;
  OutputFiles& operator=(OutputFiles&& other) = delete;
  ~OutputFiles();

  static std::string_view name(DerivedRole role);
  int descriptor(DerivedRole role) const { return fds_.at(static_cast<size_t>(role)); }
  int64_t size(DerivedRole role) const;
  /// Writes the whole file. False when there is no room.
  bool write(DerivedRole role, ByteView bytes) const;

 private:
  static constexpr size_t kRoles = 5;
  OutputFiles() { fds_.fill(-1); }
  std::array<int, kRoles> fds_{};
};

/// What is known when a file turns out to be none: kMediaUnreadable with an English sentence.
inline std::unexpected<product::Problem> unreadable(std::string detail) {
  return product::refuse(product::ProblemCode::kMediaUnreadable, std::move(detail));
}
inline std::unexpected<product::Problem> too_large(std::string detail) {
  return product::refuse(product::ProblemCode::kMediaTooLarge, std::move(detail));
}

/// Pixels of one file, all frames together (product.md 3.6): 150 MB when decoded.
inline constexpr int64_t kMaxPixels = 50'000'000;

}  // namespace parley::media_tool

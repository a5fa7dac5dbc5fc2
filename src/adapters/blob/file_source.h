#pragma once

#include <memory>
#include <string>

#include "product/ports/blob_store.h"

namespace parley::blob {

/// A file of this machine, or a range of one, as what is to be stored. Thread-safe.
class FileSource final : public product::BlobSource {
 public:
  /// kNotFound, or kStorageUnavailable when it cannot be opened.
  static product::Outcome<std::unique_ptr<FileSource>> open(const std::string& path);
  /// `size` bytes from `offset` of a file that somebody else closes, later.
  FileSource(int borrowed_fd, uint64_t offset, uint64_t size) : fd_(borrowed_fd), offset_(offset), size_(size) {}
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  uint64_t size() const override { return size_; }
  product::Outcome<void> read(uint64_t offset, std::span<char> into) const override;

 private:
  const int fd_;
  const uint64_t offset_;
  const uint64_t size_;
  bool is_owner_ = false;
};

}  // namespace parley::blob

#pragma once

#include <memory>

#include "net/body.h"
#include "product/ports/blob_store.h"

namespace parley::files_api {

/// A part of a file of this machine, as what is to be stored.
class FileRange final : public product::BlobSource {
 public:
  FileRange(std::shared_ptr<const net::BodyFile> file, uint64_t offset, uint64_t size)
      : file_(std::move(file)), offset_(offset), size_(size) {}

  uint64_t size() const override { return size_; }
  product::Outcome<void> read(uint64_t offset, std::span<char> into) const override {
    const auto got = file_->read_at(offset_ + offset, into);
    if (got && *got == into.size()) return {};
    return product::refuse(product::ProblemCode::kStorageUnavailable, "a file of this server cannot be read");
  }

 private:
  const std::shared_ptr<const net::BodyFile> file_;
  const uint64_t offset_;
  const uint64_t size_;
};

}  // namespace parley::files_api

#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "adapters/blob/descriptor.h"
#include "base/result.h"
#include "product/ports/blob_store.h"

namespace parley::blob {

/// Blobs as files below a folder. The slashes of a key are folders. What is being written has a name of its own in
/// "~unfinished", and gets its key's by one rename once it is on the disk, so a crash leaves no half of a blob.
/// Several processes may share a folder. Folders that have become empty stay.
class DiskBlobs final : public product::BlobStore {
 public:
  /// Makes the folder if need be, and removes what a crash left unfinished. kUnavailable with the reason.
  static Result<std::unique_ptr<DiskBlobs>> open(std::string folder);
  product::Outcome<void> put(const product::BlobKey& key, const product::BlobSource& source,
                             const product::PutOptions& options, Timestamp deadline) override;
  product::Outcome<std::string> read(const product::BlobKey& key, uint64_t offset, size_t max,
                                     Timestamp deadline) override;
  product::Outcome<uint64_t> size_of(const product::BlobKey& key, Timestamp deadline) override;
  product::Outcome<void> remove(const product::BlobKey& key, Timestamp deadline) override;
  product::Outcome<std::vector<product::BlobEntry>> list(std::string_view prefix, std::string_view after, size_t limit,
                                                         Timestamp deadline) override;

 private:
  /// A file being written, with its name in "~unfinished", which it loses in the end.
  struct Unfinished {
    Descriptor file;
    std::string name;
  };
  DiskBlobs(Descriptor root, Descriptor unfinished) : root_(std::move(root)), unfinished_(std::move(unfinished)) {}
  void sweep_unfinished();
  product::Outcome<Unfinished> make_unfinished();
  product::Outcome<void> finish(const Unfinished& from, const product::BlobKey& key);

  const Descriptor root_;
  const Descriptor unfinished_;
  std::atomic<uint64_t> next_name_{0};
};

}  // namespace parley::blob

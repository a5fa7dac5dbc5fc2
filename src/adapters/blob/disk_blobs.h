#pragma once

#include <atomic>
#include <memory>
#include <string>

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
  ~DiskBlobs() override;
  DiskBlobs(const DiskBlobs&) = delete;
  DiskBlobs& operator=(const DiskBlobs&) = delete;

  product::Outcome<void> put(const product::BlobKey& key, const product::BlobSource& source,
                             const product::PutOptions& options, Timestamp deadline) override;
  product::Outcome<std::string> read(const product::BlobKey& key, uint64_t offset, size_t max,
                                     Timestamp deadline) override;
  product::Outcome<uint64_t> size_of(const product::BlobKey& key, Timestamp deadline) override;
  product::Outcome<void> remove(const product::BlobKey& key, Timestamp deadline) override;
  product::Outcome<std::vector<product::BlobEntry>> list(std::string_view prefix, std::string_view after, size_t limit,
                                                         Timestamp deadline) override;

 private:
  DiskBlobs(int root, int unfinished) : root_(root), unfinished_(unfinished) {}
  void sweep_unfinished();
  int make_unfinished(std::string& name);

  const int root_;  ///< Descriptors of the two folders.
  const int unfinished_;
  std::atomic<uint64_t> next_name_{0};
};

}  // namespace parley::blob

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/blob/descriptor.h"
#include "product/ports/blob_store.h"

namespace parley::blob {

/// The file of a key, or of its last segment. '~' occurs in no key, so that "a" and "a/b" can both be there.
std::string file_of(std::string_view key);

struct FolderEntry {
  enum class Kind : unsigned char { kFile, kFolder };
  std::string name;
  Kind kind = Kind::kFile;
};
/// Files and folders of an open folder, in no order; none when it cannot be read.
std::vector<FolderEntry> entries_of(int folder);

/// Collects blobs in the order of their keys, entering only the folders that can hold some.
struct DiskWalk {
  std::string_view prefix;
  std::string_view after;
  size_t limit = 0;
  Timestamp deadline;
  std::vector<product::BlobEntry> found;
  bool is_late = false;

  /// `path` is "" or ends with a slash.
  void enter(const Descriptor& folder, const std::string& path);

 private:
  void visit(const Descriptor& folder, const std::string& path, const std::string& segment);
  void take(const Descriptor& folder, const std::string& path, const std::string& segment);
};

}  // namespace parley::blob

#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.h"
#include "json/types.h"
#include "product/files/rows.h"

// How the bytes of a file come in: in chunks, each stored before it is counted, over days if need be (tus 1.0).

namespace parley::product::files {

using FileName = json::Text<1, 255>;

struct NewUpload {
  FileName name;
  int64_t size = 0;  ///< Bytes that will come; 0 is an empty file.
  bool is_voice = false;
};

/// Whose file it is, and when.
struct Uploading {
  UserId user;
  WallTime now;
  Rng& rng;
};

/// When what is not complete is forgotten.
inline WallTime expiry_of(const FileRow& file) { return WallTime{file.used_at.unix_us + kUnusedFor.us()}; }

/// A name without folders and without what would change the line it is shown in; "file" when nothing is left.
FileName safe_name(std::string_view name);

/// kBodyTooLarge for more than FileLimits::file; kQuotaExceeded; kLimitReached with kMaxOpenUploads.
Outcome<FileRow> begin_upload(Tx& tx, const Uploading& who, const NewUpload& wanted, const FileLimits& limits);
/// One's own that is not complete, or complete and not forgotten: its `received` tells. kNotFound, also when its time
/// is over.
Outcome<FileRow> find_upload(Tx& tx, const UserId& user, const FileId& file, WallTime now);

struct Chunk {
  int64_t position = 0;  ///< Bytes of the file before it.
  int64_t size = 0;
  std::string blob_key;
};
BOOST_DESCRIBE_STRUCT(Chunk, (), (position, size, blob_key))
/// Takes bytes that are stored already. kConflict when `position` is not where the file ends by now; kInvalidRequest
/// for more than was announced. Its state becomes kProcessing with the last.
Outcome<FileRow> add_chunk(Tx& tx, const Uploading& who, const FileId& file, const Chunk& chunk);
/// Forgets one's own file, complete or not, unless a message holds it: kConflict.
Outcome<void> delete_file(Tx& tx, const UserId& user, const FileId& file, WallTime now);

struct Usage {
  int64_t used = 0;   ///< Bytes of the user's files, those on their way included.
  int64_t limit = 0;  ///< 0: none.
  int64_t max_file = 0;
};
BOOST_DESCRIBE_STRUCT(Usage, (), (used, limit, max_file))
Usage usage_of(Tx& tx, const UserId& user, const FileLimits& limits);

}  // namespace parley::product::files

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/api/request.h"
#include "net/worker_pool.h"
#include "product/files/rows.h"
#include "product/ports/blob_store.h"

// Handing out the bytes of a file, so that a browser does with them what is safe and nothing else (product.md 3.6).

namespace parley::files_api {

struct ByteRange {
  uint64_t first = 0;
  uint64_t size = 0;
};
enum class RangeVerdict : unsigned char {
  kWhole,  ///< No range, or one that need not be understood: several, another unit (RFC 9110 section 14.2).
  kPart,
  kUnsatisfiable,
};
struct RangeAnswer {
  RangeVerdict verdict = RangeVerdict::kWhole;
  ByteRange range;  ///< Of kPart; else all.
};
/// What `Range: <header>` asks for, of `size` bytes.
RangeAnswer decide_range(std::string_view header, uint64_t size);

/// `inline` or `attachment` with the name in ASCII and, where that is another, in UTF-8 (RFC 6266, RFC 8187).
enum class Disposition : unsigned char { kInline, kAttachment };
std::string content_disposition(Disposition disposition, std::string_view name);

/// What is handed out, and how.
struct Serving {
  std::string name;  ///< Of the file.
  product::files::Form form;
  std::string tag;  ///< Names these bytes, for ETag.
  bool is_download = false;
  std::string cache_control;
  /// Whether pages of other origins may show it: the link is the permission.
  bool is_for_others = false;
};

/// Reads blobs for downloads, away from the threads of sockets. Outlives every answer.
struct BlobReader {
  product::BlobStore& blobs;
  net::WorkerPool& pool;
};
/// kStorageUnavailable is found out later, and ends the connection.
product::Outcome<api::Download> serve(const net::HttpRequest& request, const Serving& serving,
                                      const BlobReader& reader);

}  // namespace parley::files_api

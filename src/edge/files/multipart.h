#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// multipart/form-data (RFC 7578, RFC 2046 section 5.1) in a body that is not in memory: says where the parts are.

namespace parley::files_api {

enum class MultipartError : unsigned char {
  kNoBoundary,    ///< Content-Type without a usable boundary parameter.
  kMalformed,     ///< A part without its headers, or the end is missing.
  kTooManyParts,  ///< More than kMaxParts.
  kHeadTooLarge,  ///< Headers of a part of more than kMaxPartHead.
  kUnreadable,    ///< The body could not be read.
};
/// "multipart: too many parts": for the developer.
std::string_view to_string(MultipartError error);

struct MultipartPart {
  std::string name;
  std::string file_name;  ///< Of the client; a hint.
  bool is_file = false;   ///< It has a file name, perhaps an empty one.
  uint64_t offset = 0;    ///< Of its content in the body.
  uint64_t size = 0;
};

inline constexpr size_t kMaxParts = 16;
inline constexpr size_t kMaxPartHead = 8 * 1024;
/// Bytes that the form may have beside its file.
inline constexpr uint64_t kMaxFormOverhead = 64 * 1024;

/// The boundary of a Content-Type; empty when there is none, or none that RFC 2046 allows.
std::string multipart_boundary(std::string_view content_type);

/// Fills `into` from `offset` and returns how many bytes there were; fewer only at the end, nullopt on failure.
using ReadAt = std::function<std::optional<size_t>(uint64_t offset, std::span<char> into)>;
Result<std::vector<MultipartPart>, MultipartError> parse_multipart(const ReadAt& read, std::string_view boundary);

}  // namespace parley::files_api

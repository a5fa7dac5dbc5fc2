#include "base/bytes.h"
#include "base/check.h"
#include "edge/files/multipart.h"
#include "edge/files/tus.h"

namespace parley::files_api {
namespace {

/// A form, and the headers of uploads: nothing of what is found may be outside of what was given.
void try_all(std::string_view text) {
  const ReadAt read = [text](uint64_t offset, std::span<char> into) -> std::optional<size_t> {
    if (offset >= text.size()) return 0;
    return text.copy(into.data(), into.size(), offset);
  };
  if (const auto parts = parse_multipart(read, "b")) {
    PARLEY_CHECK(parts->size() <= kMaxParts);
    for (const MultipartPart& part : *parts)
      PARLEY_CHECK(part.offset <= text.size() && part.size <= text.size() - part.offset);
  }
  PARLEY_CHECK(multipart_boundary(text).size() <= 70);
  parse_upload_metadata(text);
  if (const auto checksum = parse_upload_checksum(text)) PARLEY_CHECK(checksum->digest.size() >= 16);
  if (const auto length = parse_length(text)) PARLEY_CHECK(*length >= 0);
}

}  // namespace
}  // namespace parley::files_api

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  parley::files_api::try_all(parley::as_text({data, size}));
  return 0;
}

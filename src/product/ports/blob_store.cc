#include "product/ports/blob_store.h"

#include <algorithm>

#include "base/check.h"

namespace parley::product {
namespace {

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("/_.-").contains(c);
}

bool is_key(std::string_view text) {
  if (text.empty() || text.size() > BlobKey::kMaxLength || !std::ranges::all_of(text, is_key_char)) return false;
  if (text.contains("..")) return false;
  while (true) {
    const size_t slash = text.find('/');
    const std::string_view segment = text.substr(0, slash);
    if (segment.empty() || segment == ".") return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
}

}  // namespace

Outcome<BlobKey> BlobKey::make(std::string text) {
  if (!is_key(text)) return refuse(ProblemCode::kInvalidRequest, "not the key of a blob");
  return BlobKey(std::move(text));
}

Outcome<void> TextBlobSource::read(uint64_t offset, std::span<char> into) const {
  PARLEY_CHECK(offset <= text_.size() && into.size() <= text_.size() - offset);
  std::ranges::copy(text_.substr(offset, into.size()), into.begin());
  return {};
}

}  // namespace parley::product

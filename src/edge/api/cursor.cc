#include "edge/api/cursor.h"

#include <openssl/crypto.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "edge/api/digest.h"

namespace parley::api {
namespace {
constexpr size_t kTag = 16;  ///< Bytes of the signature.
}  // namespace

std::string CursorSealer::sign(std::string_view listing, std::string_view position) const {
  // The length keeps "ab" + "c" apart from "a" + "bc".
  std::string text = std::to_string(listing.size()) + ":";
  text += listing;
  text += position;
  return std::string(as_text(ByteView(hmac_sha256(key_, text)).first(kTag)));
}

std::string CursorSealer::seal(std::string_view listing, std::string_view position) const {
  std::string out = sign(listing, position);
  out += position;
  return base64url_encode(as_bytes(out));
}

product::Outcome<std::string> CursorSealer::position(std::string_view listing, const PageQuery& query) const {
  if (!query.cursor) return std::string();
  auto opened = open(listing, *query.cursor);
  if (!opened) return product::refuse(product::ProblemCode::kInvalidRequest, "the cursor is of another listing");
  return std::move(*opened);
}

std::optional<std::string> CursorSealer::open(std::string_view listing, std::string_view cursor) const {
  const auto bytes = base64url_decode(cursor);
  if (!bytes || bytes->size() < kTag) return std::nullopt;
  const std::string_view text = as_text(*bytes);
  const std::string_view position = text.substr(kTag);
  const std::string tag = sign(listing, position);
  if (CRYPTO_memcmp(tag.data(), text.data(), kTag) != 0) return std::nullopt;
  return std::string(position);
}

}  // namespace parley::api

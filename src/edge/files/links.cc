#include "edge/files/links.h"

#include <openssl/crypto.h>

#include "base/base64.h"
#include "edge/api/digest.h"
#include "json/names.h"

namespace parley::files_api {
namespace {

/// Over everything that a link says, each part ended by what no part has.
std::string sign(const LinkSettings& settings, const LinkParts& parts) {
  std::string text = "parley file\n" + parts.file.text() + "\n" + std::string(json::enum_name(parts.form)) + "\n" +
                     parts.user.text() + "\n" + (parts.is_download ? "1" : "0") + "\n" +
                     std::to_string(parts.expires_at.unix_s());
  return base64url_encode(ByteView(api::hmac_sha256(settings.key.reveal(), text)));
}

bool is_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

WallTime link_end(WallTime now) {
  const int64_t period = kLinkPeriod.us();
  return WallTime{(now.unix_us / period + 2) * period};
}

std::string make_link(const LinkSettings& settings, const LinkParts& parts) {
  std::string out = settings.base + "/api/v1/content/" + parts.file.text() +
                    "?form=" + std::string(json::enum_name(parts.form)) +
                    "&expires=" + std::to_string(parts.expires_at.unix_s());
  if (!parts.user.is_empty()) out += "&user=" + parts.user.text();
  if (parts.is_download) out += "&download=true";
  return out + "&signature=" + sign(settings, parts);
}

std::optional<LinkParts> read_link(const LinkSettings& settings, const product::FileId& file, const LinkQuery& query,
                                   WallTime now) {
  if (query.expires < 0 || query.expires > INT64_MAX / 1'000'000) return std::nullopt;
  LinkParts parts{.file = file, .form = query.form, .user = query.user.value_or(product::UserId())};
  parts.is_download = query.download.value_or(false);
  parts.expires_at = WallTime{query.expires * 1'000'000};
  if (!is_same(query.signature, sign(settings, parts)) || now >= parts.expires_at) return std::nullopt;
  return parts;
}

}  // namespace parley::files_api

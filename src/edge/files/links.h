#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/redacted.h"
#include "base/time.h"
#include "product/files/types.h"

// Links that need no sign-in: for pages of other origins, for mails, and for a CDN.

namespace parley::files_api {

struct LinkSettings {
  Redacted<std::string> key;  ///< Signs links; the same on all instances.
  std::string base;  ///< "https://cdn.example.com" or that of this server, without a slash at its end; may be empty.
  /// Whether `base` is a CDN (CDN_BASE_URL): then a link names nobody, so that all who see a file fetch one address and
  /// the CDN keeps one copy. Otherwise it names whom it was made for, and that he may still see the file is checked
  /// whenever it is used.
  bool is_cdn = false;
};

/// How long a link is good: between one and two of these, so that all that are made in one of them are the same.
inline constexpr TimeDelta kLinkPeriod = TimeDelta::seconds(3600);

struct LinkParts {
  product::FileId file;
  product::files::FormRole form = product::files::FormRole::kOriginal;
  product::UserId user;  ///< Empty: anybody's.
  bool is_download = false;
  WallTime expires_at;  ///< To the second.
};

/// Where the file is fetched: `base` and "/api/v1/content/<file>?form=...".
std::string make_link(const LinkSettings& settings, const LinkParts& parts);
/// When a link made now ends.
WallTime link_end(WallTime now);
/// The parameters of a link, decoded.
struct LinkQuery {
  product::files::FormRole form = product::files::FormRole::kOriginal;
  int64_t expires = 0;  ///< Unix seconds.
  std::string signature;
  std::optional<product::UserId> user;
  std::optional<bool> download;
};
BOOST_DESCRIBE_STRUCT(LinkQuery, (), (form, expires, signature, user, download))
/// What a link says; nullopt when it is altered or its time is over.
std::optional<LinkParts> read_link(const LinkSettings& settings, const product::FileId& file, const LinkQuery& query,
                                   WallTime now);

}  // namespace parley::files_api

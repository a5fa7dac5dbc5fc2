#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace parley::net {

/// A request target taken apart.
struct Url {
  std::string path;  ///< Percent-decoded; begins with '/', runs of slashes collapsed.
  std::map<std::string, std::string> query;
};

/// Of an origin-form or absolute-form target (RFC 9112 section 3.2). nullopt when the path has a broken escape or a
/// NUL. A broken escape in the query stays as it is: browsers send such queries.
std::optional<Url> parse_target(std::string_view target);

/// RFC 3986 section 2.1; nullopt at a broken escape.
std::optional<std::string> percent_decode(std::string_view text);
/// Everything but unreserved characters is escaped.
std::string percent_encode(std::string_view text);
/// `a=b&c=d` with '+' for space; of repeated keys the last wins.
std::map<std::string, std::string> parse_query(std::string_view query);

}  // namespace parley::net

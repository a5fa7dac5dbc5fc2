#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

// The little XML that S3 speaks: known elements without attributes or prefixes that matter, never nested in themselves.

namespace parley::blob {

/// What stands between the first `<tag>` and its end, still escaped; nullopt when there is none.
std::optional<std::string_view> xml_element(std::string_view xml, std::string_view tag);
/// The same of all of them.
std::vector<std::string_view> xml_elements(std::string_view xml, std::string_view tag);
/// Of the five entities of XML and the numeric ones up to 127; others stay as they are.
std::string xml_unescape(std::string_view text);
std::string xml_escape(std::string_view text);
/// "2013-09-17T18:07:53.000Z"; the fraction is ignored. nullopt for anything else.
std::optional<WallTime> parse_s3_time(std::string_view text);

}  // namespace parley::blob

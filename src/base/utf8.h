#pragma once

#include <string_view>

namespace parley {

/// Whether `text` is UTF-8 as RFC 3629 section 4 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace parley

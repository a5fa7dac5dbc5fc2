#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"

namespace parley::net {

enum class GzipEffort : unsigned char {
  kFast,   ///< Made once, sent once.
  kSmall,  ///< Made once, sent often.
};

/// RFC 1952.
std::string gzip(std::string_view bytes, GzipEffort effort);

/// Whether the client takes gzip (RFC 9110 section 12.5.3). One that gives it a weight gets the plain form: no browser
/// does, and "q=0" means never.
bool accepts_gzip(const HttpHeaders& headers);

}  // namespace parley::net

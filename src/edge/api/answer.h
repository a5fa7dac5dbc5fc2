#pragma once

#include <string>

#include "edge/api/request.h"
#include "net/http_message.h"

namespace parley::api {

/// Answers below this fit in one packet anyway, bytes.
inline constexpr size_t kMinGzip = 1024;

enum class Handling : unsigned char {
  kSecret,  ///< `no-store`, as it is.
  kPlain,   ///< `no-store`, compressed where that helps.
  kTagged,  ///< Compressed, with a strong ETag; If-None-Match is answered with 304.
};

/// A written answer as HTTP: caching, compression, safety. Compressed forms have a tag of their own, since a strong tag
/// names bytes (RFC 9110 section 8.8.3.3).
net::HttpResponse finish_answer(const net::HttpRequest& request, Written answer, Handling handling);

/// What keeps a browser from doing anything with an answer but handing it to the page's code.
enum class Transport : unsigned char { kHttp, kHttps };
void add_safety_headers(net::HttpHeaders& headers, Transport transport);

}  // namespace parley::api

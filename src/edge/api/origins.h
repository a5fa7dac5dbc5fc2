#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "net/http_message.h"

namespace parley::api {

/// Which pages may call the API from a browser, and the defence against forged requests (CSRF): a cookie is sent by
/// whichever page makes the request, but no page can lie about its origin.
class Origins {
 public:
  /// Where a request comes from, by what the browser says.
  enum class Source : unsigned char {
    kUnknown,  ///< The browser says nothing, or it is none.
    kSame,     ///< A page of this server itself.
    kAllowed,  ///< A page of an allowed origin.
    kForeign,
  };

  /// From URLs of front ends ("https://app.example.com/path"). A wildcard is refused: credentials are allowed.
  static Result<Origins> parse(const std::vector<std::string>& urls);

  Source source_of(const net::HttpRequest& request) const;
  /// Whether an unsafe request may act: refused from foreign pages unless it carries a token, which a foreign page does
  /// not have; and refused when it carries a cookie and does not say where it comes from.
  static bool may_act(const net::HttpRequest& request, Source source);

 private:
  std::vector<std::string> allowed_;
};

/// Access-Control-* of an answer to an allowed origin; Vary for all.
void add_cors(net::HttpHeaders& headers, const net::HttpRequest& request, Origins::Source source);
bool is_preflight(const net::HttpRequest& request);
/// The answer to a preflight from an allowed origin.
net::HttpResponse make_preflight(const net::HttpRequest& request, std::string_view methods);

}  // namespace parley::api

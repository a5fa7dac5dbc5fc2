#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_message.h"

namespace parley::net {

/// A folder of files, held in memory: the web app. A request can only name what was loaded, so there is no path that
/// leads out of the folder. Immutable after load(), therefore thread-safe.
class StaticFiles {
 public:
  /// A file and the whole folder; an application of the web is far below both.
  static constexpr uintmax_t kMaxFile = 64 * 1024 * 1024;
  static constexpr uintmax_t kMaxTotal = 256 * 1024 * 1024;

  /// Reads every regular file below `folder`; symbolic links are not followed.
  static Result<StaticFiles> load(const std::string& folder);

  /// Answers GET and HEAD (else 405). A path that names no file and does not look like one ("/rooms/a") gets
  /// index.html, because such paths belong to the app's router; one that does ("/x.js") gets 404. Answers 304 to a
  /// known ETag, and gzip to clients that take it.
  HttpResponse respond(const HttpRequest& request) const;
  /// nullptr when there is no such file; for callers that change it before they serve it.
  const std::string* find(std::string_view path) const;
  size_t count() const { return files_.size(); }

 private:
  struct File {
    std::shared_ptr<const std::string> content;
    std::shared_ptr<const std::string> gzipped;  ///< Only where it is worth it.
    std::string content_type;
    std::string etag;
    bool is_immutable = false;
  };

  static File make_file(std::string_view path, std::string content);
  HttpResponse respond_with(const File& file, const HttpRequest& request) const;

  std::map<std::string, File, std::less<>> files_;  ///< By path: "/assets/app-1a2b3c.js".
};

/// "text/javascript; charset=utf-8" for "x.js"; "application/octet-stream" for what is not known.
std::string_view content_type_of(std::string_view path);

/// Headers of every page of the app: content security policy, permissions, no sniffing, no referrer to others.
void add_security_headers(HttpHeaders& headers);

}  // namespace parley::net

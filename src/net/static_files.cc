#include "net/static_files.h"

#include <openssl/evp.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/check.h"
#include "net/gzip.h"

namespace parley::net {
namespace {

namespace fs = std::filesystem;

/// Below this, gzip saves no packet.
constexpr size_t kMinGzip = 1024;

/// Everything from ourselves; WebAssembly for noise suppression; blobs for pictures, recordings and worklets; wss: for
/// an external LiveKit server. Inline styles are what the UI library sets on positioned elements.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' wss:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'";

/// Weak, because the plain and the gzipped form share it (RFC 9110 section 8.8.1).
std::string sha256_etag(std::string_view content) {
  uint8_t digest[32];
  unsigned size = sizeof digest;
  const int done = EVP_Digest(content.data(), content.size(), digest, &size, EVP_sha256(), nullptr);
  PARLEY_CHECK(done == 1);
  return "W/\"" + base64url_encode(ByteView(digest).first(16)) + '"';
}

bool is_compressible(std::string_view content_type) {
  return content_type.starts_with("text/") || content_type.contains("json") || content_type.contains("xml") ||
         content_type == "application/wasm";
}

/// The build names what is below assets/ after its content, so such a name never means something else.
bool is_hashed_asset(std::string_view path) { return path.starts_with("/assets/"); }

bool names_a_file(std::string_view path) { return path.substr(path.rfind('/') + 1).contains('.'); }

/// If-None-Match (RFC 9110 section 13.1.2): a list of tags, possibly weak, or "*".
bool matches_etag(std::string_view header, std::string_view etag) {
  return header == "*" || header.find(etag) != std::string_view::npos;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(in), {}};
  if (!in.good() && !in.eof()) return fail(Error::Code::kUnavailable, "cannot read " + path);
  return content;
}

}  // namespace

std::string_view content_type_of(std::string_view path) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".webp", "image/webp"},
      {".avif", "image/avif"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".woff", "font/woff"},
      {".wasm", "application/wasm"},
      {".mp3", "audio/mpeg"},
      {".ogg", "audio/ogg"},
      {".wav", "audio/wav"},
      {".mp4", "video/mp4"},
      {".webm", "video/webm"},
      {".txt", "text/plain; charset=utf-8"},
      {".xml", "application/xml"},
      {".pdf", "application/pdf"},
  };
  for (const auto& [suffix, type] : kTypes) {
    if (path.ends_with(suffix)) return type;
  }
  return "application/octet-stream";
}

void add_security_headers(HttpHeaders& headers) {
  headers.add("Content-Security-Policy", std::string(kContentSecurityPolicy));
  headers.add("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self)");
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("Referrer-Policy", "same-origin");
}

StaticFiles::File StaticFiles::make_file(std::string_view path, std::string content) {
  File file;
  file.content_type = content_type_of(path);
  file.etag = sha256_etag(content);
  file.is_immutable = is_hashed_asset(path);
  if (content.size() >= kMinGzip && is_compressible(file.content_type)) {
    std::string small = gzip(content, GzipEffort::kSmall);
    if (small.size() < content.size()) file.gzipped = std::make_shared<const std::string>(std::move(small));
  }
  file.content = std::make_shared<const std::string>(std::move(content));
  return file;
}

Result<StaticFiles> StaticFiles::load(const std::string& folder) {
  StaticFiles files;
  uintmax_t total = 0;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    std::error_code entry_error;
    if (it->is_symlink(entry_error) || !it->is_regular_file(entry_error)) continue;
    const uintmax_t size = it->file_size(entry_error);
    total += entry_error ? 0 : size;
    if (entry_error || size > kMaxFile || total > kMaxTotal) {
      return fail(Error::Code::kResourceExhausted, it->path().string() + " is unreadable or too large to serve");
    }
    auto content = read_file(it->path().string());
    if (!content) return std::unexpected(content.error());
    const std::string path = "/" + it->path().lexically_relative(folder).generic_string();
    files.files_.emplace(path, make_file(path, std::move(*content)));
  }
  if (error) return fail(Error::Code::kNotFound, "cannot read the folder " + folder + ": " + error.message());
  return files;
}

const std::string* StaticFiles::find(std::string_view path) const {
  const auto it = files_.find(path);
  return it == files_.end() ? nullptr : it->second.content.get();
}

HttpResponse StaticFiles::respond(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = make_text_response(405);
    response.headers.add("Allow", "GET, HEAD");
    return response;
  }
  auto it = files_.find(request.path);
  if (it == files_.end() && !names_a_file(request.path)) it = files_.find("/index.html");
  return it == files_.end() ? make_text_response(404) : respond_with(it->second, request);
}

HttpResponse StaticFiles::respond_with(const File& file, const HttpRequest& request) const {
  HttpResponse response;
  response.headers.add("Content-Type", file.content_type);
  response.headers.add("ETag", file.etag);
  // What is not named after its content is asked for again each time, and mostly answered with 304.
  response.headers.add("Cache-Control", file.is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
  add_security_headers(response.headers);
  if (file.gzipped) response.headers.add("Vary", "Accept-Encoding");
  if (matches_etag(request.headers.get("If-None-Match"), file.etag)) {
    response.status = 304;
    return response;
  }
  const bool is_gzipped = file.gzipped && accepts_gzip(request.headers);
  if (is_gzipped) response.headers.add("Content-Encoding", "gzip");
  response.shared_body = is_gzipped ? file.gzipped : file.content;
  return response;
}

}  // namespace parley::net

#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/blob/test_signature.h"
#include "base/check.h"
#include "net/http_server.h"
#include "net/url.h"

namespace parley::blob {

/// A small S3 for tests: one bucket in memory. It checks signatures, and fails when it is told to.
class TestS3 {
 private:
  template <class F>
  auto with(F f) const {
    const std::lock_guard lock(mutex_);
    return f();
  }

 public:
  enum class Fault : unsigned char {
    kUnavailable,  ///< 503, before anything is done.
    kForbidden,    ///< 403.
    kFull,         ///< 507, as MinIO says it.
    kCut,          ///< The connection breaks before anything is done.
    kCutAfter,     ///< It is done, and the connection breaks before the answer.
    kSilent,       ///< No answer until heal().
    kLateError,    ///< 200, and an error in the body; nothing is done.
  };
  static constexpr const char* kBucket = "files";

  TestS3() { start(0); }
  ~TestS3() { server_.reset(); }

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// The next `count` requests whose method and raw query contain `where` ("PUT", "partNumber=2").
  void fail_next(Fault fault, int count, std::string where = "") {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
    fault_count_ = count;
    fault_where_ = std::move(where);
  }
  void heal() {
    std::vector<std::shared_ptr<net::HttpExchange>> silenced;
    const std::lock_guard lock(mutex_);
    fault_count_ = 0;
    silenced.swap(silenced_);
  }
  void go_down() { server_.reset(); }
  void come_back() { start(port_); }
  size_t objects() const {
    return with([&] { return objects_.size(); });
  }
  size_t uploads() const {
    return with([&] { return uploads_.size(); });
  }
  size_t requests() const {
    return with([&] { return requests_; });
  }
  size_t refused_signatures() const {
    return with([&] { return refused_; });
  }
  std::string type_of(const std::string& key) const {
    return with([&] { return objects_.at(key).type; });
  }
  /// As another application might.
  void put_directly(const std::string& key) {
    with([&] { objects_[key] = {"x", ""}; });
  }

 private:
  struct Object {
    std::string bytes;
    std::string type;
  };
  struct Upload {
    std::string key;
    std::string type;
    std::map<int, std::string> parts;
  };
  using Query = std::map<std::string, std::string>;
  /// Breaks the connection in the middle of an answer.
  class Broken final : public net::BodySource {
   public:
    void read(uint64_t, size_t, Done done) override { done(fail(Error::Code::kUnavailable, "cut")); }
  };

  void start(uint16_t port) {
    net::HttpServerOptions options;
    options.bind_addresses = {"127.0.0.1"};
    options.port = port;
    options.limits.body = size_t{64} * 1024 * 1024;
    server_.emplace(options, [this](std::shared_ptr<net::HttpExchange> exchange) { serve(std::move(exchange)); });
    PARLEY_CHECK(server_->start());
    port_ = server_->port();
  }

  static net::HttpResponse error(int status, std::string_view code) {
    return {status,
            {{"Content-Type", "application/xml"}},
            fmt::format("<?xml version=\"1.0\"?>\n<Error><Code>{}</Code></Error>", code),
            nullptr};
  }
  /// An answer to HEAD has no middle to break in.
  static net::HttpResponse cut(const net::HttpRequest& request) {
    if (request.method == "HEAD") return error(503, "SlowDown");
    net::HttpResponse response{200, {}, {}, nullptr};
    response.source = std::make_shared<Broken>();
    response.source_size = 100;
    return response;
  }

  void serve(std::shared_ptr<net::HttpExchange> exchange) {
    const net::HttpRequest& request = exchange->request();
    const std::lock_guard lock(mutex_);
    ++requests_;
    const bool is_faulty = fault_count_ > 0 && (request.method + " " + request.target).contains(fault_where_);
    if (is_faulty) --fault_count_;
    if (!is_faulty) return exchange->respond(answer(request));
    switch (fault_) {
      case Fault::kUnavailable:
        return exchange->respond(error(503, "SlowDown"));
      case Fault::kForbidden:
        return exchange->respond(error(403, "AccessDenied"));
      case Fault::kFull:
        return exchange->respond(error(507, "XMinioStorageFull"));
      case Fault::kCutAfter:
        answer(request);
        return exchange->respond(cut(request));
      case Fault::kCut:
        return exchange->respond(cut(request));
      case Fault::kSilent:
        silenced_.push_back(std::move(exchange));
        return;
      case Fault::kLateError:
        return exchange->respond({200, {}, error(500, "InternalError").body, nullptr});
    }
  }

  net::HttpResponse answer(const net::HttpRequest& request) {
    if (const auto refused = TestSignature::check(request)) {
      ++refused_;
      return error(403, *refused);
    }
    const std::string bucket = "/" + std::string(kBucket);
    if (request.path == bucket) return list(request.query);
    if (!request.path.starts_with(bucket + "/")) return error(404, "NoSuchBucket");
    const std::string key = request.path.substr(bucket.size() + 1);
    if (request.query.contains("uploadId") || request.query.contains("uploads")) return multipart(request, key);
    if (request.method == "PUT") {
      objects_[key] = {request.body, std::string(request.headers.get("Content-Type"))};
      return {200, {{"ETag", "\"whole\""}}, {}, nullptr};
    }
    if (request.method == "DELETE") {
      objects_.erase(key);
      return {204, {}, {}, nullptr};
    }
    return get(request, key);
  }

  net::HttpResponse get(const net::HttpRequest& request, const std::string& key) {
    const auto found = objects_.find(key);
    if (found == objects_.end()) return error(404, "NoSuchKey");
    const auto type = request.query.find("response-content-type");
    const auto disposition = request.query.find("response-content-disposition");
    net::HttpResponse response{200, {}, found->second.bytes, nullptr};
    response.headers.add("Content-Type", type == request.query.end() ? found->second.type : type->second);
    if (disposition != request.query.end()) response.headers.add("Content-Disposition", disposition->second);
    const std::string range(request.headers.get("Range"));
    if (range.empty()) return response;
    size_t first = 0;
    size_t last = 0;
    PARLEY_CHECK(std::sscanf(range.c_str(), "bytes=%zu-%zu", &first, &last) == 2);
    if (first >= response.body.size()) return error(416, "InvalidRange");
    response.status = 206;
    response.body = response.body.substr(first, last - first + 1);
    return response;
  }

  net::HttpResponse multipart(const net::HttpRequest& request, const std::string& key) {
    if (request.query.contains("uploads")) {
      const std::string id = "up&load-" + std::to_string(++next_upload_);
      uploads_[id] = {key, std::string(request.headers.get("Content-Type")), {}};
      const std::string escaped = "up&amp;load-" + std::to_string(next_upload_);
      return {200, {}, "<R><UploadId>" + escaped + "</UploadId></R>", nullptr};
    }
    const auto upload = uploads_.find(request.query.at("uploadId"));
    if (upload == uploads_.end() || upload->second.key != key) return error(404, "NoSuchUpload");
    if (request.method == "DELETE") {
      uploads_.erase(upload);
      return {204, {}, {}, nullptr};
    }
    if (request.method == "PUT") {
      const std::string& number = request.query.at("partNumber");
      upload->second.parts[std::stoi(number)] = request.body;
      return {200, {{"ETag", "\"part-" + number + "\""}}, {}, nullptr};
    }
    std::string bytes;
    for (const auto& [number, part] : upload->second.parts) {
      const std::string wanted =
          fmt::format("<Part><PartNumber>{}</PartNumber><ETag>&quot;part-{}&quot;</ETag></Part>", number, number);
      if (!request.body.contains(wanted)) return error(400, "InvalidPart");
      bytes += part;
    }
    objects_[key] = {std::move(bytes), upload->second.type};
    uploads_.erase(upload);
    return {200, {}, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>", nullptr};
  }

  net::HttpResponse list(const Query& query) {
    PARLEY_CHECK(query.at("list-type") == "2" && query.at("encoding-type") == "url");
    const auto limit = std::min<size_t>(std::stoul(query.at("max-keys")), page_size_);
    std::string items;
    size_t count = 0;
    bool is_truncated = false;
    for (auto it = objects_.upper_bound(query.at("start-after")); it != objects_.end(); ++it) {
      if (!it->first.starts_with(query.at("prefix"))) continue;
      if (count == limit) is_truncated = true;
      if (count++ >= limit) break;
      items += fmt::format(
          "<Contents><Key>{}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified><Size>{}</Size></Contents>",
          net::percent_encode(it->first), it->second.bytes.size());
    }
    return {200,
            {},
            fmt::format("<ListBucketResult><IsTruncated>{}</IsTruncated>{}</ListBucketResult>", is_truncated, items),
            nullptr};
  }

  mutable std::mutex mutex_;
  std::map<std::string, Object> objects_;  ///< This and what follows: under mutex_.
  std::map<std::string, Upload> uploads_;
  int next_upload_ = 0;
  size_t page_size_ = 3;
  size_t requests_ = 0;
  size_t refused_ = 0;
  Fault fault_ = Fault::kUnavailable;
  int fault_count_ = 0;
  std::string fault_where_;
  std::vector<std::shared_ptr<net::HttpExchange>> silenced_;
  uint16_t port_ = 0;
  std::optional<net::HttpServer> server_;  ///< Last: it uses all of the above.
};

}  // namespace parley::blob

#include "edge/files/routes.h"

#include <memory>

#include "edge/files/multipart.h"
#include "edge/files/tus.h"

namespace parley::files_api {

void add_file_routes(api::RouteTable& table, FileServices services) {
  const auto shared = std::make_shared<const FileServices>(std::move(services));
  add_upload_routes(table, shared);
  add_tus_routes(table, shared);
  add_content_routes(table, shared);
}

net::BodyPlan plan_body(const net::HttpRequest& head, const product::files::FileLimits& limits, size_t other) {
  using Place = net::BodyPlan::Place;
  if (head.path == "/api/v1/files") return {static_cast<size_t>(limits.file) + kMaxFormOverhead, Place::kFile};
  if (head.path == "/api/v1/uploads" || head.path.starts_with("/api/v1/uploads/"))
    return {static_cast<size_t>(kMaxTusChunk), Place::kFile};
  return {other, Place::kMemory};
}

}  // namespace parley::files_api

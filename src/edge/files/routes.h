#pragma once

#include <functional>

#include "edge/api/route.h"
#include "edge/files/content.h"
#include "edge/files/links.h"
#include "product/files/uploads.h"

namespace parley::files_api {

/// What the routes are given; the references outlive them and are thread-safe.
struct FileServices {
  product::BlobStore& blobs;
  net::WorkerPool& readers;  ///< Of downloads.
  product::files::FileLimits limits;
  LinkSettings links;
  std::function<void()> wake;  ///< A file waits to be looked at.
};

/// Files: upload by form and by tus 1.0, description, download, links, quota.
void add_file_routes(api::RouteTable& table, FileServices services);

/// Where the bodies of these routes go: uploads into files, so that none of them is held in memory. Everything else
/// as `other` says.
net::BodyPlan plan_body(const net::HttpRequest& head, const product::files::FileLimits& limits, size_t other);

// The parts of the table.
void add_upload_routes(api::RouteTable& table, const std::shared_ptr<const FileServices>& services);
void add_tus_routes(api::RouteTable& table, const std::shared_ptr<const FileServices>& services);
void add_content_routes(api::RouteTable& table, const std::shared_ptr<const FileServices>& services);

}  // namespace parley::files_api

#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/media_tool/process_media_tool.h"
#include "adapters/store/database.h"
#include "edge/files/maker.h"
#include "edge/files/routes.h"
#include "net/worker_pool.h"
#include "server/config.h"

namespace parley::server {

/// Everything behind the routes of files: where the bytes are, who looks at them, and what sweeps up. Decides nothing.
class FileService {
 public:
  /// The error's text names the option.
  static Result<std::unique_ptr<FileService>> open(const Config& config, store::Database& database, Rng& rng);
  ~FileService() { stop(); }

  files_api::FileServices services();
  /// Idempotent. What is being looked at is looked at again after the next start.
  void stop();
  /// Prometheus text format 0.0.4.
  std::string to_prometheus() const;

 private:
  FileService(const Config& config, store::Database& database, Rng& rng, std::unique_ptr<product::BlobStore> blobs,
              std::unique_ptr<product::FileScanner> scanner);
  void wake();
  /// Looks at files until stopped.
  void work(const std::stop_token& stop);
  /// Waits until there may be something to do.
  void wait(const std::stop_token& stop, TimeDelta most);
  /// Forgets what nobody needs, from time to time.
  void tend(const std::stop_token& stop);
  void sweep(const std::stop_token& stop);

  const Config& config_;
  store::Database& database_;
  const std::unique_ptr<product::BlobStore> blobs_;
  const std::unique_ptr<product::FileScanner> scanner_;
  media_tool_adapter::ProcessMediaTool media_;
  files_api::FileMaker maker_;
  net::WorkerPool readers_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  uint64_t wakes_ = 0;  ///< Under mutex_.
  std::vector<std::jthread> threads_;
};

/// What is limited of files.
product::files::FileLimits file_limits(const Config& config);

}  // namespace parley::server

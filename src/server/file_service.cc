#include "server/file_service.h"

#include <filesystem>

#include "adapters/blob/disk_blobs.h"
#include "adapters/blob/s3_blobs.h"
#include "adapters/scan/clamav_scanner.h"
#include "base/base64.h"
#include "base/log.h"
#include "edge/api/digest.h"
#include "net/clock.h"
#include "product/files/garbage.h"

namespace parley::server {
namespace {

using product::Outcome;
using product::Tx;
namespace files = product::files;

/// Files looked at at a time: each may have a process of its own, and there are calls to be carried beside it.
constexpr unsigned kMakers = 2;
/// Another instance's uploads wake nobody here; files that wait for a scanner neither.
constexpr TimeDelta kLookAnyway = TimeDelta::seconds(2);
constexpr TimeDelta kSweepEvery = TimeDelta::seconds(600);
constexpr TimeDelta kUnitTakes = TimeDelta::seconds(30);
constexpr net::WorkerPoolOptions kReaders{.threads = 4, .queue = 4096};

Timestamp soon() { return net::read_clock().mono + kUnitTakes; }

Result<std::unique_ptr<product::BlobStore>> open_blobs(const Config& config, Rng& rng) {
  if (config.s3_bucket.empty()) {
    auto opened = blob::DiskBlobs::open((std::filesystem::path(config.data_dir) / "files").string());
    if (!opened) return std::unexpected(opened.error());
    return std::move(*opened);
  }
  blob::S3Options options{.bucket = config.s3_bucket, .region = config.s3_region, .endpoint = config.s3_endpoint};
  options.credentials = {config.s3_access_key, config.s3_secret_key, {}};
  if (!config.s3_path_style.empty()) {
    options.style = config.s3_path_style == "true" ? blob::S3Options::Style::kPath : blob::S3Options::Style::kHost;
  }
  auto opened = blob::S3Blobs::open(std::move(options), rng);
  if (!opened) return std::unexpected(opened.error());
  return std::move(*opened);
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string counter(std::string_view name, std::string_view help, uint64_t value) {
  const std::string text(name);
  return "# HELP " + text + " " + std::string(help) + "\n# TYPE " + text + " counter\n" + text + " " +
         std::to_string(value) + "\n";
}

}  // namespace

product::files::FileLimits file_limits(const Config& config) {
  return {.file = config.file_max_bytes, .user = config.file_user_quota, .server = config.file_server_quota};
}

Result<std::unique_ptr<FileService>> FileService::open(const Config& config, store::Database& database, Rng& rng) {
  auto blobs = open_blobs(config, rng);
  if (!blobs) return std::unexpected(blobs.error());
  std::unique_ptr<product::FileScanner> scanner;
  if (!config.clamav.empty()) {
    auto made = scan::ClamavScanner::make(config.clamav);
    if (!made) return std::unexpected(made.error());
    scanner = std::move(*made);
  }
  std::unique_ptr<FileService> service(new FileService(config, database, rng, std::move(*blobs), std::move(scanner)));
  if (media_tool_adapter::ProcessMediaTool::beside_this_executable().empty())
    log::warn("media_tool_is_missing", {{"hint", "pictures and recordings are refused; install parley-media"}});
  for (unsigned i = 0; i < kMakers; ++i)
    service->threads_.emplace_back([self = service.get()](const std::stop_token& stop) { self->work(stop); });
  service->threads_.emplace_back([self = service.get()](const std::stop_token& stop) { self->tend(stop); });
  return service;
}

FileService::FileService(const Config& config, store::Database& database, Rng& rng,
                         std::unique_ptr<product::BlobStore> blobs, std::unique_ptr<product::FileScanner> scanner)
    : config_(config),
      database_(database),
      blobs_(std::move(blobs)),
      scanner_(std::move(scanner)),
      media_({.executable = media_tool_adapter::ProcessMediaTool::beside_this_executable(), .concurrent = kMakers}),
      maker_({.store = database, .blobs = *blobs_, .media = media_, .scanner = scanner_.get(), .rng = rng},
             (std::filesystem::path(config.data_dir) / "work").string(), net::read_clock),
      readers_(kReaders) {}

files_api::FileServices FileService::services() {
  files_api::LinkSettings links;
  const auto key = api::hmac_sha256(config_.keys.front().secret.reveal(), "parley file links");
  links.key = Redacted<std::string>(base64_encode(ByteView(key)));
  links.is_cdn = !config_.cdn_base_url.empty();
  links.base = without_slash(links.is_cdn ? config_.cdn_base_url : config_.public_url);
  return {
      .blobs = *blobs_, .readers = readers_, .limits = file_limits(config_), .links = std::move(links), .wake = [this] {
        wake();
      }};
}

void FileService::wake() {
  const std::lock_guard lock(mutex_);
  ++wakes_;
  changed_.notify_one();
}

void FileService::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  readers_.stop();
}

void FileService::wait(const std::stop_token& stop, TimeDelta most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, std::chrono::microseconds(most.us()), [this] { return wakes_ > 0; });
  if (wakes_ > 0) --wakes_;
}

void FileService::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto done = maker_.make_next();
    if (!done) log::warn("files_wait", {{"problem", product::info(done.error().code).name}});
    if (!done || *done == files_api::FileMaker::Done::kNothing) wait(stop, kLookAnyway);
  }
}

void FileService::tend(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  while (!stop.stop_requested()) {
    sweep(stop);
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, std::chrono::microseconds(kSweepEvery.us()), [] { return false; });
  }
}

void FileService::sweep(const std::stop_token& stop) {
  const WallTime now = net::read_clock().wall;
  for (int64_t (*unit)(Tx&, WallTime) : {&files::sweep_files, &files::sweep_contents}) {
    for (int64_t count = files::kSweptAtOnce; count == files::kSweptAtOnce && !stop.stop_requested();)
      count = database_.write(soon(), [&](Tx& tx) -> Outcome<int64_t> { return unit(tx, now); }).value_or(0);
  }
  while (!stop.stop_requested()) {
    const auto due = database_.read(
        soon(), [&](Tx& tx) -> Outcome<std::vector<std::string>> { return files::due_garbage(tx, now); });
    if (!due || due->empty()) return;
    std::vector<std::string> gone;
    for (const std::string& key : *due) {
      const auto blob_key = product::BlobKey::make(key);
      if (!blob_key || blobs_->remove(*blob_key, soon())) gone.push_back(key);
    }
    // The storage does not answer: another time.
    if (gone.empty()) return log::warn("garbage_waits", {{"blobs", static_cast<int64_t>(due->size())}});
    const auto forgotten = database_.write(soon(), [&](Tx& tx) -> Outcome<void> {
      files::forget_garbage(tx, gone);
      return {};
    });
    if (!forgotten) return;
  }
}

std::string FileService::to_prometheus() const {
  const media_tool_adapter::MediaToolStats media = media_.stats();
  return counter("parley_media_jobs_total", "Files given to parley-media", media.started) +
         counter("parley_media_refused_total", "Files that parley-media refused", media.refused) +
         counter("parley_media_crashed_total", "Runs of parley-media that ended by a signal", media.crashed) +
         counter("parley_media_timed_out_total", "Runs of parley-media that were killed at their deadline",
                 media.timed_out) +
         counter("parley_media_garbled_total", "Runs of parley-media without a proper answer", media.garbled);
}

}  // namespace parley::server

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace parley::net {

struct HttpRequest;

/// What becomes of a request's body, decided when its head is there.
struct BodyPlan {
  enum class Place : unsigned char {
    kMemory,  ///< HttpRequest::body.
    kFile,    ///< HttpRequest::body_file.
  };
  size_t max_bytes = 0;  ///< Of the body without its chunked coding; a larger one gets 413.
  Place place = Place::kMemory;
};

/// Called on a connection's thread, for requests that have a body, with everything but the body; must not block.
using PlanBody = std::function<BodyPlan(const HttpRequest& head)>;

/// Bytes that all spooled bodies of a server may have together. Thread-safe.
class SpoolBudget {
 public:
  explicit SpoolBudget(uint64_t limit) : limit_(limit) {}
  /// Takes `bytes`; false, and nothing is taken, when they are not there.
  bool take(uint64_t bytes);
  void give_back(uint64_t bytes) { used_ -= bytes; }
  bool has(uint64_t bytes) const { return bytes <= limit_ && used_ <= limit_ - bytes; }
  uint64_t used() const { return used_; }

 private:
  const uint64_t limit_;
  std::atomic<uint64_t> used_{0};
};

/// Why a body could not be spooled.
enum class SpoolFailure : unsigned char {
  kOverBudget,  ///< Too many bodies are being spooled.
  kDiskFull,    ///< No space, quota or file size left.
  kDiskFailed,
};

/// A body in a temporary file that has no name: it is gone with its last reference, and after a crash too. Reading is
/// thread-safe; appending is not, and ends before the file is shared.
class BodyFile {
 public:
  /// An empty file in `folder` (empty: the system's for temporary files). With a `budget`, its bytes count there.
  static Result<std::shared_ptr<BodyFile>, SpoolFailure> make(const std::string& folder,
                                                              std::shared_ptr<SpoolBudget> budget = nullptr);
  /// A file of this machine, to be read. kUnavailable with the reason.
  static Result<std::shared_ptr<const BodyFile>> open(const std::string& path);
  BodyFile(int fd, std::shared_ptr<SpoolBudget> budget, uint64_t size = 0)
      : fd_(fd), budget_(std::move(budget)), size_(size) {}
  ~BodyFile();
  BodyFile(const BodyFile&) = delete;
  BodyFile& operator=(const BodyFile&) = delete;

  /// After a failure the file is of no use.
  Result<void, SpoolFailure> append(std::string_view bytes);

  int fd() const { return fd_; }
  uint64_t size() const { return size_; }
  /// Fills `into` from `offset`; fewer bytes only at the end of the file. kUnavailable when the disk fails.
  Result<size_t> read_at(uint64_t offset, std::span<char> into) const;

 private:
  const int fd_;
  const std::shared_ptr<SpoolBudget> budget_;  ///< Shared with the server, which a body may outlive.
  uint64_t size_;
};

/// Content of an answer that is fetched piece by piece while it is written.
class BodySource {
 public:
  using Done = std::move_only_function<void(Result<std::string>)>;
  virtual ~BodySource() = default;
  /// `done` is called once, on any thread, perhaps before this returns, with 1 to `max` bytes from `offset`. An error
  /// (or too many bytes, or none) ends the connection: the head is gone already. Called on the connection's thread;
  /// must not block. A source that takes longer than the server's write_timeout ends the connection too.
  virtual void read(uint64_t offset, size_t max, Done done) = 0;
};

}  // namespace parley::net

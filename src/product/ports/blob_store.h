#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "product/model/problem.h"

namespace parley::product {

/// The name of a blob: 1 to 200 characters of [a-z0-9/_.-], segments between slashes that are not empty, and nowhere
/// "..": so it names a place below the storage's folder and nothing else. Made by us, never by a client.
class BlobKey {
 public:
  static constexpr size_t kMaxLength = 200;
  /// kInvalidRequest when it is none.
  static Outcome<BlobKey> make(std::string text);
  const std::string& text() const { return text_; }
  auto operator<=>(const BlobKey&) const = default;

 private:
  explicit BlobKey(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// Bytes to be stored, read piece by piece. They do not change while they are stored.
class BlobSource {
 public:
  virtual ~BlobSource() = default;
  virtual uint64_t size() const = 0;
  /// Fills the whole of `into` from `offset`; the caller stays within size(). Its failure becomes that of put().
  virtual Outcome<void> read(uint64_t offset, std::span<char> into) const = 0;
};

/// A source for what is in memory anyway (a thumbnail). The text must outlive it.
class TextBlobSource final : public BlobSource {
 public:
  explicit TextBlobSource(std::string_view text) : text_(text) {}
  uint64_t size() const override { return text_.size(); }
  Outcome<void> read(uint64_t offset, std::span<char> into) const override;

 private:
  const std::string_view text_;
};

struct PutOptions {
  std::string content_type = "application/octet-stream";  ///< Told by S3 with a link; disk does not keep it.
};

/// A link that needs no further credentials.
struct LinkOptions {
  TimeDelta valid_for = TimeDelta::seconds(300);  ///< 1 s to 7 days.
  std::string content_type;                       ///< Of the answer; empty: as stored.
  std::string disposition;                        ///< Content-Disposition of the answer; empty: none.
};

struct BlobEntry {
  BlobKey key;
  uint64_t size = 0;
  WallTime modified;  ///< When it was put.
};

/// Where files are. A key is written once and then never changes; whoever puts it again puts the same bytes.
/// Thread-safe; calls block, so they belong on the worker pool. All of them end in kStorageUnavailable when the storage
/// does not do it (after retries), and in kDeadlineExceeded when `deadline` passes first.
class BlobStore {
 public:
  /// What one read() gives at most.
  static constexpr size_t kMaxRead = size_t{8} * 1024 * 1024;
  /// What one list() gives at most.
  static constexpr size_t kMaxList = 1000;

  virtual ~BlobStore() = default;
  /// Durable when it returns; nothing of it can be seen when it fails. kStorageFull.
  virtual Outcome<void> put(const BlobKey& key, const BlobSource& source, const PutOptions& options,
                            Timestamp deadline) = 0;
  /// Up to `max` bytes (and kMaxRead) from `offset`; fewer only at the end, none behind it. kNotFound.
  virtual Outcome<std::string> read(const BlobKey& key, uint64_t offset, size_t max, Timestamp deadline) = 0;
  /// kNotFound.
  virtual Outcome<uint64_t> size_of(const BlobKey& key, Timestamp deadline) = 0;
  /// Also when there is none.
  virtual Outcome<void> remove(const BlobKey& key, Timestamp deadline) = 0;
  /// The first `limit` (and kMaxList) whose keys begin with `prefix` and come behind `after`, in the order of their
  /// bytes. Both may be empty. For sweeps: pass the last key until nothing comes.
  virtual Outcome<std::vector<BlobEntry>> list(std::string_view prefix, std::string_view after, size_t limit,
                                               Timestamp deadline) = 0;
  /// Where a client can fetch it directly; nullopt when this storage has no such thing.
  virtual std::optional<std::string> link(const BlobKey& /*key*/, const LinkOptions& /*options*/,
                                          WallTime /*now*/) const {
    return std::nullopt;
  }
};

}  // namespace parley::product

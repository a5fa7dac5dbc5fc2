#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

using ByteView = std::span<const uint8_t>;
using MutableByteView = std::span<uint8_t>;
using ByteVector = std::vector<uint8_t>;

inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline ByteView as_bytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

/// Reads big-endian values from a view. Reading past the end yields zero and makes ok() false for good, so a parser
/// may read a whole fixed part and check once.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  size_t offset() const { return offset_; }
  size_t remaining() const { return ok_ ? bytes_.size() - offset_ : 0; }

  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u24() { return static_cast<uint32_t>(number(3)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u48() { return number(6); }
  uint64_t u64() { return number(8); }

  /// The next `size` bytes, or an empty view and a failed reader.
  ByteView bytes(size_t size) {
    if (!take(size)) return {};
    return bytes_.subspan(offset_ - size, size);
  }
  void skip(size_t size) { take(size); }
  /// All that remains.
  ByteView rest() { return bytes(remaining()); }

 private:
  bool take(size_t size) {
    if (!ok_ || bytes_.size() - offset_ < size) {
      ok_ = false;
      return false;
    }
    offset_ += size;
    return true;
  }
  uint64_t number(size_t size) {
    if (!take(size)) return 0;
    uint64_t value = 0;
    for (size_t i = offset_ - size; i < offset_; ++i) value = value << 8 | bytes_[i];
    return value;
  }

  ByteView bytes_;
  size_t offset_ = 0;
  bool ok_ = true;
};

/// Writes big-endian values into a caller's buffer. Writing past the end writes nothing and makes ok() false for good.
class ByteWriter {
 public:
  explicit ByteWriter(MutableByteView buffer) : buffer_(buffer) {}

  bool ok() const { return ok_; }
  size_t size() const { return offset_; }
  ByteView written() const { return buffer_.first(offset_); }

  void u8(uint8_t v) { number(v, 1); }
  void u16(uint16_t v) { number(v, 2); }
  void u24(uint32_t v) { number(v, 3); }
  void u32(uint32_t v) { number(v, 4); }
  void u48(uint64_t v) { number(v, 6); }
  void u64(uint64_t v) { number(v, 8); }
  void bytes(ByteView v) {
    if (!take(v.size())) return;
    if (!v.empty()) std::memcpy(buffer_.data() + offset_ - v.size(), v.data(), v.size());
  }
  void zeros(size_t count) {
    if (take(count) && count > 0) std::memset(buffer_.data() + offset_ - count, 0, count);
  }
  /// Overwrites two bytes already written at `at`, for lengths known only afterwards.
  void patch_u16(size_t at, uint16_t v) {
    if (at + 2 > offset_) {
      ok_ = false;
      return;
    }
    buffer_[at] = static_cast<uint8_t>(v >> 8);
    buffer_[at + 1] = static_cast<uint8_t>(v);
  }

 private:
  bool take(size_t size) {
    if (!ok_ || buffer_.size() - offset_ < size) {
      ok_ = false;
      return false;
    }
    offset_ += size;
    return true;
  }
  void number(uint64_t v, size_t size) {
    if (!take(size)) return;
    for (size_t i = 0; i < size; ++i) buffer_[offset_ - 1 - i] = static_cast<uint8_t>(v >> (8 * i));
  }

  MutableByteView buffer_;
  size_t offset_ = 0;
  bool ok_ = true;
};

}  // namespace parley

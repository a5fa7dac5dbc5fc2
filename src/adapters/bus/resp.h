#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// Redis's protocol, version 2 (redis.io/docs/reference/protocol-spec): the part that a bus needs. Sans I/O.

namespace parley::bus {

/// One answer or pushed message.
struct RespValue {
  enum class Kind : unsigned char { kText, kError, kInteger, kNull, kArray };
  Kind kind = Kind::kNull;
  std::string text;  ///< Simple and bulk strings, errors.
  int64_t integer = 0;
  std::vector<RespValue> items;
};

/// Takes bytes as they come, gives values.
class RespParser {
 public:
  /// Bytes of one string: a payload of the bus with what stands around it. More is no message of ours.
  static constexpr size_t kMaxText = size_t{512} * 1024;
  static constexpr size_t kMaxItems = 64;   ///< Of one array; messages have three.
  static constexpr size_t kMaxDepth = 4;    ///< Arrays in arrays; messages have one.
  static constexpr size_t kMaxLine = 4096;  ///< Bytes of a line without its end: errors are the longest.
  static constexpr size_t kMaxValue = size_t{1024} * 1024;  ///< Bytes of one value with all that is in it.

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  /// The next value that is whole; nullopt: more bytes are needed. kInvalidArgument or kResourceExhausted: what comes
  /// is not the protocol or beyond the limits, and nothing that follows can be understood.
  Result<std::optional<RespValue>> next();
  size_t buffered() const { return buffer_.size(); }

 private:
  std::string buffer_;
  size_t scanned_ = 0;  ///< A value that begins with the buffer is known to need more bytes than that.
};

/// A command with its arguments, of any bytes.
std::string make_command(std::initializer_list<std::string_view> words);

}  // namespace parley::bus

#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/strong_id.h"

namespace parley::log {

enum class Level : uint8_t { kDebug, kInfo, kWarn, kError };

/// One typed field of a log line. Redacted<T> converts to none of these, so it cannot be logged by accident.
struct Field {
  Field(std::string_view k, std::string_view v) : key(k), text(v), is_number(false) {}
  Field(std::string_view k, const char* v) : Field(k, std::string_view(v)) {}
  Field(std::string_view k, const std::string& v) : Field(k, std::string_view(v)) {}
  Field(std::string_view k, int64_t v) : key(k), number(v), is_number(true) {}
  Field(std::string_view k, uint64_t v) : Field(k, static_cast<int64_t>(v)) {}
  Field(std::string_view k, int v) : Field(k, static_cast<int64_t>(v)) {}
  Field(std::string_view k, unsigned v) : Field(k, static_cast<int64_t>(v)) {}
  template <class Tag, class Int>
  Field(std::string_view k, StrongId<Tag, Int> v) : Field(k, static_cast<int64_t>(v.value())) {}

  std::string_view key;
  std::string_view text;
  int64_t number = 0;
  bool is_number;
};
using Fields = std::initializer_list<Field>;

/// Receives finished lines without the newline. Set once at start by the process; until then lines are discarded, so
/// sans-IO code may log without having I/O of its own. Must be thread-safe.
using Sink = void (*)(Level, std::string_view line);
void set_sink(Sink sink, Level minimum);
bool enabled(Level level);

/// `{"level":"info","event":"participant_joined",...}`: one JSON object, properly escaped. Never on the packet path.
void write(Level level, std::string_view event, Fields fields);

inline void debug(std::string_view event, Fields fields = {}) { write(Level::kDebug, event, fields); }
inline void info(std::string_view event, Fields fields = {}) { write(Level::kInfo, event, fields); }
inline void warn(std::string_view event, Fields fields = {}) { write(Level::kWarn, event, fields); }
inline void error(std::string_view event, Fields fields = {}) { write(Level::kError, event, fields); }

}  // namespace parley::log

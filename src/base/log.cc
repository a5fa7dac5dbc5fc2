#include "base/log.h"

#include <fmt/format.h>

#include <iterator>

namespace parley::log {
namespace {

std::atomic<Sink> g_sink{nullptr};
std::atomic<Level> g_minimum{Level::kInfo};

void append_escaped(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "error";
}

}  // namespace

void set_sink(Sink sink, Level minimum) {
  g_minimum.store(minimum, std::memory_order_relaxed);
  g_sink.store(sink, std::memory_order_release);
}

bool enabled(Level level) {
  return g_sink.load(std::memory_order_acquire) != nullptr && level >= g_minimum.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view event, Fields fields) {
  if (!enabled(level)) return;
  std::string line = fmt::format("{{\"level\":\"{}\",\"event\":", level_name(level));
  append_escaped(line, event);
  for (const Field& field : fields) {
    line += ',';
    append_escaped(line, field.key);
    line += ':';
    if (field.is_number) {
      line += fmt::format("{}", field.number);
    } else {
      append_escaped(line, field.text);
    }
  }
  line += '}';
  g_sink.load(std::memory_order_acquire)(level, line);
}

}  // namespace parley::log

#pragma once

#include <string>
#include <string_view>

#include "base/guarded.h"
#include "base/log.h"

namespace parley {

/// Keeps what this process logs, from any thread, while it lives. One at a time.
class LogCapture {
 public:
  explicit LogCapture(log::Level minimum) {
    lines().with([](std::string& text) { text.clear(); });
    log::set_sink(&keep, minimum);
  }
  ~LogCapture() { end(); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  /// Nothing more is kept. Idempotent.
  void end() { log::set_sink(nullptr, log::Level::kError); }
  /// Line after line, each with its newline.
  std::string text() const {
    return lines().with([](const std::string& text) { return text; });
  }

 private:
  static void keep(log::Level /*level*/, std::string_view line) {
    lines().with([&](std::string& text) { text.append(line) += '\n'; });
  }
  /// Of the program: a thread may still be writing when a capture ends.
  static Guarded<std::string>& lines() {
    static Guarded<std::string> text;
    return text;
  }
};

}  // namespace parley

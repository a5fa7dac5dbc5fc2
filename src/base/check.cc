#include "base/check.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace parley {
namespace {
std::atomic<unsigned long> g_bugs{0};
}  // namespace

void check_failed(const char* kind, const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s failed: %s at %s:%d\n", kind, expression, file, line);
  std::abort();
}

void report_bug(const char* text, const char* file, int line) {
  std::fprintf(stderr, "BUG: %s at %s:%d\n", text, file, line);
  g_bugs.fetch_add(1, std::memory_order_relaxed);
#ifndef NDEBUG
  std::abort();
#endif
}

unsigned long bug_count() { return g_bugs.load(std::memory_order_relaxed); }

}  // namespace parley

#pragma once

namespace parley {

/// Prints `expression` and its place to standard error and aborts the process.
[[noreturn]] void check_failed(const char* kind, const char* expression, const char* file, int line);

/// Our own mistake, contained: aborts in debug builds and tests; in release builds counts it, so that the caller can
/// close the one peer or request it concerns.
void report_bug(const char* text, const char* file, int line);

/// How many bugs report_bug() has counted in this process. Exported as parley_bugs_total.
unsigned long bug_count();

}  // namespace parley

/// Our own mistake with memory or security at stake: always on, aborts.
#define PARLEY_CHECK(condition) \
  ((condition) ? (void)0 : ::parley::check_failed("CHECK", #condition, __FILE__, __LINE__))

/// An invariant that is too costly for release builds.
#ifdef NDEBUG
#define PARLEY_DCHECK(condition) ((void)sizeof(condition))
#else
#define PARLEY_DCHECK(condition) \
  ((condition) ? (void)0 : ::parley::check_failed("DCHECK", #condition, __FILE__, __LINE__))
#endif

/// Our own mistake, contained. The statement after it must close the one peer or request concerned.
#define PARLEY_BUG(text) ::parley::report_bug(text, __FILE__, __LINE__)

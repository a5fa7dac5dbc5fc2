// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/sandbox.h"

#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace parley::media_tool {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif
#else
constexpr bool kIsSanitized = false;
#endif

/// Decoded, a picture of 50 million pixels takes 400 MB at the worst, and saving it as much again. Only AVIF's encoder
/// wants more than this for more than some 24 million pixels.
constexpr rlim_t kMemory = rlim_t{1536} * 1024 * 1024;
/// Far more than honest files take: AVIF of 24 million pixels 2 s, a quarter of an hour of voice a few.
constexpr rlim_t kCpuSeconds = 60;
/// The largest upload (product.md 3.6), which is copied without its metadata.
constexpr rlim_t kFileSize = rlim_t{2} * 1024 * 1024 * 1024 + rlim_t{64} * 1024 * 1024;
constexpr rlim_t kDescriptors = 64;

bool limit(decltype(RLIMIT_AS) what, rlim_t most) {
  const rlimit value{most, most};
  return ::setrlimit(what, &value) == 0;
}

/// What decoding needs once everything is open: memory, threads, time, reading and writing.
constexpr std::array kAllowed{SCMP_SYS(read),
                              SCMP_SYS(pread64),
                              SCMP_SYS(readv),
                              SCMP_SYS(write),
                              SCMP_SYS(pwrite64),
                              SCMP_SYS(writev),
                              SCMP_SYS(lseek),
                              SCMP_SYS(fstat),
                              SCMP_SYS(ftruncate),
                              SCMP_SYS(close),
                              SCMP_SYS(mmap),
                              SCMP_SYS(munmap),
                              SCMP_SYS(mremap),
                              SCMP_SYS(mprotect),
                              SCMP_SYS(madvise),
                              SCMP_SYS(brk),
                              SCMP_SYS(futex),
                              SCMP_SYS(sched_yield),
                              SCMP_SYS(sched_getaffinity),
                              SCMP_SYS(getpid),
                              SCMP_SYS(gettid),
                              SCMP_SYS(getuid),
                              SCMP_SYS(getrandom),
                              SCMP_SYS(clock_gettime),
                              SCMP_SYS(clock_getres),
                              SCMP_SYS(clock_nanosleep),
                              SCMP_SYS(nanosleep),
                              SCMP_SYS(gettimeofday),
                              SCMP_SYS(time),
                              SCMP_SYS(getrusage),
                              SCMP_SYS(sysinfo),
                              SCMP_SYS(uname),
                              SCMP_SYS(rt_sigaction),
                              SCMP_SYS(rt_sigprocmask),
                              SCMP_SYS(rt_sigreturn),
                              SCMP_SYS(sigaltstack),
                              SCMP_SYS(set_robust_list),
                              SCMP_SYS(rseq),
                              SCMP_SYS(membarrier),
                              SCMP_SYS(restart_syscall),
                              SCMP_SYS(poll),
                              SCMP_SYS(exit),
                              SCMP_SYS(exit_group)};

bool add_rules(scmp_filter_ctx filter) {
  for (const int call : kAllowed) {
    if (::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) != 0) return false;
  }
  // Threads, but no processes. glibc tries clone3 first, whose flags cannot be seen, and falls back on ENOSYS.
  const scmp_arg_cmp is_thread{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD};
  if (::seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, is_thread) != 0) return false;
  if (::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) != 0) return false;
  // abort() signals its own process; no other can be named.
  const scmp_arg_cmp is_self{0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid()), 0};
  if (::seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, is_self) != 0) return false;
  const scmp_arg_cmp is_name{0, SCMP_CMP_EQ, PR_SET_NAME, 0};
  return ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, is_name) == 0;
}

}  // namespace

bool limit_process() {
  ::clearenv();
  // A lower priority is a courtesy; where it is refused nothing is lost.
  (void)::setpriority(PRIO_PROCESS, 0, 10);
  // Sanitizers reserve terabytes of addresses.
  const bool is_memory_limited = kIsSanitized || limit(RLIMIT_AS, kMemory);
  return is_memory_limited && limit(RLIMIT_CPU, kCpuSeconds) && limit(RLIMIT_FSIZE, kFileSize) &&
         limit(RLIMIT_NOFILE, kDescriptors) && limit(RLIMIT_CORE, 0);
}

bool enter_sandbox() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return false;
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (filter == nullptr) return false;
  const bool is_loaded = add_rules(filter) && ::seccomp_load(filter) == 0;
  ::seccomp_release(filter);
  return is_loaded;
}

}  // namespace parley::media_tool

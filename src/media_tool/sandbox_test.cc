// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>

namespace parley::media_tool {
namespace {

/// What `act` returns in a process of its own that is in the sandbox; 100 when the sandbox cannot be entered.
int in_sandbox(const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(enter_sandbox() ? act() : 100);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// The error of something that was to fail, 0 when it worked.
int error_of(long result) { return result < 0 ? errno : 0; }

TEST(Sandbox, LetsNobodyOpenAFile) {
  EXPECT_EQ(in_sandbox([] { return error_of(::open("/dev/null", O_RDONLY)); }), EPERM);
  EXPECT_EQ(in_sandbox([] { return error_of(::open("new", O_RDWR | O_CREAT, 0600)); }), EPERM);
  EXPECT_EQ(in_sandbox([] { return error_of(::unlink("new")); }), EPERM);
}

TEST(Sandbox, HasNoNetwork) {
  EXPECT_EQ(in_sandbox([] { return error_of(::socket(AF_INET, SOCK_STREAM, 0)); }), EPERM);
  EXPECT_EQ(in_sandbox([] { return error_of(::socket(AF_UNIX, SOCK_STREAM, 0)); }), EPERM);
}

TEST(Sandbox, StartsNeitherProgramsNorProcesses) {
  EXPECT_EQ(in_sandbox([] {
              char* const arguments[] = {nullptr};
              return error_of(::execve("/bin/true", arguments, arguments));
            }),
            EPERM);
  EXPECT_EQ(in_sandbox([] {
              const pid_t child = ::fork();
              if (child == 0) ::_exit(0);
              return error_of(child);
            }),
            EPERM);
}

TEST(Sandbox, TouchesNoOtherProcess) {
  EXPECT_EQ(in_sandbox([] { return error_of(::kill(::getppid(), 0)); }), EPERM);
  EXPECT_EQ(in_sandbox([] { return error_of(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }), EPERM);
}

TEST(Sandbox, StillHasMemoryAndItsDescriptors) {
  EXPECT_EQ(in_sandbox([] {
              void* memory = ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return memory == MAP_FAILED ? 1 : error_of(::write(STDERR_FILENO, "", 0));
            }),
            0);
}

TEST(Limits, HoldForTheProcessAndItsEnvironmentIsGone) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("SOME_SECRET", "x", 1);
    if (!limit_process() || ::getenv("SOME_SECRET") != nullptr) ::_exit(1);
    rlimit files{};
    rlimit cpu{};
    rlimit core{};
    const bool is_read = ::getrlimit(RLIMIT_NOFILE, &files) == 0 && ::getrlimit(RLIMIT_CPU, &cpu) == 0 &&
                         ::getrlimit(RLIMIT_CORE, &core) == 0;
    ::_exit(is_read && files.rlim_max == 64 && cpu.rlim_max == 60 && core.rlim_max == 0 ? 0 : 2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace parley::media_tool

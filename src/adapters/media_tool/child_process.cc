#include "adapters/media_tool/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace parley::media_tool_adapter {
namespace {

/// Enough for one sentence; the rest of what a library says on its way is dropped.
constexpr size_t kMaxErrorTail = 4096;
constexpr size_t kMaxLastLine = 200;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

std::expected<Pipe, int> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(errno);
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  // Only our end: the child may block.
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return std::unexpected(errno);
  return pipe;
}

/// What posix_spawn is told.
class SpawnPlan {
 public:
  SpawnPlan(int out, int err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    note(::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0));
    note(::posix_spawn_file_actions_adddup2(&actions_, out, 1));
    note(::posix_spawn_file_actions_adddup2(&actions_, err, 2));
    note(::posix_spawn_file_actions_addclosefrom_np(&actions_, 3));
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    note(::posix_spawnattr_setsigmask(&attributes_, &none));
    note(::posix_spawnattr_setsigdefault(&attributes_, &all));
    note(::posix_spawnattr_setpgroup(&attributes_, 0));
    note(::posix_spawnattr_setflags(&attributes_,
                                    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  std::expected<pid_t, int> spawn(const std::vector<std::string>& arguments) const {
    if (error_ != 0) return std::unexpected(error_);
    std::vector<char*> argv;
    for (const std::string& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
    argv.push_back(nullptr);
    std::array<char*, 1> environment{};
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, argv[0], &actions_, &attributes_, argv.data(), environment.data());
    if (error != 0) return std::unexpected(error);
    return pid;
  }

 private:
  void note(int error) {
    if (error_ == 0) error_ = error;
  }
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  int error_ = 0;
};

/// The running child, until it is reaped; with it its whole group goes.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid), watch_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  ~Child() { reap(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Readable when it has ended.
  int watch() const { return watch_.get(); }
  /// The group dies first: while its leader is not reaped, its number belongs to nobody else.
  int reap() {
    if (pid_ == 0) return status_;
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status_;
  }

 private:
  pid_t pid_;
  Descriptor watch_;
  int status_ = 0;
};

/// Takes what waits in the pipe; closes it at its end.
void drain(Descriptor& pipe, std::string& into) {
  std::array<char, 4096> buffer{};
  while (pipe.is_open()) {
    const ssize_t got = ::read(pipe.get(), buffer.data(), buffer.size());
    if (got > 0) {
      into.append(buffer.data(), static_cast<size_t>(got));
      return;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got == 0 || errno != EAGAIN) pipe.close();
    return;
  }
}

std::string last_line_of(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  const size_t before = text.rfind('\n');
  if (before != std::string_view::npos) text.remove_prefix(before + 1);
  return std::string(text.substr(0, kMaxLastLine));
}

struct Ears {
  Descriptor out;
  Descriptor err;
  std::string said;
  std::string complained;

  void listen() {
    drain(out, said);
    drain(err, complained);
    if (complained.size() > kMaxErrorTail) complained.erase(0, complained.size() - kMaxErrorTail);
  }
};

/// Listens until the child has ended (nullopt) or must be ended.
std::optional<ChildEnd::How> listen_to(const Child& child, Ears& ears, size_t max_output,
                                       std::chrono::steady_clock::time_point deadline) {
  using std::chrono::milliseconds;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= milliseconds::zero()) return ChildEnd::How::kTimedOut;
    std::array<pollfd, 3> waits{pollfd{child.watch(), POLLIN, 0}, pollfd{ears.out.get(), POLLIN, 0},
                                pollfd{ears.err.get(), POLLIN, 0}};
    // Closed pipes are -1, which poll passes over.
    const int ready = ::poll(waits.data(), waits.size(), static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
    if (ready < 0 && errno != EINTR) return ChildEnd::How::kTimedOut;
    if (ready <= 0) continue;
    ears.listen();
    if (ears.said.size() > max_output) return ChildEnd::How::kFlooded;
    if (waits[0].revents != 0) return std::nullopt;
  }
}

}  // namespace

std::expected<ChildEnd, int> run_child(const std::vector<std::string>& arguments, size_t max_output,
                                       std::chrono::steady_clock::time_point deadline) {
  auto out = make_pipe();
  if (!out) return std::unexpected(out.error());
  auto err = make_pipe();
  if (!err) return std::unexpected(err.error());
  const auto pid = SpawnPlan(out->write.get(), err->write.get()).spawn(arguments);
  if (!pid) return std::unexpected(pid.error());
  Child child(*pid);
  out->write.close();
  err->write.close();
  if (child.watch() < 0) return std::unexpected(errno);

  Ears ears{std::move(out->read), std::move(err->read), {}, {}};
  const auto ended_by_us = listen_to(child, ears, max_output, deadline);
  const int status = child.reap();
  // What it wrote last; a pipe holds 64 KiB.
  for (int pass = 0; pass < 32 && ears.said.size() <= max_output && (ears.out.is_open() || ears.err.is_open());
       ++pass) {
    ears.listen();
  }
  ChildEnd end{.out = std::move(ears.said), .last_line = last_line_of(ears.complained)};
  if (ended_by_us) {
    end.how = *ended_by_us;
  } else if (end.out.size() > max_output) {
    end.how = ChildEnd::How::kFlooded;
  } else {
    end.how = WIFSIGNALED(status) ? ChildEnd::How::kSignalled : ChildEnd::How::kExited;
    end.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  }
  end.out.resize(std::min(end.out.size(), max_output));
  return end;
}

}  // namespace parley::media_tool_adapter

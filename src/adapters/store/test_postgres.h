#pragma once

#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/store/database.h"
#include "base/check.h"

namespace parley::store {

/// A PostgreSQL server of a test program's own: a fresh cluster in a temporary folder, reached by a unix socket only.
/// It dies with the process that started it, however that ends. Not thread-safe; start() from the main thread, whose
/// end the server takes for the process's.
class TestPostgres {
 public:
  /// The program's one server for tests that do not harm it; started when first asked for.
  static TestPostgres& shared() {
    static const auto server = std::make_unique<TestPostgres>();
    return *server;
  }

  TestPostgres() {
    std::string name = (std::filesystem::temp_directory_path() / "parley_pg_XXXXXX").string();
    PARLEY_CHECK(::mkdtemp(name.data()));
    folder_ = name;
    if (const passwd* account = unprivileged())
      PARLEY_CHECK(::chown(name.c_str(), account->pw_uid, account->pw_gid) == 0);
    // A linguistic default order, as an operator's database may have: the schema must not depend on it.
    const pid_t child = spawn({binary("initdb"), "-D", data(), "-U", "parley", "-A", "trust", "-E", "UTF8",
                               "--locale=C", "--locale-provider=icu", "--icu-locale=en", "--no-sync"},
                              -1);
    int status = 0;
    PARLEY_CHECK(::waitpid(child, &status, 0) == child && status == 0);
    start();
  }
  ~TestPostgres() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TestPostgres(const TestPostgres&) = delete;
  TestPostgres& operator=(const TestPostgres&) = delete;

  /// With a query already, so that `&schema=x` may follow.
  std::string url() const { return "postgresql://parley@/postgres?host=" + folder_.string() + "&port=5432"; }

  /// Returns when the server takes connections.
  void start() {
    std::array<int, 2> log{};
    PARLEY_CHECK(::pipe2(log.data(), O_CLOEXEC) == 0);
    server_ = spawn({binary("postgres"), "-D", data(), "-c", "listen_addresses=", "-c",
                     "unix_socket_directories=" + folder_.string(), "-c", "max_connections=200", "-c",
                     "log_min_messages=log", "-c", "log_checkpoints=off"},
                    log[1]);
    ::close(log[1]);
    const bool is_ready = wait_for(log[0], "ready to accept connections");
    ::close(log[0]);  // The server ignores that nobody listens any more.
    PARLEY_CHECK(is_ready);
  }
  /// Breaks all connections and ends; loses nothing that was acknowledged.
  void stop() { end_with(SIGINT); }
  /// As a crash does: at once, without a checkpoint; the next start() recovers from the log.
  void crash() { end_with(SIGQUIT); }

  /// SIGSTOP to the server and all its connections: alive, and silent.
  void freeze() { signal_all(SIGSTOP); }
  void thaw() { signal_all(SIGCONT); }

 private:
  static constexpr int kPatienceMs = 60'000;

  std::string data() const { return (folder_ / "data").string(); }

  /// Whom the server runs as when the test runs as root, which PostgreSQL refuses.
  static const passwd* unprivileged() {
    if (::geteuid() != 0) return nullptr;
    const passwd* account = ::getpwnam("postgres");
    return account ? account : ::getpwnam("nobody");
  }
  /// Where Debian keeps the server's programs: not on the PATH.
  static std::string binary(const std::string& name) {
    std::array<char, 512> line{};
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen("pg_config --bindir", "r"), &::pclose);
    PARLEY_CHECK(pipe && std::fgets(line.data(), line.size(), pipe.get()));
    std::string folder = line.data();
    folder.resize(folder.find_last_not_of('\n') + 1);
    return folder + "/" + name;
  }

  /// Runs a program in a process group of its own with `log` as its standard error; -1 discards.
  static pid_t spawn(const std::vector<std::string>& words, int log) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const passwd* account = unprivileged();
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    PARLEY_CHECK(child >= 0);
    if (child > 0) return child;
    ::setpgid(0, 0);
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(nothing, STDOUT_FILENO);
    ::dup2(log >= 0 ? log : nothing, STDERR_FILENO);
    if (account && (::setgid(account->pw_gid) != 0 || ::setuid(account->pw_uid) != 0)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // After setuid, which clears it. Backends notice the postmaster's death.
    if (::getppid() != parent || ::chdir("/") != 0) ::_exit(126);
    ::setenv("LC_ALL", "C", 1);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }

  static bool wait_for(int fd, std::string_view text) {
    std::string seen;
    const Timestamp deadline = after(TimeDelta::millis(kPatienceMs));
    for (Timestamp at = now(); at < deadline; at = now()) {
      pollfd wait{fd, POLLIN, 0};
      if (::poll(&wait, 1, static_cast<int>((deadline - at).ms()) + 1) <= 0) continue;
      std::array<char, 4096> part{};
      const ssize_t size = ::read(fd, part.data(), part.size());
      if (size <= 0) break;
      seen.append(part.data(), static_cast<size_t>(size));
      if (seen.find(text) != std::string::npos) return true;
    }
    std::fprintf(stderr, "%s\n", seen.c_str());
    return false;
  }

  void end_with(int signal) {
    if (server_ <= 0) return;
    thaw();
    ::kill(server_, signal);
    ::waitpid(server_, nullptr, 0);
    server_ = -1;
  }
  /// To the postmaster and its children, which lead process groups of their own.
  void signal_all(int signal) const {
    if (server_ <= 0) return;
    ::kill(server_, signal);
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const pid_t pid = std::atoi(entry.path().filename().c_str());
      if (pid > 0 && parent_of(entry.path()) == server_) ::kill(pid, signal);
    }
  }
  static pid_t parent_of(const std::filesystem::path& process) {
    std::array<char, 512> line{};
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen((process / "stat").c_str(), "re"),
                                                     [](FILE* f) { return f ? std::fclose(f) : 0; });
    if (!file || !std::fgets(line.data(), line.size(), file.get())) return -1;
    const std::string text = line.data();
    const size_t name_end = text.rfind(')');
    return name_end == std::string::npos ? -1 : std::atoi(text.c_str() + std::min(name_end + 4, text.size()));
  }

  std::filesystem::path folder_;
  pid_t server_ = -1;
};

}  // namespace parley::store

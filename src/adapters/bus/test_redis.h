#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"

namespace parley::bus {

/// A Redis server of a test's own on a free port, which keeps nothing. It dies with the process that started it. Not
/// thread-safe; start() from the main thread, whose end the server takes for the process's.
class TestRedis {
 public:
  explicit TestRedis(std::string password = {}) : password_(std::move(password)), port_(free_port()) {
    std::string name = (std::filesystem::temp_directory_path() / "parley_redis_XXXXXX").string();
    PARLEY_CHECK(::mkdtemp(name.data()));
    folder_ = name;
    start();
  }
  ~TestRedis() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TestRedis(const TestRedis&) = delete;
  TestRedis& operator=(const TestRedis&) = delete;

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "redis://" + (password_.empty() ? "" : ":" + password_ + "@") + host(); }

  /// Returns when the server takes connections.
  void start() {
    std::vector<std::string> words{"redis-server", "--port",    std::to_string(port_), "--bind", "127.0.0.1",
                                   "--save",       "",          "--appendonly",        "no",     "--dir",
                                   folder_,        "--logfile", folder_ + "/log"};
    if (!password_.empty()) words.insert(words.end(), {"--requirepass", password_});
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    server_ = ::fork();
    PARLEY_CHECK(server_ >= 0);
    if (server_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int nothing = ::open("/dev/null", O_RDWR);
      for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, fd);
      if (::getppid() == parent) ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    bool is_there = false;
    for (int i = 0; i < 600 && !is_there; ++i) {
      is_there = takes_connections();
      if (!is_there) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    PARLEY_CHECK(is_there);
  }
  /// As a crash does.
  void stop() {
    if (server_ <= 0) return;
    ::kill(server_, SIGCONT);
    ::kill(server_, SIGKILL);
    ::waitpid(server_, nullptr, 0);
    server_ = -1;
  }
  /// Alive, and silent.
  void freeze() const { ::kill(server_, SIGSTOP); }
  void thaw() const { ::kill(server_, SIGCONT); }

 private:
  static sockaddr_in local(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    PARLEY_CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    PARLEY_CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    ::close(fd);
    return ntohs(address.sin_port);
  }
  bool takes_connections() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = local(port_);
    const bool is_there = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return is_there;
  }

  const std::string password_;
  const uint16_t port_;
  std::string folder_;
  pid_t server_ = -1;
};

}  // namespace parley::bus

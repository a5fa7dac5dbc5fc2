#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
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
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    bool is_there = false;
    while (!is_there && std::chrono::steady_clock::now() < deadline) {
      is_there = takes_connections();
      std::this_thread::yield();
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
  using Tcp = boost::asio::ip::tcp;
  static Tcp::endpoint local(uint16_t port) { return {boost::asio::ip::address_v4::loopback(), port}; }
  static uint16_t free_port() {
    boost::asio::io_context context;
    return Tcp::acceptor(context, local(0)).local_endpoint().port();
  }
  bool takes_connections() const {
    boost::asio::io_context context;
    Tcp::socket socket(context);
    boost::system::error_code error;
    socket.connect(local(port_), error);
    return !error;
  }

  const std::string password_;
  const uint16_t port_;
  std::string folder_;
  pid_t server_ = -1;
};

}  // namespace parley::bus

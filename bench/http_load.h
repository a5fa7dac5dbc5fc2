#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/check.h"

namespace parley::bench {

/// What a load of equal requests met.
struct HttpLoadResult {
  uint64_t answers = 0;
  uint64_t refused = 0;  ///< Of these, those whose status was not the expected one.
  double seconds = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

/// One connection to a server on loopback that is kept for all its requests.
class KeptConnection {
 public:
  explicit KeptConnection(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    PARLEY_CHECK(connect(fd_, static_cast<const sockaddr*>(static_cast<const void*>(&address)), sizeof address) == 0);
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~KeptConnection() { close(fd_); }
  KeptConnection(const KeptConnection&) = delete;
  KeptConnection& operator=(const KeptConnection&) = delete;

  /// Sends a whole request and reads the answer; its status, 0 when the connection ended.
  int ask(std::string_view request) {
    while (!request.empty()) {
      const ssize_t sent = send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
      if (sent <= 0) return 0;
      request.remove_prefix(static_cast<size_t>(sent));
    }
    bytes_.clear();
    size_t head = std::string::npos;
    while ((head = bytes_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_some()) return 0;
    }
    const size_t whole = head + 4 + length_in(std::string_view(bytes_).substr(0, head));
    while (bytes_.size() < whole) {
      if (!read_some()) return 0;
    }
    return std::atoi(bytes_.c_str() + 9);
  }
  /// Of the last answer, head and all.
  const std::string& bytes() const { return bytes_; }

 private:
  static size_t length_in(std::string_view head) {
    constexpr std::string_view kField = "Content-Length: ";
    const size_t at = head.find(kField);
    return at == std::string_view::npos ? 0 : static_cast<size_t>(std::atoll(head.data() + at + kField.size()));
  }
  bool read_some() {
    char buffer[64 * 1024];
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got > 0) bytes_.append(buffer, static_cast<size_t>(got));
    return got > 0;
  }

  int fd_;
  std::string bytes_;
};

/// `connections` threads, each with one request under way, for `seconds`. `request(connection, number)` is the bytes.
template <class Request>
HttpLoadResult run_http_load(uint16_t port, int connections, double seconds, int expected, Request request) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::vector<double>> latencies(static_cast<size_t>(connections));
  std::vector<uint64_t> refused(static_cast<size_t>(connections));
  const auto begun = Clock::now();
  const auto end = begun + std::chrono::duration<double>(seconds);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < connections; ++i) {
      threads.emplace_back([&, i] {
        KeptConnection connection(port);
        for (int number = 0; Clock::now() < end; ++number) {
          const std::string bytes = request(i, number);
          const auto asked = Clock::now();
          const int status = connection.ask(bytes);
          latencies[static_cast<size_t>(i)].push_back(
              std::chrono::duration<double, std::milli>(Clock::now() - asked).count());
          if (status != expected) ++refused[static_cast<size_t>(i)];
          if (status == 0) return;
        }
      });
    }
  }
  HttpLoadResult result{.seconds = std::chrono::duration<double>(Clock::now() - begun).count()};
  std::vector<double> all;
  for (const auto& some : latencies) all.insert(all.end(), some.begin(), some.end());
  for (const uint64_t count : refused) result.refused += count;
  std::ranges::sort(all);
  result.answers = all.size();
  if (all.empty()) return result;
  result.p50_ms = all[all.size() / 2];
  result.p99_ms = all[all.size() * 99 / 100];
  return result;
}

}  // namespace parley::bench

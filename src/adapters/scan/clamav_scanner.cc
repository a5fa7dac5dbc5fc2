#include "adapters/scan/clamav_scanner.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "net/clock.h"

namespace parley::scan {
namespace {

using product::Outcome;
using product::ProblemCode;
using product::refuse;
using product::ScanVerdict;

/// Bytes of one piece of the stream.
constexpr size_t kPiece = size_t{64} * 1024;
/// Of its answer: a name of what was found.
constexpr size_t kMaxAnswer = 4096;

std::unexpected<product::Problem> unavailable(const std::string& why) {
  return refuse(ProblemCode::kStorageUnavailable, "clamd: " + why);
}

/// A descriptor, closed with it.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

/// Until the socket can be used; false when the deadline passes first.
bool wait_for(int fd, short events, Timestamp deadline) {
  while (true) {
    const int64_t left = (deadline - net::read_clock().mono).ms();
    if (left <= 0) return false;
    pollfd one{fd, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min<int64_t>(left, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

bool connect_to(int fd, const sockaddr* address, socklen_t size, Timestamp deadline) {
  if (::connect(fd, address, size) == 0) return true;
  if (errno != EINPROGRESS || !wait_for(fd, POLLOUT, deadline)) return false;
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

bool send_all(int fd, std::string_view bytes, Timestamp deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    const bool is_busy = sent < 0 && (errno == EAGAIN || errno == EINTR);
    if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
    if (sent < 0 && !(is_busy && wait_for(fd, POLLOUT, deadline))) return false;
  }
  return true;
}

/// Big-endian, as INSTREAM has it.
std::string length_prefix(size_t size) {
  std::string out;
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(size >> shift & 255);
  return out;
}

/// False when clamd has stopped listening: it may have said why.
Outcome<bool> send_file(int fd, int file, Timestamp deadline) {
  constexpr std::string_view kCommand("zINSTREAM\0", 10);
  if (!send_all(fd, kCommand, deadline)) return false;
  std::string piece(kPiece, '\0');
  while (true) {
    const ssize_t size = ::read(file, piece.data(), piece.size());
    if (size < 0) return unavailable("the file cannot be read");
    const std::string_view bytes(piece.data(), static_cast<size_t>(size));
    if (!send_all(fd, length_prefix(bytes.size()), deadline) || !send_all(fd, bytes, deadline)) return false;
    if (size == 0) return true;
  }
}

std::string receive_answer(int fd, Timestamp deadline) {
  std::string answer;
  std::array<char, 512> some{};
  while (answer.size() < kMaxAnswer && !answer.ends_with('\0')) {
    if (!wait_for(fd, POLLIN, deadline)) return {};
    const ssize_t size = ::recv(fd, some.data(), some.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (size <= 0) break;
    answer.append(some.data(), static_cast<size_t>(size));
  }
  if (answer.ends_with('\0')) answer.pop_back();
  return answer;
}

/// `path` of a UNIX socket; -1 on failure.
int connect_to_path(const std::string& path, Timestamp deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::ranges::copy(path, address.sun_path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (fd >= 0 && connect_to(fd, generic, sizeof address, deadline)) return fd;
  if (fd >= 0) ::close(fd);
  return -1;
}

int connect_to_host(const std::string& host, const std::string& port, Timestamp deadline) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found) != 0) return -1;
  int connected = -1;
  for (const addrinfo* one = found; one && connected < 0; one = one->ai_next) {
    const int fd = ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) continue;
    if (connect_to(fd, one->ai_addr, one->ai_addrlen, deadline)) {
      connected = fd;
    } else {
      ::close(fd);
    }
  }
  ::freeaddrinfo(found);
  return connected;
}

}  // namespace

Result<std::unique_ptr<ClamavScanner>> ClamavScanner::make(std::string address) {
  const auto made = [](std::string host, std::string port) {
    return std::unique_ptr<ClamavScanner>(new ClamavScanner(std::move(host), std::move(port)));
  };
  if (address.starts_with('/')) return made(std::move(address), {});
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (colon == std::string::npos || host.empty() || colon + 1 == address.size())
    return fail(Error::Code::kInvalidArgument, "files.clamav: \"" + address + "\" is neither host:port nor a path");
  return made(std::move(host), address.substr(colon + 1));
}

Outcome<ScanVerdict> ClamavScanner::scan(const std::string& path, Timestamp deadline) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0) return unavailable("the file cannot be read");
  const Descriptor socket(port_.empty() ? connect_to_path(host_, deadline) : connect_to_host(host_, port_, deadline));
  if (socket.fd() < 0) return unavailable("nobody answers at " + host_ + (port_.empty() ? "" : ":" + port_));
  const auto sent = send_file(socket.fd(), file.fd(), deadline);
  if (!sent) return std::unexpected(sent.error());
  const std::string answer = receive_answer(socket.fd(), deadline);
  if (answer.ends_with(" OK")) return ScanVerdict::kClean;
  if (!answer.ends_with(" FOUND")) return unavailable(answer.empty() ? "no answer" : answer);
  log::warn("malware_found", {{"answer", answer}});
  return ScanVerdict::kInfected;
}

}  // namespace parley::scan

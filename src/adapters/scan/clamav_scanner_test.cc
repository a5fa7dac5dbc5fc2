// The protocol and its failures against a clamd of the test's own; the real one is in tests/interop/files.test.mjs.
#include "adapters/scan/clamav_scanner.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "net/clock.h"

namespace parley::scan {
namespace {

using product::ProblemCode;
using product::ScanVerdict;

Timestamp soon() { return net::read_clock().mono + TimeDelta::seconds(20); }

/// Takes one connection, keeps what is sent up to the end of the stream, and says `answer`.
class Clamd {
 public:
  enum class Manner : unsigned char { kAnswers, kHangsUp, kIsSilent };
  explicit Clamd(std::string answer, Manner manner = Manner::kAnswers)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
    EXPECT_EQ(::bind(listener_, generic, size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    ::getsockname(listener_, generic, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer), manner] { serve(answer, manner); });
  }
  ~Clamd() {
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// What was sent, once the scanner has gone.
  std::string content() {
    thread_.join();
    return content_;
  }

 private:
  static std::string read(int fd, size_t size) {
    std::string out(size, '\0');
    const ssize_t got = ::recv(fd, out.data(), size, MSG_WAITALL);
    out.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return out;
  }
  void serve(const std::string& answer, Manner manner) {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (manner != Manner::kHangsUp && read(fd, 10) == std::string("zINSTREAM\0", 10)) {
      while (true) {
        size_t size = 0;
        for (const char c : read(fd, 4)) size = size << 8 | static_cast<unsigned char>(c);
        if (size == 0) break;
        content_ += read(fd, size);
      }
      if (manner == Manner::kAnswers) ::send(fd, answer.c_str(), answer.size() + 1, MSG_NOSIGNAL);
      read(fd, 1);  // Until the scanner goes.
    }
    ::close(fd);
  }

  const int listener_;
  uint16_t port_ = 0;
  std::string content_;
  std::thread thread_;
};

class ClamavTest : public testing::Test {
 protected:
  void write(std::string_view content) { std::ofstream(path_, std::ios::binary) << content; }
  product::Outcome<ScanVerdict> scan(const std::string& address, Timestamp deadline = soon()) {
    return ClamavScanner::make(address).value()->scan(path_, deadline);
  }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_ = testing::TempDir() + "parley_scan_" + std::to_string(::getpid());
};

TEST_F(ClamavTest, SendsTheWholeFileAndBelievesTheVerdict) {
  const std::string content = std::string(200'000, 'x') + std::string("\0\1\2", 3);
  write(content);
  Clamd clean("stream: OK");
  EXPECT_EQ(scan(clean.address()), ScanVerdict::kClean);
  EXPECT_EQ(clean.content(), content);
  Clamd infected("stream: Some.Name-1 FOUND");
  EXPECT_EQ(scan(infected.address()), ScanVerdict::kInfected);
}

TEST_F(ClamavTest, NoVerdictIsNoPermission) {
  write("x");
  for (const char* answer : {"INSTREAM size limit exceeded. ERROR", "", "stream: "}) {
    Clamd clamd(answer);
    const auto scanned = scan(clamd.address());
    ASSERT_FALSE(scanned) << answer;
    EXPECT_EQ(scanned.error().code, ProblemCode::kStorageUnavailable);
  }
  Clamd gone("", Clamd::Manner::kHangsUp);
  EXPECT_FALSE(scan(gone.address()));
  EXPECT_FALSE(scan("127.0.0.1:1"));
  EXPECT_FALSE(scan("/no/such/socket"));
}

TEST_F(ClamavTest, WaitsNoLongerThanItMay) {
  write("x");
  Clamd silent("", Clamd::Manner::kIsSilent);
  const Timestamp begun = net::read_clock().mono;
  EXPECT_FALSE(scan(silent.address(), begun + TimeDelta::millis(200)));
  EXPECT_LT(net::read_clock().mono - begun, TimeDelta::seconds(10));
}

TEST(ClamavAddress, IsAHostWithItsPortOrAPath) {
  for (const char* good : {"localhost:3310", "[::1]:3310", "/run/clamav/clamd.ctl"})
    EXPECT_TRUE(ClamavScanner::make(good)) << good;
  for (const char* bad : {"", "localhost", ":3310", "localhost:"}) EXPECT_FALSE(ClamavScanner::make(bad)) << bad;
}

}  // namespace
}  // namespace parley::scan

#include "adapters/mail/smtp_mailer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/guarded.h"

namespace parley::mail {
namespace {

using product::ProblemCode;

/// Thread-safe, repeatable.
class TestRng : public Rng {
 public:
  uint64_t next_u64() override {
    return rng_.with([](SeededRng& rng) { return rng.next_u64(); });
  }

 private:
  Guarded<SeededRng> rng_{SeededRng(42)};
};

/// An SMTP server on loopback, one connection after the other. `answer_to_rcpt` gets the number of the connection,
/// from 0; an empty answer closes it.
class SmtpServer {
 public:
  using Answer = std::function<std::string(int connection)>;
  explicit SmtpServer(Answer answer_to_rcpt) : answer_to_rcpt_(std::move(answer_to_rcpt)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    sockaddr storage{};
    std::memcpy(&storage, &address, sizeof address);
    EXPECT_EQ(::bind(listener_, &storage, size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    ::getsockname(listener_, &storage, &size);
    std::memcpy(&address, &storage, sizeof address);
    url_ = "smtp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~SmtpServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  const std::string& url() const { return url_; }
  std::vector<std::string> messages() const {
    return messages_.with([](const auto& list) { return list; });
  }

 private:
  void serve() {
    for (int connection = 0;; ++connection) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      talk(socket, connection);
      ::close(socket);
    }
  }
  void talk(int socket, int connection) {
    buffer_.clear();
    say(socket, "220 test");
    std::string line;
    while (read_line(socket, line)) {
      if (line.starts_with("EHLO")) {
        say(socket, "250 test");
      } else if (line.starts_with("RCPT")) {
        const std::string answer = answer_to_rcpt_(connection);
        if (answer.empty()) return;
        say(socket, answer);
      } else if (line == "DATA") {
        say(socket, "354 go on");
        std::string message;
        while (read_line(socket, line) && line != ".") message += line + "\n";
        messages_.with([&](auto& list) { list.push_back(message); });
        say(socket, "250 stored");
      } else {
        say(socket, line == "QUIT" ? "221 bye" : "250 ok");
      }
    }
  }
  static void say(int socket, const std::string& line) {
    const std::string bytes = line + "\r\n";
    (void)::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  bool read_line(int socket, std::string& line) {
    size_t end = 0;
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
      char bytes[4096];
      const ssize_t size = ::recv(socket, bytes, sizeof bytes, 0);
      if (size <= 0) return false;
      buffer_.append(bytes, static_cast<size_t>(size));
    }
    line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return true;
  }

  Answer answer_to_rcpt_;
  int listener_ = -1;
  std::string url_;
  std::string buffer_;
  Guarded<std::vector<std::string>> messages_;
  std::thread thread_;
};

class SmtpMailerTest : public testing::Test {
 protected:
  std::unique_ptr<SmtpMailer> make(const SmtpServer& server, SmtpOptions options = {}) {
    options.url = server.url();
    options.from = {"no@chat.example", "Parley"};
    options.security = SmtpSecurity::kOpportunistic;
    options.first_retry = TimeDelta::millis(1);
    return SmtpMailer::make(std::move(options), rng_).value();
  }
  /// The stats once `is_done` holds of them.
  static SmtpStats wait(const SmtpMailer& mailer, const std::function<bool(const SmtpStats&)>& is_done) {
    SmtpStats stats = mailer.stats();
    while (!is_done(stats)) {
      std::this_thread::yield();
      stats = mailer.stats();
    }
    return stats;
  }
  static bool is_idle(const SmtpStats& stats) { return stats.waiting_now == 0; }

  TestRng rng_;
};

TEST_F(SmtpMailerTest, HandsTheMailToTheServer) {
  SmtpServer server([](int) { return "250 ok"; });
  const auto mailer = make(server);
  ASSERT_TRUE(mailer->send({"ali@example.com", "Konu", "Merhaba\n", "tr"}));
  EXPECT_EQ(wait(*mailer, is_idle).sent, 1u);
  ASSERT_EQ(server.messages().size(), 1u);
  EXPECT_TRUE(server.messages()[0].contains("\nTo: <ali@example.com>\n"));
}

TEST_F(SmtpMailerTest, TriesAgainWhenTheServerIsBusyOrGone) {
  SmtpServer server([](int connection) { return connection == 0 ? "451 later" : connection == 1 ? "" : "250 ok"; });
  const auto mailer = make(server);
  ASSERT_TRUE(mailer->send({"ali@example.com", "Konu", "Merhaba\n", "tr"}));
  const SmtpStats stats = wait(*mailer, is_idle);
  EXPECT_EQ(stats.sent, 1u);
  EXPECT_EQ(stats.retried, 2u);
}

TEST_F(SmtpMailerTest, DropsWhatTheServerRefusesForGood) {
  SmtpServer server([](int) { return "550 nobody here"; });
  const auto mailer = make(server);
  ASSERT_TRUE(mailer->send({"nobody@example.com", "Konu", "Merhaba\n", "tr"}));
  const SmtpStats stats = wait(*mailer, is_idle);
  EXPECT_EQ(stats.dropped, 1u);
  EXPECT_EQ(stats.retried, 0u);
}

TEST_F(SmtpMailerTest, GivesUpAfterItsAttempts) {
  SmtpServer server([](int) { return "451 later"; });
  const auto mailer = make(server, {.attempts = 3});
  ASSERT_TRUE(mailer->send({"ali@example.com", "Konu", "Merhaba\n", "tr"}));
  const SmtpStats stats = wait(*mailer, is_idle);
  EXPECT_EQ(stats.dropped, 1u);
  EXPECT_EQ(stats.retried, 2u);
}

TEST_F(SmtpMailerTest, SendsNothingInTheClearWhenTlsIsRequired) {
  SmtpServer server([](int) { return "250 ok"; });
  const auto mailer =
      SmtpMailer::make(
          {.url = server.url(), .user = {}, .password = {}, .from = {"no@chat.example", ""}, .attempts = 1}, rng_)
          .value();
  ASSERT_TRUE(mailer->send({"ali@example.com", "Konu", "Merhaba\n", "tr"}));
  EXPECT_EQ(wait(*mailer, is_idle).dropped, 1u);
  EXPECT_TRUE(server.messages().empty());
}

TEST_F(SmtpMailerTest, RefusesWhenTheQueueIsFullAndEndsInTheMiddleOfAnAttempt) {
  // Accepts nothing until the mailer is gone.
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr storage{};
  socklen_t size = sizeof address;
  std::memcpy(&storage, &address, sizeof address);
  ASSERT_EQ(::bind(listener, &storage, size), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ::getsockname(listener, &storage, &size);
  std::memcpy(&address, &storage, sizeof address);
  auto mailer = SmtpMailer::make({.url = "smtp://127.0.0.1:" + std::to_string(ntohs(address.sin_port)),
                                  .user = {},
                                  .password = {},
                                  .from = {"no@chat.example", ""},
                                  .queue = 2},
                                 rng_)
                    .value();
  int taken = 0;
  while (mailer->send({"a@b.c", "x", "y", "en"})) ++taken;
  EXPECT_GE(taken, 2);
  EXPECT_LE(taken, 3);
  EXPECT_EQ(mailer->stats().refused, 1u);
  mailer.reset();
  ::close(listener);
}

TEST_F(SmtpMailerTest, SaysWhichOptionIsWrong) {
  const auto wrong = [&](SmtpOptions options) { return SmtpMailer::make(std::move(options), rng_).error().message; };
  EXPECT_TRUE(wrong({.url = "http://mail.example.com"}).starts_with("SMTP_URL"));
  EXPECT_TRUE(wrong({.url = "smtp://mail.example.com", .from = {"nobody", ""}}).starts_with("EMAIL_FROM"));
}

}  // namespace
}  // namespace parley::mail

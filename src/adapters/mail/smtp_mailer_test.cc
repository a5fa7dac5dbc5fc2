#include "adapters/mail/smtp_mailer.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/guarded.h"
#include "base/locked_rng.h"

namespace parley::mail {
namespace {

using product::ProblemCode;

/// A key and a certificate for 127.0.0.1 that it signs itself; the certificate is in a file as long as this lives.
class TestCertificate {
 public:
  TestCertificate() : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
    path_ = (std::filesystem::temp_directory_path() / "parley_ca_XXXXXX").string();
    const int file = ::mkstemp(path_.data());
    EVP_PKEY* key = EVP_EC_gen("prime256v1");
    X509* certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, as_bytes("test").data(), 4, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_EXTENSION* rights = X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(certificate, rights, -1);
    X509_EXTENSION_free(rights);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX_use_certificate(context_.get(), certificate);
    SSL_CTX_use_PrivateKey(context_.get(), key);
    BIO* out = BIO_new_fd(file, BIO_CLOSE);
    PEM_write_bio_X509(out, certificate);
    BIO_free(out);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~TestCertificate() { std::filesystem::remove(path_); }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  SSL_CTX* context() const { return context_.get(); }
  const std::string& path() const { return path_; }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::string path_;
};

/// An SMTP server on loopback, one connection after the other, with STARTTLS when it has a certificate.
/// `answer_to_rcpt` gets the number of the connection, from 0; an empty answer closes it.
class SmtpServer {
 public:
  using Answer = std::function<std::string(int connection)>;
  explicit SmtpServer(Answer answer_to_rcpt, SSL_CTX* tls = nullptr)
      : answer_to_rcpt_(std::move(answer_to_rcpt)), tls_(tls) {
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
  /// What came with AUTH, and whether it was encrypted.
  std::string credentials() const {
    return credentials_.with([](const auto& text) { return text; });
  }

 private:
  void serve() {
    for (int connection = 0;; ++connection) {
      socket_ = ::accept(listener_, nullptr, nullptr);
      if (socket_ < 0) return;
      talk(connection);
      session_.reset();
      ::close(socket_);
    }
  }
  void talk(int connection) {
    buffer_.clear();
    say("220 test");
    std::string line;
    while (read_line(line)) {
      if (line.starts_with("EHLO")) {
        say(tls_ && !session_ ? "250-test\r\n250 STARTTLS" : "250-test\r\n250 AUTH PLAIN");
      } else if (line == "STARTTLS") {
        say("220 go on");
        session_.reset(SSL_new(tls_));
        SSL_set_fd(session_.get(), socket_);
        if (SSL_accept(session_.get()) != 1) return;
      } else if (line.starts_with("AUTH")) {
        credentials_.with([&](auto& text) { text = (session_ ? "encrypted " : "clear ") + line; });
        say("235 welcome");
      } else if (line.starts_with("RCPT")) {
        const std::string answer = answer_to_rcpt_(connection);
        if (answer.empty()) return;
        say(answer);
      } else if (line == "DATA") {
        read_message();
      } else {
        say(line == "QUIT" ? "221 bye" : "250 ok");
      }
    }
  }
  void read_message() {
    say("354 go on");
    std::string message;
    std::string line;
    while (read_line(line) && line != ".") message += line + "\n";
    messages_.with([&](auto& list) { list.push_back(message); });
    say("250 stored");
  }
  void say(const std::string& line) {
    const std::string bytes = line + "\r\n";
    if (session_) {
      SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
    } else {
      (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
  }
  bool read_line(std::string& line) {
    size_t end = 0;
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
      char bytes[4096];
      const ssize_t size =
          session_ ? SSL_read(session_.get(), bytes, sizeof bytes) : ::recv(socket_, bytes, sizeof bytes, 0);
      if (size <= 0) return false;
      buffer_.append(bytes, static_cast<size_t>(size));
    }
    line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return true;
  }

  Answer answer_to_rcpt_;
  SSL_CTX* tls_;
  int listener_ = -1;
  int socket_ = -1;
  std::unique_ptr<SSL, decltype(&SSL_free)> session_{nullptr, &SSL_free};
  std::string url_;
  std::string buffer_;
  Guarded<std::vector<std::string>> messages_;
  Guarded<std::string> credentials_;
  std::thread thread_;
};

class SmtpMailerTest : public testing::Test {
 protected:
  /// As the program does: OpenSSL writes to connections that the other side has closed.
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }
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

  LockedRng<SeededRng> rng_{SeededRng(42)};
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

TEST_F(SmtpMailerTest, SignsInAndSendsBehindTls) {
  const TestCertificate certificate;
  SmtpServer server([](int) { return "250 ok"; }, certificate.context());
  const auto mailer = SmtpMailer::make({.url = server.url(),
                                        .user = "user",
                                        .password = Redacted(std::string("pass")),
                                        .from = {"no@chat.example", ""},
                                        .ca_file = certificate.path(),
                                        .attempts = 1},
                                       rng_)
                          .value();
  ASSERT_TRUE(mailer->send({"ali@example.com", "Konu", "Merhaba\n", "tr"}));
  EXPECT_EQ(wait(*mailer, is_idle).sent, 1u);
  EXPECT_EQ(server.credentials(), "encrypted AUTH PLAIN AHVzZXIAcGFzcw==");
}

TEST_F(SmtpMailerTest, TrustsNoCertificateThatNobodyVouchesFor) {
  const TestCertificate certificate;
  SmtpServer server([](int) { return "250 ok"; }, certificate.context());
  const auto mailer = SmtpMailer::make({.url = server.url(),
                                        .user = "user",
                                        .password = Redacted(std::string("pass")),
                                        .from = {"no@chat.example", ""},
                                        .attempts = 1},
                                       rng_)
                          .value();
  ASSERT_TRUE(mailer->send({"ali@example.com", "Konu", "Merhaba\n", "tr"}));
  EXPECT_EQ(wait(*mailer, is_idle).dropped, 1u);
  EXPECT_EQ(server.credentials(), "");
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

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "adapters/mail/message.h"
#include "base/redacted.h"
#include "base/result.h"
#include "base/rng.h"

namespace parley::mail {

enum class SmtpSecurity : unsigned char {
  kRequired,       ///< STARTTLS, or smtps://; a server that offers neither gets no mail.
  kOpportunistic,  ///< STARTTLS where it is offered.
};

struct SmtpOptions {
  std::string url;  ///< smtp://host[:port] or smtps://host[:port].
  std::string user;
  Redacted<std::string> password;
  Sender from;
  SmtpSecurity security = SmtpSecurity::kRequired;
  std::string ca_file;                            ///< PEM; empty: the system's authorities.
  size_t queue = 1000;                            ///< Mails that may wait; a few MB. Beyond it send() refuses.
  unsigned attempts = 6;                          ///< Of one mail; with the delays below, over 10 minutes.
  TimeDelta first_retry = TimeDelta::seconds(5);  ///< Tripled each time, plus up to a quarter.
  TimeDelta timeout = TimeDelta::seconds(30);     ///< Of one attempt, name look-up included.
};

/// Counts since the start, but for waiting_now.
struct SmtpStats {
  uint64_t waiting_now = 0;  ///< With the one under way.
  uint64_t sent = 0;
  uint64_t retried = 0;
  uint64_t dropped = 0;  ///< Refused by the server for good, or out of attempts.
  uint64_t refused = 0;  ///< The queue was full.
};

/// Sends mail by SMTP from one thread of its own (libcurl). A mail that the server refuses for good (5xx) is dropped, a
/// failing one is tried again. What waits is lost when the process ends: such mails can be asked for again. The process
/// must ignore SIGPIPE, as every one with TLS.
class SmtpMailer : public product::Mailer {
 public:
  /// kInvalidArgument names the option. `rng` is thread-safe.
  static Result<std::unique_ptr<SmtpMailer>> make(SmtpOptions options, Rng& rng);
  /// Ends the attempt under way.
  ~SmtpMailer() override;

  product::Outcome<void> send(product::Mail mail) override;
  SmtpStats stats() const;

 private:
  struct Waiting {
    std::string to;
    std::string message;
    unsigned attempts = 0;
    int64_t due_us = 0;  ///< Of the steady clock.
  };
  enum class Fate : unsigned char { kSent, kRetry, kDropped };

  SmtpMailer(SmtpOptions options, Rng& rng);
  void work();
  /// The one that is due first, when it is due; false at the end.
  bool take_due(Waiting& out);
  Fate attempt(const Waiting& mail);
  void settle(Waiting mail, Fate fate);

  const SmtpOptions options_;
  Rng& rng_;
  std::atomic<bool> is_stopping_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;  ///< Under mutex_; at most options_.queue.
  SmtpStats stats_;              ///< Under mutex_.
  std::thread thread_;
};

}  // namespace parley::mail

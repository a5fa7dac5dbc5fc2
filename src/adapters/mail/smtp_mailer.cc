#include "adapters/mail/smtp_mailer.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "base/log.h"

namespace parley::mail {

using product::Outcome;
using product::ProblemCode;
using product::refuse;

namespace {

constexpr long kConnectTimeoutMs = 10'000;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

int64_t steady_us() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

size_t on_read(char* buffer, size_t unit, size_t count, void* user) {
  auto& rest = *static_cast<std::string_view*>(user);
  const size_t size = std::min(rest.size(), unit * count);
  std::memcpy(buffer, rest.data(), size);
  rest.remove_prefix(size);
  return size;
}

/// What a server says besides its codes is of no interest.
size_t on_write(char* /*data*/, size_t unit, size_t count, void* /*user*/) { return unit * count; }

int on_progress(void* user, curl_off_t /*all*/, curl_off_t /*now*/, curl_off_t /*up*/, curl_off_t /*up_now*/) {
  return static_cast<const std::atomic<bool>*>(user)->load() ? 1 : 0;
}

void set_credentials(CURL* easy, const SmtpOptions& options) {
  if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  if (options.user.empty()) return;
  curl_easy_setopt(easy, CURLOPT_USERNAME, options.user.c_str());
  curl_easy_setopt(easy, CURLOPT_PASSWORD, options.password.reveal().c_str());
  curl_easy_setopt(easy, CURLOPT_SASL_IR, 1L);  // One round trip less (RFC 4954 section 4).
}

}  // namespace

Result<std::unique_ptr<SmtpMailer>> SmtpMailer::make(SmtpOptions options, Rng& rng) {
  const bool is_smtp = options.url.starts_with("smtp://") || options.url.starts_with("smtps://");
  if (!is_smtp || options.url.size() < 9)
    return fail(Error::Code::kInvalidArgument, "SMTP_URL: must be smtp://host:port or smtps://host:port");
  if (!is_address(options.from.address))
    return fail(Error::Code::kInvalidArgument, "EMAIL_FROM: must be an e-mail address");
  return std::unique_ptr<SmtpMailer>(new SmtpMailer(std::move(options), rng));
}

SmtpMailer::SmtpMailer(SmtpOptions options, Rng& rng) : options_(std::move(options)), rng_(rng) {
  PARLEY_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
  thread_ = std::thread([this] { work(); });
}

SmtpMailer::~SmtpMailer() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Outcome<void> SmtpMailer::send(product::Mail mail) {
  if (!is_address(mail.to)) return refuse(ProblemCode::kInvalidRequest, "not an address");
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  const MessageStamp stamp{{std::chrono::duration_cast<std::chrono::microseconds>(wall).count()}, rng_.base62(24)};
  Waiting waiting{.to = mail.to, .message = make_message(mail, options_.from, stamp), .attempts = 0, .due_us = 0};
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= options_.queue) {
      ++stats_.refused;
      return refuse(ProblemCode::kOverloaded, "too many mails wait");
    }
    waiting_.push_back(std::move(waiting));
    ++stats_.waiting_now;
  }
  changed_.notify_all();
  return {};
}

SmtpStats SmtpMailer::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void SmtpMailer::work() {
  Waiting mail;
  while (take_due(mail)) {
    const Fate fate = attempt(mail);
    settle(std::move(mail), fate);
  }
}

bool SmtpMailer::take_due(Waiting& out) {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    const auto first = std::ranges::min_element(waiting_, {}, &Waiting::due_us);
    if (first == waiting_.end()) {
      changed_.wait(lock);
    } else if (const int64_t left = first->due_us - steady_us(); left > 0) {
      changed_.wait_for(lock, std::chrono::microseconds(left));
    } else {
      out = std::move(*first);
      waiting_.erase(first);
      return true;
    }
  }
  return false;
}

SmtpMailer::Fate SmtpMailer::attempt(const Waiting& mail) {
  const std::unique_ptr<CURL, EasyDeleter> easy(curl_easy_init());
  PARLEY_CHECK(easy != nullptr);
  const std::unique_ptr<curl_slist, ListDeleter> to(curl_slist_append(nullptr, ("<" + mail.to + ">").c_str()));
  const std::string from = "<" + options_.from.address + ">";
  std::string_view rest = mail.message;
  const bool is_required = options_.security == SmtpSecurity::kRequired;
  curl_easy_setopt(easy.get(), CURLOPT_URL, options_.url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy.get(), CURLOPT_USE_SSL, is_required ? CURLUSESSL_ALL : CURLUSESSL_TRY);
  curl_easy_setopt(easy.get(), CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_MAIL_RCPT, to.get());
  curl_easy_setopt(easy.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_READFUNCTION, on_read);
  curl_easy_setopt(easy.get(), CURLOPT_READDATA, &rest);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, on_write);
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.ms()));
  curl_easy_setopt(easy.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy.get(), CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(easy.get(), CURLOPT_XFERINFODATA, static_cast<void*>(&is_stopping_));
  set_credentials(easy.get(), options_);
  const CURLcode result = curl_easy_perform(easy.get());
  if (result == CURLE_OK) return Fate::kSent;
  long code = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &code);
  log::warn("mail_attempt_failed", {{"reason", curl_easy_strerror(result)}, {"smtp", static_cast<int64_t>(code)}});
  // 5yz to the mail itself is for good (RFC 5321 section 4.2.1); to a sign-in it may be somebody's slip.
  return result != CURLE_LOGIN_DENIED && code >= 500 && code < 600 ? Fate::kDropped : Fate::kRetry;
}

void SmtpMailer::settle(Waiting mail, Fate fate) {
  ++mail.attempts;
  const std::lock_guard lock(mutex_);
  if (fate == Fate::kRetry && mail.attempts < options_.attempts) {
    int64_t delay = options_.first_retry.us();
    for (unsigned i = 1; i < mail.attempts; ++i) delay *= 3;
    delay += static_cast<int64_t>(rng_.unit() * static_cast<double>(delay) / 4);
    mail.due_us = steady_us() + delay;
    waiting_.push_back(std::move(mail));
    ++stats_.retried;
    return;
  }
  --stats_.waiting_now;
  ++(fate == Fate::kSent ? stats_.sent : stats_.dropped);
  if (fate != Fate::kSent) log::error("mail_dropped", {{"attempts", mail.attempts}});
}

}  // namespace parley::mail

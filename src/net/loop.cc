#include "net/loop.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace parley::net {

namespace asio = boost::asio;

void Loop::start() {
  guard_.emplace(context_.get_executor());
  {
    const std::lock_guard lock(mutex_);
    accepts_work_ = true;
  }
  schedule_tick();
  thread_ = std::thread([this] { context_.run(); });
}

void Loop::stop() {
  if (!thread_.joinable()) return;
  post([this] {
    is_draining_ = is_stopping_ = true;
    timer_.cancel();
    for (const auto& member : snapshot()) member->abort();
  });
  {
    const std::lock_guard lock(mutex_);
    accepts_work_ = false;
  }
  guard_.reset();
  thread_.join();
}

bool Loop::post(std::move_only_function<void()> work) {
  // Under the lock, so that whatever was accepted is in the queue before the loop may run out of work.
  const std::lock_guard lock(mutex_);
  if (!accepts_work_) return false;
  // One handler for all that comes before it runs: a message to a thousand connections wakes the loop once.
  if (posted_.empty()) asio::post(context_, [this] { run_posted(); });
  posted_.push_back(std::move(work));
  return true;
}

void Loop::run_posted() {
  std::vector<std::move_only_function<void()>> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(posted_);
  }
  for (auto& work : batch) {
    work();
    work = nullptr;  // What it holds goes as soon as it has run, not with the last one.
  }
}

void Loop::add(std::shared_ptr<LoopMember> member) {
  members_.insert(std::move(member));
  const std::lock_guard lock(mutex_);
  member_count_ = members_.size();
}

void Loop::remove(LoopMember& member) {
  // An owner of nothing that compares equal to the one in the set.
  members_.erase(std::shared_ptr<LoopMember>(std::shared_ptr<void>(), &member));
  const std::lock_guard lock(mutex_);
  member_count_ = members_.size();
  if (member_count_ == 0) emptied_.notify_all();
}

void Loop::drain() {
  is_draining_ = true;
  for (const auto& member : snapshot()) member->on_drain();
}

Timestamp Loop::now() {
  const auto since_start = std::chrono::steady_clock::now().time_since_epoch();
  return Timestamp::micros(std::chrono::duration_cast<std::chrono::microseconds>(since_start).count());
}

const std::string& Loop::http_date() {
  const std::time_t second = std::time(nullptr);
  if (second == date_second_) return date_;
  date_second_ = second;
  std::tm utc{};
  gmtime_r(&second, &utc);
  // Written by hand because strftime's names follow the locale.
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  const int size =
      std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[utc.tm_wday], utc.tm_mday,
                    kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  date_.assign(text, static_cast<size_t>(size));
  return date_;
}

bool Loop::wait_until_empty(TimeDelta patience) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, std::chrono::microseconds(patience.us()), [this] { return member_count_ == 0; });
}

void Loop::schedule_tick() {
  timer_.expires_after(std::chrono::microseconds(tick_.us()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || is_stopping_) return;
    const Timestamp time = now();
    for (const auto& member : snapshot()) member->on_tick(time);
    schedule_tick();
  });
}

std::vector<std::shared_ptr<LoopMember>> Loop::snapshot() const { return {members_.begin(), members_.end()}; }

}  // namespace parley::net

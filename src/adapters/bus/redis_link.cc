#include "adapters/bus/redis_link.h"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>

namespace parley::bus {

namespace asio = boost::asio;
using boost::system::error_code;

void RedisLink::on_tick(Timestamp now) {
  switch (state_) {
    case State::kWaiting:
      if (now >= due_) connect(now);
      return;
    case State::kConnecting:
    case State::kGreeting:
      if (now >= due_) lose("no answer in time");
      return;
    case State::kUp:
      if (now - heard_at_ >= kSilence) return lose("it has fallen silent");
      if (now - heard_at_ >= kPingAfter && !is_pinged_) {
        is_pinged_ = true;
        write(make_command({"PING"}));
      }
      return;
    case State::kEnded:
      return;
  }
}

void RedisLink::connect(Timestamp now) {
  state_ = State::kConnecting;
  due_ = now + kConnectTime;
  parser_ = RespParser();
  next_.clear();
  writing_.clear();
  is_pinged_ = false;
  const uint64_t life = ++life_;
  resolver_.async_resolve(
      url_.host, std::to_string(url_.port),
      [self = shared_from_this(), life](const error_code& error, const Resolver::results_type& found) {
        if (self->life_ != life || self->state_ != State::kConnecting) return;
        if (error) return self->lose(error.message());
        const auto socket = self->socket_ = std::make_shared<net::Socket>(self->loop_.context());
        asio::async_connect(*socket, found, [self, life, socket](const error_code& failed, const auto&) {
          if (self->life_ != life || self->state_ != State::kConnecting) return;
          if (failed) return self->lose(failed.message());
          self->on_connected();
        });
      });
}

void RedisLink::on_connected() {
  state_ = State::kGreeting;
  error_code ignored;
  socket_->set_option(asio::ip::tcp::no_delay(true), ignored);
  std::string hello;
  greetings_ = 1;
  if (const std::string& password = url_.password.reveal(); !password.empty()) {
    // Without a user it is the form that servers before ACLs know, too.
    hello += url_.user.empty() ? make_command({"AUTH", password}) : make_command({"AUTH", url_.user, password});
    ++greetings_;
  }
  if (url_.database != 0) {
    hello += make_command({"SELECT", std::to_string(url_.database)});
    ++greetings_;
  }
  hello += make_command({"PING"});
  read(life_);
  write(std::move(hello));
}

void RedisLink::read(uint64_t life) {
  socket_->async_read_some(asio::buffer(reading_),
                           [self = shared_from_this(), socket = socket_, life](const error_code& error, size_t size) {
                             if (self->life_ != life || !self->socket_) return;
                             if (error) return self->lose(error.message());
                             self->on_read(size);
                             if (self->life_ == life && self->socket_) self->read(life);
                           });
}

void RedisLink::on_read(size_t size) {
  heard_at_ = net::Loop::now();
  is_pinged_ = false;
  parser_.feed(std::string_view(reading_.data(), size));
  while (socket_) {
    const auto value = parser_.next();
    if (!value) return lose(value.error().message);
    if (!*value) return;
    if (state_ == State::kGreeting) {
      on_greeted(**value);
    } else if ((*value)->kind == RespValue::Kind::kError) {
      // Nothing that we say can be wrong but by the server's state or rights: begin again, and say it.
      lose((*value)->text);
    } else {
      handlers_.on_value(**value);
    }
  }
}

void RedisLink::on_greeted(const RespValue& value) {
  if (value.kind == RespValue::Kind::kError) return lose(value.text);
  if (--greetings_ > 0) return;
  state_ = State::kUp;
  pause_ = kFirstPause;
  handlers_.on_up();
  flush();
}

void RedisLink::flush() {
  if (state_ == State::kUp && writing_.empty()) write({});
}

void RedisLink::write(std::string bytes) {
  next_ += bytes;
  if (!writing_.empty() || !socket_) return;
  writing_ = std::exchange(next_, {});
  if (state_ == State::kUp) writing_ += handlers_.take();
  if (writing_.empty()) return;
  asio::async_write(*socket_, asio::buffer(writing_),
                    [self = shared_from_this(), socket = socket_, life = life_](const error_code& error, size_t) {
                      if (self->life_ != life || !self->socket_) return;
                      self->writing_.clear();
                      if (error) return self->lose(error.message());
                      self->write({});
                    });
}

void RedisLink::lose(const std::string& why) {
  ++life_;
  resolver_.cancel();
  if (socket_) {
    error_code ignored;
    socket_->close(ignored);
    socket_.reset();
  }
  if (state_ == State::kEnded) return;
  state_ = State::kWaiting;
  const TimeDelta half = pause_ / 2;
  due_ =
      net::Loop::now() + half + TimeDelta::micros(static_cast<int64_t>(rng_.below(static_cast<uint64_t>(half.us()))));
  pause_ = std::min(pause_ * 2, kLongestPause);
  handlers_.on_down(why);
}

void RedisLink::abort() {
  state_ = State::kEnded;
  lose({});
  loop_.remove(*this);
}

}  // namespace parley::bus

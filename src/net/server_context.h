#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "net/http_server.h"

namespace parley::net {

/// HttpServerStats in the making.
struct ServerCounters {
  std::atomic<uint64_t> connections_now{0};
  std::atomic<uint64_t> websockets_now{0};
  std::atomic<uint64_t> accepted{0};
  std::atomic<uint64_t> refused_over_limit{0};
  std::atomic<uint64_t> accept_errors{0};
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> bad_requests{0};
  std::atomic<uint64_t> timeouts{0};
  std::atomic<uint64_t> unanswered{0};
  std::atomic<uint64_t> websockets_accepted{0};
  std::atomic<uint64_t> websocket_overflows{0};
  std::atomic<uint64_t> websocket_dead_peers{0};
  std::atomic<uint64_t> websocket_bad_frames{0};
  std::atomic<uint64_t> spool_refused{0};
  std::atomic<uint64_t> source_failed{0};
};

/// Holds one of the counted places (connections_now, websockets_now) for as long as it lives.
class CountedPlace {
 public:
  CountedPlace() = default;
  explicit CountedPlace(std::atomic<uint64_t>& count) : count_(&count) { ++count; }
  CountedPlace(CountedPlace&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  CountedPlace& operator=(CountedPlace&& other) noexcept {
    std::swap(count_, other.count_);
    return *this;
  }
  ~CountedPlace() { leave(); }
  void leave() {
    if (auto* count = std::exchange(count_, nullptr)) --*count;
  }

 private:
  std::atomic<uint64_t>* count_ = nullptr;
};

/// What all connections of a server share. Shared, because an exchange may outlive the server.
struct ServerContext {
  HttpServerOptions options;
  HttpServer::Handler handler;
  ServerCounters counters;
  std::shared_ptr<SpoolBudget> spool;  ///< Shared with the bodies, which may outlive the server.
};

}  // namespace parley::net

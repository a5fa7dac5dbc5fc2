#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/rng.h"
#include "product/ports/bus.h"

namespace parley::bus {

class InProcessBus;

/// What connects the buses of one process; they hold it, whoever made it. Thread-safe.
class Wire {
 private:
  friend class InProcessBus;
  /// Held while handlers run, so that none runs after its bus was taken out.
  std::recursive_mutex mutex_;
  std::vector<InProcessBus*> members_;  ///< Under mutex_.
};

/// The bus of a server that is alone; on a wire with others, of those in the same process. Handlers run on the
/// publisher's thread.
class InProcessBus final : public product::Bus {
 public:
  explicit InProcessBus(Rng& rng, std::shared_ptr<Wire> wire = std::make_shared<Wire>());
  ~InProcessBus() override { stop(); }

  void subscribe(std::string_view channel, Handler handler) override;
  void on_joined(std::function<void()> on_joined) override;
  void start() override;
  void stop() override;
  void publish(std::string_view channel, std::string_view payload) override;
  bool is_shared() const override { return false; }
  product::BusStats stats() const override;

 private:
  void hear(std::string_view channel, const Message& message);

  const std::string id_;
  const std::shared_ptr<Wire> wire_;
  std::map<std::string, Handler, std::less<>> handlers_;  ///< Not changed after start().
  std::vector<std::function<void()>> joined_;             ///< Not changed after start().
  std::atomic<bool> is_up_ = false;
  std::atomic<uint64_t> published_ = 0;
  std::atomic<uint64_t> received_ = 0;
  std::atomic<uint64_t> dropped_ = 0;
};

}  // namespace parley::bus

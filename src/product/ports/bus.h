#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace parley::product {

/// What a bus has done since its start.
struct BusStats {
  bool is_up = true;        ///< Others can be heard and spoken to now.
  uint64_t published = 0;   ///< Messages handed to the others' side.
  uint64_t received = 0;    ///< Messages of other instances.
  uint64_t dropped = 0;     ///< Messages that were given up: nobody to carry them, or too many.
  uint64_t reconnects = 0;  ///< Connections made after the first.
};

/// What one instance says to the others, at once and without any promise: a message may be lost, and nothing may depend
/// on it that is not said again or stored. Messages of one sender arrive in their order. Thread-safe.
class Bus {
 public:
  /// Bytes of one payload; a longer one is dropped. What goes over the bus are hints, not contents.
  static constexpr size_t kMaxPayload = size_t{256} * 1024;

  struct Message {
    std::string_view sender;  ///< The instance's id: of letters and digits.
    std::string_view payload;
  };
  /// Called on a thread of the bus or of the publisher; must be quick, must not publish and must not block.
  using Handler = std::function<void(const Message&)>;

  virtual ~Bus() = default;
  /// Before start(). Once for a channel, whose name is of lower-case letters. One's own messages are not heard.
  virtual void subscribe(std::string_view channel, Handler handler) = 0;
  /// Before start(). `on_joined` runs whenever the others can be heard, at first and after each time they could not; it
  /// must not block, and may publish.
  virtual void on_joined(std::function<void()> on_joined) = 0;
  virtual void start() = 0;
  /// After it no handler runs. Idempotent; not from a handler.
  virtual void stop() = 0;

  /// Never blocks. What cannot be carried is dropped and counted: while the others cannot be reached all of it, and the
  /// oldest when there is too much.
  virtual void publish(std::string_view channel, std::string_view payload) = 0;
  /// Whether there may be other instances.
  virtual bool is_shared() const = 0;
  virtual BusStats stats() const = 0;
};

}  // namespace parley::product

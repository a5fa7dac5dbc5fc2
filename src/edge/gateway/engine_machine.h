#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "edge/gateway/engine_options.h"
#include "edge/gateway/engine_packet.h"
#include "edge/gateway/socket.h"

namespace parley::gateway {

/// A message from the client.
struct EngineReceived {
  PayloadKind kind = PayloadKind::kText;
  std::string data;
};

/// What an input to EngineMachine leads to, to be done in this order.
struct EngineEffects {
  std::vector<EngineReceived> received;
  std::optional<std::string> poll_answer;  ///< Payload for the poll that waits.
  bool refuses_poll = false;               ///< It gets 400 instead.
  EngineMessagePtr probe_answer;           ///< For the WebSocket that wants to take over.
  bool promotes_probe = false;             ///< It takes over: it is the connection's WebSocket from here.
  bool closes_probe = false;
  std::vector<EngineMessagePtr> frames;  ///< For the connection's WebSocket.
  bool closes_websocket = false;
  std::optional<DisconnectReason> ended;  ///< For the connection's user; once.
  bool is_gone = false;                   ///< Nothing is left to be asked for: it can be forgotten.
};

/// One Engine.IO connection: which transport it is on, what waits for a poll, heartbeat, upgrade and end. Sans-IO: the
/// caller holds the poll and the WebSockets, and locks. Inputs after the end have no effect.
class EngineMachine {
 public:
  /// `options` must outlive it.
  EngineMachine(const EngineOptions& options, TransportKind transport, Timestamp now);

  TransportKind transport() const { return transport_; }
  bool is_open() const { return state_ == State::kOpen; }
  /// The `upgrades` of its handshake: what this machine would take.
  static std::string handshake_text(const EngineOptions& options, TransportKind transport, std::string_view sid);

  /// A poll, which from now on waits for `poll_answer` (perhaps among these effects already). False: answer it with
  /// 400; if there was another one waiting, that was the end.
  bool on_poll(Timestamp now, EngineEffects& effects);
  void on_poll_aborted(EngineEffects& effects);
  /// False: answer it with 400.
  bool on_post(std::string_view payload, Timestamp now, EngineEffects& effects);
  /// A second connection wants to take over from polling. False: refuse it.
  bool on_probe_opened(Timestamp now);
  void on_probe_text(std::string_view text, Timestamp now, EngineEffects& effects);
  void on_probe_closed() { is_probing_ = has_probed_ = false; }
  /// The time until next_deadline() is short, and it matters.
  bool is_upgrading() const { return has_probed_ && state_ == State::kOpen; }
  void on_websocket_text(std::string_view text, Timestamp now, EngineEffects& effects);
  void on_websocket_binary(std::string bytes, EngineEffects& effects);
  /// The client broke a rule of the transport, or it ended.
  void fail(DisconnectReason reason, EngineEffects& effects);

  void send(EngineMessagePtr message, EngineEffects& effects);
  /// Whether a message would leave at once, as far as this machine sees.
  bool is_writable() const;
  /// Lets what waits go out first.
  void close(DisconnectReason reason, Timestamp now, EngineEffects& effects);
  /// Closes it at `deadline`; never() calls that off.
  void set_user_deadline(Timestamp deadline) { user_deadline_ = deadline; }

  void on_tick(Timestamp now, EngineEffects& effects);
  Timestamp next_deadline() const;

 private:
  enum class State : unsigned char {
    kOpen,
    kClosing,  ///< Ended for the user; the last packets wait for one more poll.
    kClosed,
  };

  bool on_packet(EnginePacket packet, Timestamp now, EngineEffects& effects);
  void answer_poll(EngineEffects& effects);
  void ping(Timestamp now, EngineEffects& effects);
  void end(DisconnectReason reason, EngineEffects& effects);

  const EngineOptions& options_;
  State state_ = State::kOpen;
  TransportKind transport_;
  bool has_poll_ = false;
  bool is_probing_ = false;
  bool has_probed_ = false;  ///< The probe was answered: polls end soon, so that the client can leave polling.
  Timestamp noop_at_ = Timestamp::never();  ///< When a poll that waits ends for that.
  bool awaits_pong_ = false;
  Timestamp heartbeat_at_;  ///< When the pong is too late, or the next ping is due.
  Timestamp probe_deadline_ = Timestamp::never();
  Timestamp user_deadline_ = Timestamp::never();
  Timestamp close_deadline_ = Timestamp::never();
  std::vector<EngineMessagePtr> waiting_;  ///< For a poll.
  size_t waiting_bytes_ = 0;
};

}  // namespace parley::gateway

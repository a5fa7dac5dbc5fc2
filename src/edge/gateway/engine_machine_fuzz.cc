#include <optional>

#include "base/bytes.h"
#include "base/check.h"
#include "edge/gateway/engine_machine.h"

namespace parley::gateway {
namespace {

/// Plays the connection around a machine and checks what it asks for.
struct World {
  explicit World(TransportKind transport)
      : machine(options, transport, now), has_websocket(transport == TransportKind::kWebSocket) {}

  void apply(const EngineEffects& effects) {
    if (effects.poll_answer) {
      PARLEY_CHECK(has_poll && !effects.poll_answer->empty());
      has_poll = false;
    }
    if (effects.refuses_poll) {
      PARLEY_CHECK(has_poll && !effects.poll_answer);
      has_poll = false;
    }
    if (effects.probe_answer) PARLEY_CHECK(has_probe);
    if (effects.promotes_probe) {
      PARLEY_CHECK(has_probe && !has_websocket);
      has_probe = false;
      has_websocket = true;
    }
    if (effects.closes_probe) has_probe = false;
    if (!effects.frames.empty()) PARLEY_CHECK(has_websocket);
    if (effects.closes_websocket) has_websocket = false;
    if (effects.ended) PARLEY_CHECK(!std::exchange(has_ended, true));
    if (effects.is_gone) PARLEY_CHECK(has_ended && !std::exchange(is_gone, true));
    if (has_ended) PARLEY_CHECK(!machine.is_open());
    PARLEY_CHECK(effects.received.empty() || !was_ended);
    was_ended = has_ended;
  }
  void poll() {
    EngineEffects effects;
    const bool had_poll = has_poll;
    const bool is_taken = machine.on_poll(now, effects);
    if (is_taken) PARLEY_CHECK(!had_poll);
    has_poll = has_poll || is_taken;
    apply(effects);
  }

  EngineOptions options;
  Timestamp now = Timestamp::seconds(1);
  EngineMachine machine;
  bool has_poll = false;
  bool has_probe = false;
  bool has_websocket;
  bool has_ended = false;
  bool was_ended = false;
  bool is_gone = false;
};

void step(World& world, uint8_t action, std::string_view text) {
  EngineEffects effects;
  switch (action % 10) {
    case 0:
      return world.poll();
    case 1:
      if (!world.has_poll) return;
      world.has_poll = false;
      world.machine.on_poll_aborted(effects);
      break;
    case 2:
      world.machine.on_post(text, world.now, effects);
      break;
    case 3:
      if (world.machine.on_probe_opened(world.now)) world.has_probe = true;
      break;
    case 4:
      if (world.has_probe) world.machine.on_probe_text(text, world.now, effects);
      break;
    case 5:
      if (std::exchange(world.has_probe, false)) world.machine.on_probe_closed();
      break;
    case 6:
      if (world.has_websocket) world.machine.on_websocket_text(text, world.now, effects);
      break;
    case 7:
      world.machine.send(make_engine_message(EngineType::kMessage, text), effects);
      break;
    case 8:
      world.machine.close(DisconnectReason::kForcedClose, world.now, effects);
      break;
    default:
      world.now += TimeDelta::seconds(static_cast<int64_t>(text.size()));
      world.machine.on_tick(world.now, effects);
      PARLEY_CHECK(world.machine.next_deadline() > world.now);
  }
  world.apply(effects);
}

}  // namespace
}  // namespace parley::gateway

/// The input is a series of what can happen to a connection: an action, a length and that many bytes of text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::gateway;
  ByteReader in(ByteView(data, size));
  World world((in.u8() & 1) != 0 ? TransportKind::kWebSocket : TransportKind::kPolling);
  while (in.remaining() > 1) {
    const uint8_t action = in.u8();
    const uint8_t length = in.u8();
    step(world, action, as_text(in.bytes(std::min<size_t>(length, in.remaining()))));
  }
  return 0;
}

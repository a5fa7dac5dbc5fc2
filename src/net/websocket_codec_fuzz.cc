#include "base/check.h"
#include "base/utf8.h"
#include "net/websocket_codec.h"

namespace parley::net {
namespace {

constexpr size_t kLimit = 2000;

struct Outcome {
  std::vector<WebSocketEvent> events;
  uint16_t failure = 0;
};

Outcome read(ByteView stream, size_t step, WebSocketSide side,
             WebSocketCompression compression = WebSocketCompression::kNone) {
  Outcome out;
  WebSocketReader reader(side, kLimit, compression);
  while (!stream.empty()) {
    const size_t size = std::min(step, stream.size());
    reader.consume(stream.first(size), out.events);
    stream = stream.subspan(size);
  }
  out.failure = reader.failure();
  return out;
}

}  // namespace
}  // namespace parley::net

/// The input is a stream of frames for either side. How it is cut must not matter, and every message must come back
/// when it is written and read again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::net;
  const ByteView stream(data, size);
  struct Reader {
    WebSocketSide side;
    WebSocketCompression compression;
  };
  constexpr Reader kReaders[] = {{WebSocketSide::kServer, WebSocketCompression::kNone},
                                 {WebSocketSide::kServer, WebSocketCompression::kDeflate},
                                 {WebSocketSide::kClient, WebSocketCompression::kNone}};
  for (const auto [side, compression] : kReaders) {
    const Outcome whole = read(stream, std::max<size_t>(size, 1), side, compression);
    const Outcome cut = read(stream, 3, side, compression);
    PARLEY_CHECK(whole.failure == cut.failure && whole.events.size() == cut.events.size());
    for (size_t i = 0; i < whole.events.size(); ++i) {
      const WebSocketEvent& event = whole.events[i];
      PARLEY_CHECK(event.kind == cut.events[i].kind && event.payload == cut.events[i].payload);
      PARLEY_CHECK(event.payload.size() <= kLimit);
      PARLEY_CHECK(event.kind != WebSocketOpcode::kText || is_utf8(event.payload));
      if (event.kind == WebSocketOpcode::kClose) continue;
      std::string frame;
      append_websocket_frame(frame, event.kind, event.payload, std::array<uint8_t, 4>{1, 2, 3, 4});
      const Outcome again = read(as_bytes(frame), frame.size(), WebSocketSide::kServer);
      PARLEY_CHECK(again.events.size() == 1 && again.events[0].payload == event.payload);
    }
  }
  return 0;
}

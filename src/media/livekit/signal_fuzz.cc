// Two participants of one room; the input is cut into signal frames of one of them, with time passing between. The
// other must still be there at the end, unless the input removed it by right.

#include <cstdlib>

#include "media/livekit/engine.h"

namespace parley::livekit {
namespace {

const transport::DtlsContext& dtls() {
  static const auto context = transport::DtlsContext::make(WallTime{1'700'000'000'000'000});
  return **context;
}

JoinParams make_join(const char* identity, bool is_single) {
  JoinParams join;
  join.claims.identity = identity;
  join.claims.video = VideoGrant{.room_join = true, .room = "fuzz", .can_update_own_metadata = true};
  join.client.set_protocol(kSignalProtocol);
  join.is_single_peer_connection = is_single;
  return join;
}

void fuzz(ByteView input) {
  if (input.empty()) return;
  SeededRng rng(1);
  EngineConfig config;
  config.sfu.dtls = &dtls();
  config.sfu.srtp = &transport::pick_srtp_backend();
  config.allow_simulate = true;
  Engine engine(config, rng);
  EngineOutputs out;
  Now now{Timestamp::seconds(1000), WallTime{1'700'000'000'000'000}};
  engine.open_session(SessionId{1}, make_join("attacker", (input[0] & 1) != 0), now, out);
  engine.open_session(SessionId{2}, make_join("other", (input[0] & 2) != 0), now, out);
  ByteReader reader(input.subspan(1));
  // Fewer frames than would let either of them time out.
  for (int frames = 0; frames < 40 && reader.remaining() > 2; ++frames) {
    const size_t size = std::min<size_t>(reader.u16(), reader.remaining());
    const ByteView frame = reader.bytes(size);
    pb::SignalRequest request;
    if (!request.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) continue;
    engine.on_request(SessionId{1}, request, now, out);
    now.mono += TimeDelta::millis(200);
    engine.on_timer(now, out);
    out.signals.clear();
    out.webhooks.clear();
    out.sfu.packets().clear();
  }
  if (!engine.get_participant("fuzz", "other")) std::abort();
}

}  // namespace
}  // namespace parley::livekit

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  parley::livekit::fuzz({data, size});
  return 0;
}

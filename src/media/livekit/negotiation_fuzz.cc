// Any text as an offer: whatever can be parsed can be answered, and the answer can be read back.

#include <cstdlib>

#include "media/livekit/negotiation.h"

namespace parley::livekit {
namespace {

wire::MediaSection answer(const wire::MediaSection& offered, size_t place) {
  if (offered.kind == wire::MediaKind::kApplication) return answer_application(offered);
  if (offered.is_rejected()) return reject(offered);
  if (client_sends(offered)) {
    const wire::MediaSection answered = answer_receive(offered, {sfu::Codec::kVp9, true, true});
    make_receive_section(offered, answered, nullptr);
    return answered;
  }
  const sfu::Codec codec = offered.kind == wire::MediaKind::kAudio ? sfu::Codec::kOpus : sfu::Codec::kVp8;
  const OutgoingTrack track{"PA_a|TR_b", "TR_b", codec, true, static_cast<uint32_t>(place + 1), 77};
  const wire::MediaSection answered = answer_send(offered, place % 2 ? std::optional(track) : std::nullopt);
  make_send_params(answered, track);
  return answered;
}

void fuzz(ByteView input) {
  const auto offer = wire::parse_sdp(as_text(input));
  if (!offer) return;
  std::vector<wire::MediaSection> sections;
  for (const wire::MediaSection& offered : offer->media) sections.push_back(answer(offered, sections.size()));
  const LocalTransport transport{{"ufrag", "password"}, {"sha-256", ByteVector(32, 1)}, {}};
  const wire::SessionDescription made =
      make_description(DescriptionKind::kAnswer, std::move(sections), transport, 1, 1);
  extension_ids(made);
  if (!wire::parse_sdp(wire::serialize(made))) std::abort();
}

}  // namespace
}  // namespace parley::livekit

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  parley::livekit::fuzz({data, size});
  return 0;
}

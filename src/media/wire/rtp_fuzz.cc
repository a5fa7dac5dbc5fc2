#include <algorithm>
#include <vector>

#include "base/check.h"
#include "media/wire/demux.h"
#include "media/wire/rtp.h"
#include "media/wire/rtp_extensions.h"

using namespace parley;
using namespace parley::wire;

namespace {

void read_values(ByteView bytes) {
  (void)parse_audio_level(bytes);
  (void)parse_transport_sequence(bytes);
  (void)parse_abs_send_time(bytes);
  (void)parse_abs_capture_time(bytes);
  (void)parse_playout_delay(bytes);
  (void)parse_video_orientation(bytes);
  (void)parse_transmission_offset(bytes);
  (void)parse_sdes_text(bytes);
}

}  // namespace

/// A header that is read and written again holds the same fields and extensions.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  (void)classify(bytes);
  const auto rtp = parse_rtp(bytes);
  if (!rtp) return 0;
  PARLEY_CHECK(rtp->header_size + rtp->payload().size() + rtp->padding_size == size);

  std::vector<RtpExtension> extensions;
  rtp->for_each_extension([&](uint8_t id, ByteView value) {
    read_values(value);
    extensions.push_back({id, value});
  });
  const RtpHeader header{rtp->timestamp, rtp->ssrc, rtp->sequence_number, rtp->payload_type, rtp->marker};
  std::vector<uint8_t> out(rtp_header_size(extensions));
  const size_t written = write_rtp_header(header, extensions, out);
  if (out.size() > 0xffff) return 0;
  PARLEY_CHECK(written == out.size());
  const auto again = parse_rtp(out);
  PARLEY_CHECK(again.has_value() && again->ssrc == rtp->ssrc && again->timestamp == rtp->timestamp);
  PARLEY_CHECK(again->sequence_number == rtp->sequence_number && again->payload_type == rtp->payload_type);
  size_t index = 0;
  again->for_each_extension([&](uint8_t id, ByteView value) {
    PARLEY_CHECK(index < extensions.size() && id == extensions[index].id);
    const ByteView expected = extensions[index++].bytes;
    PARLEY_CHECK(std::equal(value.begin(), value.end(), expected.begin(), expected.end()));
  });
  PARLEY_CHECK(index == extensions.size());
  return 0;
}

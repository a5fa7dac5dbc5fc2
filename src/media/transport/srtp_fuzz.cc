// SRTP and SRTCP of any content, and authentic packets with bytes changed. The first byte chooses profile and backend.

#include "base/check.h"
#include "media/transport/srtp_test_util.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::transport;
  if (size < 4) return 0;
  static const std::vector<test::SrtpCase> cases = test::every_srtp_case();
  const test::SrtpCase& chosen = cases[data[0] % cases.size()];
  const SrtpMasterKey master = test::make_master_key(chosen.profile, 1);
  SrtpReceiver receiver(*chosen.backend, master, 8);
  const ByteView input = ByteView(data, size).subspan(4);
  ByteVector out(std::max<size_t>(input.size(), kSrtpMaxPacket));
  if (const auto plain = receiver.unprotect(input, out.data())) PARLEY_CHECK(*plain <= input.size());
  if (const auto plain = receiver.unprotect_rtcp(input, out.data())) PARLEY_CHECK(*plain <= input.size());

  // Authentic but for one byte: must be refused unless the change is none.
  SrtpSender sender(*chosen.backend, master);
  const test::RtpText text{
      .ssrc = 1, .sequence = static_cast<uint16_t>(data[1] << 8 | data[2]), .payload_size = input.size() % 1200};
  ByteVector packet = test::protect(sender, text);
  packet[data[2] % packet.size()] ^= data[3];
  PARLEY_CHECK(receiver.unprotect(packet, out.data()).has_value() == (data[3] == 0));
  return 0;
}

#include "base/check.h"
#include "media/wire/sdp.h"

namespace {

/// A description can pass a limit only in writing: wildcards and joined parameters make text longer.
bool is_within_text_limits(std::string_view text) {
  using namespace parley::wire;
  if (text.size() > kSdpMaxText) return false;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end > kSdpMaxLine) return false;
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return true;
}

}  // namespace

/// What is read, written and read again stays the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::wire;
  const auto session = parse_sdp(as_text(ByteView(data, size)));
  if (!session) {
    PARLEY_CHECK(!to_string(session.error()).empty());
    return 0;
  }
  const std::string text = serialize(*session);
  if (!is_within_text_limits(text)) return 0;
  const auto again = parse_sdp(text);
  PARLEY_CHECK(again.has_value());
  PARLEY_CHECK(*again == *session);
  for (const MediaSection& section : session->media) {
    (void)session->transport_of(section);
    for (const SdpCodec& codec : section.codecs) (void)fmtp_value(codec.fmtp, "apt");
  }
  return 0;
}

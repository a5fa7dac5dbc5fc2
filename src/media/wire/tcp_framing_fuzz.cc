#include <algorithm>

#include "base/check.h"
#include "media/wire/tcp_framing.h"

/// The first byte is the size of the pieces the rest arrives in. Whatever the pieces, the packets are those of the
/// stream taken whole.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::wire;
  if (size == 0) return 0;
  const size_t piece = size_t{data[0]} + 1;
  ByteView stream(data + 1, size - 1);
  ByteView expected = stream;
  constexpr size_t kLimit = 2000;
  TcpDeframer deframer(kLimit);
  while (!stream.empty() && !deframer.failed()) {
    stream = stream.subspan(deframer.append(stream.first(std::min(piece, stream.size()))));
    while (const auto packet = deframer.next()) {
      ByteReader r(expected);
      uint16_t length = r.u16();
      while (length == 0 && r.ok()) length = r.u16();
      const ByteView plain = r.bytes(length);
      PARLEY_CHECK(r.ok() && std::equal(packet->begin(), packet->end(), plain.begin(), plain.end()));
      expected = expected.subspan(r.offset());
    }
  }
  return 0;
}

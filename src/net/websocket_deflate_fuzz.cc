#include "base/check.h"
#include "net/websocket_deflate.h"

/// The input is what a peer calls compressed, and also a message of ours: the first stays within its limit whatever it
/// says, the second comes back as it was.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::net;
  constexpr size_t kLimit = 100'000;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto inflated = inflate_message(input, kLimit);
  PARLEY_CHECK(!inflated || inflated->size() <= kLimit);
  PARLEY_CHECK(inflate_message(deflate_message(input), size) == input);
  return 0;
}

#include "base/check.h"
#include "media/wire/stun.h"

/// What is read, written and read again stays the same, and its integrity verifies under the key it was written with.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::wire;
  const ByteView bytes(data, size);
  const ByteView key = as_bytes("password");
  (void)verify_integrity(bytes, key);
  auto message = parse_stun(bytes);
  if (!message) return 0;
  message->unknown_required.clear();
  uint8_t buffer[kStunMaxSize];
  const size_t written = serialize_stun(*message, key, buffer);
  PARLEY_CHECK(written > 0);
  const ByteView again = ByteView(buffer).first(written);
  PARLEY_CHECK(parse_stun(again) == *message);
  PARLEY_CHECK(verify_integrity(again, key) == message->has_integrity);
  if (message->username) (void)split_username(*message->username);
  return 0;
}

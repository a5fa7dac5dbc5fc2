#include "base/check.h"
#include "media/wire/ice_candidate.h"

/// What is read, written and read again stays the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::wire;
  const auto candidate = parse_candidate(as_text(ByteView(data, size)));
  if (!candidate) return 0;
  (void)candidate->connection.address();
  PARLEY_CHECK(parse_candidate(serialize(*candidate)) == *candidate);
  return 0;
}

#include "base/bytes.h"
#include "base/check.h"
#include "base/fold.h"
#include "base/utf8.h"

/// Whatever comes in: the fold is UTF-8, and folding it again changes nothing.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  const std::string once = fold(as_text(ByteView(data, size)));
  PARLEY_CHECK(is_utf8(once));
  PARLEY_CHECK(fold(once) == once);
  return 0;
}

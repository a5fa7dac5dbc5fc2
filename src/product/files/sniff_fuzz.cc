#include "base/bytes.h"
#include "base/check.h"
#include "product/files/sniff.h"

/// Whatever comes in has a type, and what is shown in place is a picture, a sound or a video.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::product;
  const std::string_view type = files::sniff(as_text(ByteView(data, size)));
  PARLEY_CHECK(type.contains('/'));
  PARLEY_CHECK(!files::is_inline(type) || files::kind_of(type) != MediaKind::kOther);
  return 0;
}

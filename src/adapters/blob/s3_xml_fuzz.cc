#include "adapters/blob/s3_xml.h"
#include "base/bytes.h"
#include "base/check.h"

/// The input is what a storage might answer.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::blob;
  const std::string_view xml = as_text(ByteView(data, size));
  size_t total = 0;
  for (const std::string_view item : xml_elements(xml, "Contents")) {
    PARLEY_CHECK(!item.contains("</Contents>"));
    total += item.size();
    PARLEY_CHECK(xml_unescape(xml_element(item, "Key").value_or("")).size() <= item.size());
    static_cast<void>(parse_s3_time(xml_element(item, "LastModified").value_or("")));
  }
  PARLEY_CHECK(total <= size);
  PARLEY_CHECK(xml_unescape(xml_escape(xml)) == xml);
  static_cast<void>(parse_s3_time(xml));
  return 0;
}

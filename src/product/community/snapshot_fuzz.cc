#include "base/bytes.h"
#include "base/check.h"
#include "json/writer.h"
#include "product/community/snapshot.h"

/// Lines of a type, a blank and a payload are applied one after the other; an event that is refused changes nothing,
/// and one that says how things are says so again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::product::community;
  std::string_view rest = as_text(ByteView(data, size));
  CommunitySnapshot snapshot;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::string_view type = line.substr(0, line.find(' '));
    const std::string_view payload = line.substr(std::min(line.size(), type.size() + 1));
    const std::string before = json::to_json(snapshot);
    const Applied applied = apply(snapshot, type, payload);
    const std::string once = json::to_json(snapshot);
    if (applied != Applied::kChanged) {
      PARLEY_CHECK(once == before);
    } else {
      PARLEY_CHECK(apply(snapshot, type, payload) == Applied::kChanged);
      PARLEY_CHECK(json::to_json(snapshot) == once);
    }
  }
  return 0;
}

#include "base/bytes.h"
#include "base/check.h"
#include "json/reader.h"
#include "json/writer.h"

namespace parley::json {
namespace {

enum class Kind : unsigned char { kText, kVoice };
BOOST_DESCRIBE_ENUM(Kind, kText, kVoice)

struct Leaf {
  Text<1, 8> name;
  std::optional<Number<-5, 5>> size;
  Patch<Block<0, 4>> note;
};
BOOST_DESCRIBE_STRUCT(Leaf, (), (name, size, note))

struct Tree {
  std::optional<List<Leaf, 3>> leaves;
  std::optional<Map<Leaf, 3>> named;
  std::optional<Kind> kind;
  std::optional<Mask> mask;
  std::optional<WallTime> at;
  std::optional<double> weight;
  std::optional<bool> flag;
  std::optional<Raw> raw;
  std::optional<int64_t> wide;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (leaves, named, kind, mask, at, weight, flag, raw, wide))

void check_faults(const Faults& faults) {
  PARLEY_CHECK(!faults.list.empty() && faults.list.size() <= kMaxFaults);
  for (const Fault& fault : faults.list) PARLEY_CHECK(fault.pointer.size() < 600 && !fault.message.empty());
}

}  // namespace
}  // namespace parley::json

/// What is read must be written as something that reads as the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  const std::string_view text = as_text(ByteView(data, size));
  const auto tree = json::parse<json::Tree>(text);
  if (!tree) {
    json::check_faults(tree.error());
    return 0;
  }
  const std::string once = json::to_json(*tree);
  const auto again = json::parse<json::Tree>(once);
  PARLEY_CHECK(again.has_value());
  PARLEY_CHECK(json::to_json(*again) == once);
  return 0;
}

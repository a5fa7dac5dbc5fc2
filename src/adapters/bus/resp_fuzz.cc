#include "adapters/bus/resp.h"
#include "base/bytes.h"
#include "base/check.h"

namespace parley::bus {
namespace {

/// A value as text, to compare two.
std::string shown(const RespValue& value) {
  std::string out =
      std::to_string(static_cast<int>(value.kind)) + ":" + std::to_string(value.integer) + ":" + value.text;
  for (const RespValue& item : value.items) out += "[" + shown(item) + "]";
  return out;
}

/// All values, and "!" where the bytes stop being the protocol.
std::string read_all(std::string_view bytes, size_t step) {
  RespParser parser;
  std::string out;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, step);
    bytes.remove_prefix(part.size());
    parser.feed(part);
    for (;;) {
      const auto value = parser.next();
      if (!value) return out + "!";
      if (!*value) break;
      out += shown(**value) + "\n";
    }
    PARLEY_CHECK(parser.buffered() <= RespParser::kMaxValue + step);
  }
  return out;
}

}  // namespace
}  // namespace parley::bus

/// The input is what a server might send. How it is cut into pieces must not matter.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::bus;
  const std::string_view bytes = as_text(ByteView(data, size));
  const std::string whole = read_all(bytes, size + 1);
  PARLEY_CHECK(read_all(bytes, 1) == whole);
  PARLEY_CHECK(read_all(bytes, 7) == whole);
  // What is made is understood again.
  RespParser parser;
  parser.feed(make_command({"PUBLISH", bytes}));
  const auto command = parser.next();
  if (size <= RespParser::kMaxText) PARLEY_CHECK(command && *command && (*command)->items[1].text == bytes);
  return 0;
}

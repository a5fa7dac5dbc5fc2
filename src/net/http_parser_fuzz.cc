#include "base/bytes.h"
#include "base/check.h"
#include "net/http_parser.h"

namespace parley::net {
namespace {

constexpr HttpLimits kLimits{.head = 4096, .body = 4096, .header_count = 16};

void check_request(const HttpRequest& request) {
  PARLEY_CHECK(request.path.starts_with('/') && !request.path.contains("//") && !request.path.contains('\0'));
  PARLEY_CHECK(request.body.size() <= kLimits.body);
  PARLEY_CHECK(request.headers.fields().size() <= kLimits.header_count);
  for (const auto& [name, value] : request.headers.fields()) {
    PARLEY_CHECK(!name.empty() && value.find_first_of("\r\n") == std::string::npos);
  }
}

/// Some bodies go to files: what the parser gives of them between two reads is all there is of it.
const PlanBody kPlan = [](const HttpRequest& head) {
  return BodyPlan{kLimits.body, head.path.contains('f') ? BodyPlan::Place::kFile : BodyPlan::Place::kMemory};
};

/// All requests of a stream given in pieces of `step` bytes, as one text, and how it ended.
std::string read_stream(std::string_view stream, size_t step) {
  HttpRequestParser parser(kLimits, &kPlan);
  std::string out;
  std::string spooled;
  while (!stream.empty() && parser.state() != HttpRequestParser::State::kFailed) {
    const size_t used = parser.consume(stream.substr(0, step));
    PARLEY_CHECK(used > 0);
    stream.remove_prefix(used);
    if (parser.is_spooled()) {
      spooled += parser.body_part();
      parser.clear_body_part();
      PARLEY_CHECK(spooled.size() <= kLimits.body);
    }
    if (parser.state() != HttpRequestParser::State::kComplete) continue;
    const HttpRequest request = parser.take();
    check_request(request);
    out += request.method + ' ' + request.target + ' ' + request.body + std::exchange(spooled, {}) + '\n';
  }
  return out + std::to_string(parser.error_status());
}

}  // namespace
}  // namespace parley::net

/// The input is a stream; how it is cut into reads must not matter.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  const std::string_view stream = as_text(ByteView(data, size));
  const std::string whole = net::read_stream(stream, stream.size());
  PARLEY_CHECK(net::read_stream(stream, 1) == whole);
  PARLEY_CHECK(net::read_stream(stream, 7) == whole);
  return 0;
}

#include "base/bytes.h"
#include "base/check.h"
#include "product/identity/jws.h"
#include "product/identity/names.h"
#include "product/identity/oidc.h"

/// The input is what a hostile or broken identity provider may send: keys, a token and its payload, apart by lines.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  using namespace parley::product::identity;
  const std::string_view input = as_text(ByteView(data, size));
  const std::string_view first = input.substr(0, input.find('\n'));
  const std::string_view rest = input.substr(std::min(input.size(), first.size() + 1));
  const std::string_view second = rest.substr(0, rest.find('\n'));
  const std::string_view payload = rest.substr(std::min(rest.size(), second.size() + 1));
  if (const auto keys = JsonWebKeys::parse(first)) {
    PARLEY_CHECK(keys->size() <= kMaxJwks);
    (void)keys->open(second);
  }
  auto claims = check_id_token(payload, {"i", "c", "n"}, {1'800'000'000'000'000});
  if (claims) {
    PARLEY_CHECK(claims->issuer == "i" && !claims->subject.empty());
    PARLEY_CHECK(!claims->email || check_email(*claims->email));
    add_userinfo(*claims, payload);
  }
  return 0;
}

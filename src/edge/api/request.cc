#include "edge/api/request.h"

#include "base/check.h"

namespace parley::api {

std::string_view Context::parameter(std::string_view name) const {
  for (const auto& [known, value] : parameters) {
    if (known == name) return value;
  }
  PARLEY_BUG("a handler asks for a parameter that its path does not have");
  return {};
}

std::string_view Context::cookie(std::string_view name) const { return cookie_of(http.headers, name); }

RawBody Context::raw_body() const { return {http.body, std::string(http.headers.get("Content-Type"))}; }

std::string_view cookie_of(const net::HttpHeaders& headers, std::string_view name) {
  for (const auto& [field, value] : headers.fields()) {
    if (!net::equals_ignoring_case(field, "Cookie")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      std::string_view pair = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) return pair.substr(name.size() + 1);
    }
  }
  return {};
}

Credentials credentials_in(const net::HttpHeaders& headers, std::string_view session_cookie) {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string_view header = headers.get("Authorization");
  Credentials out;
  if (header.size() > kBearer.size() && net::equals_ignoring_case(header.substr(0, kBearer.size()), kBearer)) {
    out.kind = Credentials::Kind::kBearer;
    out.secret = Redacted(std::string(header.substr(kBearer.size())));
  } else if (const auto cookie = cookie_of(headers, session_cookie); header.empty() && !cookie.empty()) {
    out.kind = Credentials::Kind::kCookie;
    out.secret = Redacted(std::string(cookie));
  }
  return out;
}

std::unexpected<product::Problem> refuse_faults(json::Faults faults) {
  product::Problem problem;
  problem.code = faults.is_malformed ? product::ProblemCode::kMalformedJson : product::ProblemCode::kInvalidRequest;
  if (faults.is_malformed && !faults.list.empty()) {
    problem.detail = std::move(faults.list.front().message);
  } else {
    for (json::Fault& fault : faults.list) {
      problem.errors.push_back({std::move(fault.pointer), std::move(fault.message)});
    }
  }
  return std::unexpected(std::move(problem));
}

}  // namespace parley::api

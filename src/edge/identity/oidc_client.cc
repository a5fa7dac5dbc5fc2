#include "edge/identity/oidc_client.h"

#include <algorithm>
#include <boost/json/value.hpp>
#include <chrono>
#include <future>

#include "base/base64.h"
#include "base/log.h"
#include "json/reader.h"
#include "net/clock.h"
#include "net/url.h"

namespace parley::api::identity {

using product::Outcome;
using product::ProblemCode;
using product::refuse;
using product::identity::JsonWebKeys;
using product::identity::JwsFault;

namespace {

/// What a provider says about itself changes by the month.
constexpr TimeDelta kKeepProvider = TimeDelta::seconds(3600);
/// Unknown keys are asked for at most so often: tokens are cheap to forge.
constexpr TimeDelta kKeysPause = TimeDelta::seconds(30);
constexpr TimeDelta kTimeout = TimeDelta::seconds(5);

std::string text_of(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// Whether an endpoint may be used with this issuer: never less protected than it.
bool is_fit(std::string_view issuer, std::string_view url) {
  return url.starts_with("https://") || (issuer.starts_with("http://") && url.starts_with("http://"));
}

bool takes_basic(const boost::json::object& object) {
  // OpenID Connect Discovery 1.0 section 3: basic when nothing is said.
  const auto* methods = object.if_contains("token_endpoint_auth_methods_supported");
  if (!methods || !methods->is_array()) return true;
  return std::ranges::any_of(methods->get_array(), [](const auto& method) {
    return method.is_string() && std::string_view(method.get_string()) == "client_secret_basic";
  });
}

}  // namespace

Outcome<std::string> OidcClient::request(net::HttpClientRequest request, Timestamp deadline) {
  const TimeDelta left = std::min(deadline - net::read_clock().mono, kTimeout);
  if (left <= TimeDelta::zero()) return refuse(ProblemCode::kDeadlineExceeded);
  request.timeout = left;
  // Shared: the answer may come after this has given up.
  const auto promise = std::make_shared<std::promise<Result<net::HttpClientResponse>>>();
  auto future = promise->get_future();
  const std::string url = request.url;
  http_.send(std::move(request),
             [promise](Result<net::HttpClientResponse> response) { promise->set_value(std::move(response)); });
  if (future.wait_for(std::chrono::microseconds(left.us()) + std::chrono::seconds(1)) != std::future_status::ready)
    return refuse(ProblemCode::kDeadlineExceeded, "the identity provider does not answer");
  Result<net::HttpClientResponse> response = future.get();
  if (!response) {
    log::warn("oidc_provider_unreachable", {{"url", url}, {"reason", response.error().message}});
    return refuse(ProblemCode::kDeadlineExceeded, "the identity provider does not answer");
  }
  if (!response->ok()) {
    log::warn("oidc_provider_refused", {{"url", url}, {"status", response->status}});
    return refuse(response->status >= 500 ? ProblemCode::kDeadlineExceeded : ProblemCode::kTokenInvalid,
                  "the identity provider refused");
  }
  return std::move(response->body);
}

Outcome<OidcClient::Provider> OidcClient::discover(Timestamp deadline) {
  const Timestamp now = net::read_clock().mono;
  const auto cached = cache_.with([](const Cache& cache) { return cache.provider; });
  if (cached && now - cached->read_at < kKeepProvider) return *cached;
  std::string base = options_.issuer;
  while (base.ends_with('/')) base.pop_back();
  net::HttpClientRequest get;
  get.url = base + "/.well-known/openid-configuration";
  const auto body = request(std::move(get), deadline);
  if (!body) return std::unexpected(body.error());
  const auto document = json::Document::parse(*body);
  const auto* object = document ? document->root().if_object() : nullptr;
  if (!object || text_of(*object, "issuer") != options_.issuer)
    return refuse(ProblemCode::kNotConfigured, "OIDC_ISSUER: the provider calls itself otherwise");
  Provider provider{.authorization_endpoint = text_of(*object, "authorization_endpoint"),
                    .token_endpoint = text_of(*object, "token_endpoint"),
                    .jwks_uri = text_of(*object, "jwks_uri"),
                    .userinfo_endpoint = text_of(*object, "userinfo_endpoint"),
                    .takes_basic = takes_basic(*object),
                    .read_at = now};
  for (const std::string* url : {&provider.authorization_endpoint, &provider.token_endpoint, &provider.jwks_uri}) {
    if (!is_fit(options_.issuer, *url))
      return refuse(ProblemCode::kNotConfigured, "OIDC_ISSUER: the provider's endpoints are not safe to use");
  }
  if (!is_fit(options_.issuer, provider.userinfo_endpoint)) provider.userinfo_endpoint.clear();
  cache_.with([&](Cache& cache) { cache.provider = provider; });
  return provider;
}

Outcome<std::string> OidcClient::authorization_url(const Authorization& what, Timestamp deadline) {
  const auto provider = discover(deadline);
  if (!provider) return std::unexpected(provider.error());
  std::string url = provider->authorization_endpoint;
  char separator = url.contains('?') ? '&' : '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    url += separator;
    separator = '&';
    url += std::string(name) + "=" + net::percent_encode(value);
  };
  add("response_type", "code");
  add("client_id", options_.client_id);
  add("redirect_uri", what.redirect_uri);
  add("scope", options_.scopes);
  add("state", what.state);
  add("nonce", what.nonce);
  add("code_challenge", what.challenge);
  add("code_challenge_method", "S256");
  return url;
}

Outcome<OidcClient::Keys> OidcClient::fetch_keys(const Provider& provider, Timestamp deadline) {
  net::HttpClientRequest get;
  get.url = provider.jwks_uri;
  const auto body = request(std::move(get), deadline);
  if (!body) return std::unexpected(body.error());
  auto parsed = JsonWebKeys::parse(*body);
  if (!parsed) return refuse(ProblemCode::kNotConfigured, "the identity provider's keys cannot be read");
  Keys keys = std::make_shared<const JsonWebKeys>(std::move(*parsed));
  cache_.with([&](Cache& cache) {
    cache.keys = keys;
    cache.keys_read_at = net::read_clock().mono;
  });
  return keys;
}

Outcome<std::string> OidcClient::open(const Provider& provider, std::string_view id_token, Timestamp deadline) {
  const auto [known, read_at] =
      cache_.with([](const Cache& cache) { return std::pair(cache.keys, cache.keys_read_at); });
  if (known) {
    auto payload = known->open(id_token);
    if (payload) return std::move(*payload);
    const bool is_new_key = payload.error() == JwsFault::kUnknownKey && net::read_clock().mono - read_at >= kKeysPause;
    if (!is_new_key) return refuse(ProblemCode::kTokenInvalid, "signature");
  }
  const auto keys = fetch_keys(provider, deadline);
  if (!keys) return std::unexpected(keys.error());
  auto payload = (*keys)->open(id_token);
  if (!payload) return refuse(ProblemCode::kTokenInvalid, "signature");
  return std::move(*payload);
}

Outcome<OidcClient::Exchanged> OidcClient::exchange(const Code& code, Timestamp deadline) {
  const auto provider = discover(deadline);
  if (!provider) return std::unexpected(provider.error());
  net::HttpClientRequest post{.method = "POST", .url = provider->token_endpoint, .headers = {}, .body = {}};
  post.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  post.headers.emplace_back("Accept", "application/json");
  post.body = "grant_type=authorization_code&code=" + net::percent_encode(code.code) +
              "&redirect_uri=" + net::percent_encode(code.redirect_uri) +
              "&code_verifier=" + net::percent_encode(code.verifier.reveal());
  const std::string& secret = options_.client_secret.reveal();
  if (provider->takes_basic && !secret.empty()) {
    // RFC 6749 section 2.3.1: both are form-encoded first.
    const std::string pair = net::percent_encode(options_.client_id) + ":" + net::percent_encode(secret);
    post.headers.emplace_back("Authorization", "Basic " + base64_encode(as_bytes(pair)));
  } else {
    post.body += "&client_id=" + net::percent_encode(options_.client_id);
    if (!secret.empty()) post.body += "&client_secret=" + net::percent_encode(secret);
  }
  const auto body = request(std::move(post), deadline);
  if (!body) return std::unexpected(body.error());
  const auto document = json::Document::parse(*body);
  const auto* object = document ? document->root().if_object() : nullptr;
  const std::string id_token = object ? text_of(*object, "id_token") : "";
  if (id_token.empty()) return refuse(ProblemCode::kTokenInvalid, "no id_token");
  auto payload = open(*provider, id_token, deadline);
  if (!payload) return std::unexpected(std::move(payload.error()));
  return Exchanged{std::move(*payload), Redacted(text_of(*object, "access_token"))};
}

Outcome<std::string> OidcClient::userinfo(const Redacted<std::string>& access_token, Timestamp deadline) {
  const auto provider = discover(deadline);
  if (!provider) return std::unexpected(provider.error());
  const bool is_sound = std::ranges::all_of(access_token.reveal(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (provider->userinfo_endpoint.empty() || access_token.reveal().empty() || !is_sound) return std::string();
  net::HttpClientRequest get;
  get.url = provider->userinfo_endpoint;
  get.headers.emplace_back("Authorization", "Bearer " + access_token.reveal());
  return request(std::move(get), deadline);
}

}  // namespace parley::api::identity

#include "edge/api/api.h"

#include "edge/api/call.h"

namespace parley::api {
namespace {

/// HMAC keys below this could be guessed.
constexpr size_t kMinCursorKey = 16;

}  // namespace

Result<std::unique_ptr<Api>> Api::make(ApiOptions options, RouteTable table, ApiPorts ports) {
  auto origins = Origins::parse(options.allowed_origins);
  if (!origins) return std::unexpected(origins.error());
  auto proxies = TrustedProxies::parse(options.trusted_proxies);
  if (!proxies) return std::unexpected(proxies.error());
  if (options.cursor_key.reveal().size() < kMinCursorKey) {
    return fail(Error::Code::kInvalidArgument, "the key of cursors is shorter than 16 bytes");
  }
  options.openapi.session_cookie = options.session_cookie;
  std::unique_ptr<Api> api(new Api(std::move(options), std::move(table), ports, *origins, *proxies));
  return api;
}

Api::Api(ApiOptions options, RouteTable table, ApiPorts ports, Origins origins, TrustedProxies proxies)
    : options_(std::move(options)),
      table_(std::move(table)),
      ports_(ports),
      origins_(std::move(origins)),
      proxies_(std::move(proxies)),
      cursors_(options_.cursor_key.reveal()),
      gate_(options_.rate_limits, options_.rate_keys, ports.rng),
      idempotency_(ports.store),
      pool_(options_.workers),
      transfers_(options_.transfer_workers) {
  table_.add({.method = Method::kGet,
              .path = "/api/v1/openapi.json",
              .id = "getOpenApi",
              .summary = "This document.",
              .tag = "meta",
              .access = Access::kAnyone},
             [this](Request<>& /*request*/) -> product::Outcome<json::Raw> { return json::Raw{openapi_}; });
  openapi_ = make_openapi(table_, options_.openapi);
}

Api::~Api() { stop(); }

void Api::handle(std::shared_ptr<net::HttpExchange> exchange) {
  // Shared by the job that runs it and the one that refuses it.
  auto call = std::make_shared<Call>(*this, std::move(exchange));
  if (!call->admit()) return;
  const Timestamp deadline = call->deadline();
  net::WorkerPool& pool = call->work() == Work::kTransfer ? transfers_ : pool_;
  pool.post({deadline, [call] { call->run(); }, [call](net::WorkerPool::Refusal why) { call->on_refused(why); }});
}

}  // namespace parley::api

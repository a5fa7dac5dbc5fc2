#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "base/redacted.h"
#include "base/time.h"
#include "net/http_client.h"
#include "product/identity/jws.h"
#include "product/model/problem.h"

namespace parley::api::identity {

struct OidcOptions {
  std::string issuer;  ///< OIDC_ISSUER: as the provider itself writes it.
  std::string client_id;
  Redacted<std::string> client_secret;
  std::string scopes = "openid profile email";
};

/// Speaks with one identity provider: discovery, keys, and the exchange of codes. Thread-safe; blocks. Problems:
/// kDeadlineExceeded when the provider does not answer in time, kTokenInvalid when it refuses, kNotConfigured when what
/// it says about itself is of no use.
class OidcClient {
 public:
  /// `http` outlives it.
  OidcClient(OidcOptions options, net::HttpClient& http) : options_(std::move(options)), http_(http) {}

  /// What goes into the URL to which the browser is sent.
  struct Authorization {
    std::string redirect_uri;
    std::string state;
    std::string nonce;
    std::string challenge;
  };
  product::Outcome<std::string> authorization_url(const Authorization& what, Timestamp deadline);

  struct Code {
    std::string code;
    Redacted<std::string> verifier;
    std::string redirect_uri;
  };
  struct Exchanged {
    std::string payload;  ///< Of the ID token, its signature checked.
    Redacted<std::string> access_token;
  };
  product::Outcome<Exchanged> exchange(const Code& code, Timestamp deadline);
  /// What the provider tells about the user beyond the token; empty when it has no such endpoint.
  product::Outcome<std::string> userinfo(const Redacted<std::string>& access_token, Timestamp deadline);
  const OidcOptions& options() const { return options_; }

 private:
  struct Provider {
    std::string authorization_endpoint;
    std::string token_endpoint;
    std::string jwks_uri;
    std::string userinfo_endpoint;  ///< May be empty.
    bool takes_basic = true;        ///< The client's secret in a header; otherwise in the form.
    Timestamp read_at;
  };
  using Keys = std::shared_ptr<const product::identity::JsonWebKeys>;  ///< Shared: read while others replace it.
  struct Cache {
    std::optional<Provider> provider;
    Keys keys;
    Timestamp keys_read_at;
  };

  product::Outcome<Provider> discover(Timestamp deadline);
  product::Outcome<Keys> fetch_keys(const Provider& provider, Timestamp deadline);
  product::Outcome<std::string> open(const Provider& provider, std::string_view id_token, Timestamp deadline);
  product::Outcome<std::string> request(net::HttpClientRequest request, Timestamp deadline);

  const OidcOptions options_;
  net::HttpClient& http_;
  Guarded<Cache> cache_;
};

}  // namespace parley::api::identity

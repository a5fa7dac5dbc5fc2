#pragma once

#include "edge/api/caller.h"
#include "product/ports/store.h"

namespace parley::api::identity {

/// Knows callers by their access token (bearer or cookie) or by a server API key. One read of the store for each
/// request, so that a session that has ended, or a disabled user, is refused at once.
class StoreAuthenticator : public Authenticator {
 public:
  explicit StoreAuthenticator(product::Store& store) : store_(store) {}
  product::Outcome<Caller> authenticate(const Credentials& credentials, Now now, Timestamp deadline) override;

 private:
  product::Outcome<Caller> authenticate_key(const Credentials& credentials, Now now, Timestamp deadline);
  product::Store& store_;
};

}  // namespace parley::api::identity

#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "edge/gateway/socket.h"
#include "product/model/ids.h"

namespace parley::realtime {

/// Whom a socket belongs to. Does not change but for the end of its token.
struct Client {
  product::UserId user;
  product::SessionId session;  ///< Empty when an API key acts for the user.
  std::string language;        ///< "tr", "az" or "en".
  /// When the token ends, in microseconds since the epoch; never() for API keys. The socket ends with it unless it is
  /// refreshed.
  std::atomic<int64_t> expires_at_us = kNever;
  std::atomic<int64_t> announced_us = 0;  ///< The end that the client was told of.
  static constexpr int64_t kNever = INT64_MAX;
};

/// nullptr before the socket is accepted.
inline std::shared_ptr<Client> client_of(const gateway::Socket& socket) {
  return std::static_pointer_cast<Client>(socket.data());
}

}  // namespace parley::realtime

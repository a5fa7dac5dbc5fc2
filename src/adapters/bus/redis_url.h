#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/redacted.h"
#include "base/result.h"

namespace parley::bus {

/// A Redis server's address, taken apart.
struct RedisUrl {
  std::string host;
  uint16_t port = 6379;
  std::string user;                ///< Empty: Redis's "default".
  Redacted<std::string> password;  ///< Empty: no AUTH.
  uint32_t database = 0;
};

/// `redis://[[user]:password@]host[:port][/database]`, user and password percent-encoded where they must be. The error
/// is one sentence that names REDIS_URL and quotes nothing of the address, which may hold a password.
Result<RedisUrl> parse_redis_url(std::string_view url);

}  // namespace parley::bus

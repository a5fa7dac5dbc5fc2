#pragma once

#include <map>
#include <string>

#include "base/time.h"
#include "net/http_message.h"

namespace parley::gateway {

/// The request that began a connection, as far as it is kept.
struct Handshake {
  std::string target;
  std::map<std::string, std::string> query;
  net::HttpHeaders headers;  ///< Those named in EngineOptions::kept_headers.
  std::string remote_address;
  Timestamp time;
};

}  // namespace parley::gateway

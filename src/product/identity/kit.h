#pragma once

#include <string>

#include "base/rng.h"
#include "base/time.h"
#include "product/ports/password_hasher.h"
#include "product/ports/store.h"

namespace parley::product::identity {

/// What operations need that take more than one unit of work, because a password is hashed between them.
struct Kit {
  Store& store;
  PasswordHasher& hasher;
  Rng& rng;  ///< Thread-safe, fit for secrets.
};

/// When an operation happens and when it must be over.
struct Moment {
  WallTime now;
  Timestamp deadline;
};

/// From where somebody signs in: shown in the list of devices.
struct Device {
  std::string name;        ///< As the client calls itself; may be empty.
  std::string user_agent;  ///< Cut to kMaxUserAgent.
  std::string ip;          ///< Personal data.
};

}  // namespace parley::product::identity

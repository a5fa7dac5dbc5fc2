#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "product/ports/password_hasher.h"

namespace parley::identity_adapter {

struct Argon2Options {
  /// Passes and memory. 2 and 19 MiB are OWASP's first choice of equal strength; measured 15 ms (dependencies.md 6).
  /// More slows thieves of the database and sign-ins alike.
  uint64_t passes = 2;
  size_t memory = size_t{19} * 1024 * 1024;  ///< Bytes; at least 8192.
  /// Hashes at a time: each holds its memory and a core. Two leave cores for calls on the smallest machine.
  unsigned concurrent = 2;
  /// Callers that may wait for their turn; at 15 ms the last one of 16 waits 0.12 s. Beyond it: kOverloaded.
  unsigned waiting = 16;
};

/// Argon2id of libsodium. Hashes run on the callers' threads (the worker pool's), so many at a time.
class Argon2Hasher : public product::PasswordHasher {
 public:
  explicit Argon2Hasher(Argon2Options options = {});

  product::Outcome<std::string> hash(std::string_view password, Timestamp deadline) override;
  product::Outcome<bool> verify(std::string_view password, std::string_view hash, Timestamp deadline) override;
  bool is_outdated(std::string_view hash) const override;

  /// Hashes computed since the start: for metrics, and for tests that two answers cost the same work.
  uint64_t operations() const { return operations_; }

 private:
  class Place;
  /// False when there is none before `deadline`.
  bool take_place(Timestamp deadline);
  void give_place();
  std::string make_hash(std::string_view password) const;

  const Argon2Options options_;
  std::string decoy_;  ///< Compared with when there is nothing to compare with.
  std::atomic<uint64_t> operations_ = 0;
  std::mutex mutex_;
  std::condition_variable free_;
  unsigned running_ = 0;  ///< Under mutex_.
  unsigned waiting_ = 0;  ///< Under mutex_.
};

}  // namespace parley::identity_adapter

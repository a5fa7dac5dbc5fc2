#include "adapters/identity/argon2_hasher.h"

#include <sodium.h>

#include <array>
#include <chrono>
#include <cstring>

#include "base/check.h"

namespace parley::identity_adapter {

using product::Outcome;
using product::Problem;
using product::ProblemCode;

namespace {

std::unexpected<Problem> refuse_overload() {
  return std::unexpected(Problem{.code = ProblemCode::kOverloaded,
                                 .detail = "too many sign-ins at a time",
                                 .errors = {},
                                 .retry_after = TimeDelta::seconds(1)});
}

/// The form libsodium wants: ended by NUL, at most crypto_pwhash_STRBYTES.
using Stored = std::array<char, crypto_pwhash_STRBYTES>;
bool to_stored(std::string_view hash, Stored& out) {
  out.fill('\0');
  if (hash.size() >= out.size() || !hash.starts_with(crypto_pwhash_STRPREFIX)) return false;
  std::memcpy(out.data(), hash.data(), hash.size());
  return true;
}

}  // namespace

/// A turn, while it lives.
class Argon2Hasher::Place {
 public:
  Place(Argon2Hasher& hasher, Timestamp deadline) : hasher_(hasher), is_taken_(hasher.take_place(deadline)) {}
  ~Place() {
    if (is_taken_) hasher_.give_place();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  bool is_taken() const { return is_taken_; }

 private:
  Argon2Hasher& hasher_;
  const bool is_taken_;
};

Argon2Hasher::Argon2Hasher(Argon2Options options) : options_(options) {
  PARLEY_CHECK(sodium_init() >= 0);
  PARLEY_CHECK(options_.concurrent > 0 && options_.memory >= crypto_pwhash_MEMLIMIT_MIN);
  decoy_ = make_hash("nobody's password");
}

std::string Argon2Hasher::make_hash(std::string_view password) const {
  Stored out{};
  // Fails for want of memory only.
  PARLEY_CHECK(crypto_pwhash_str_alg(out.data(), password.data(), password.size(), options_.passes, options_.memory,
                                     crypto_pwhash_ALG_ARGON2ID13) == 0);
  return std::string(out.data());
}

bool Argon2Hasher::take_place(Timestamp deadline) {
  std::unique_lock lock(mutex_);
  if (running_ >= options_.concurrent) {
    if (waiting_ >= options_.waiting) return false;
    ++waiting_;
    // A minute at most: the clock's nanoseconds cannot hold "never".
    const auto soon = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    const auto until = std::min(soon, std::chrono::steady_clock::time_point(
                                          std::chrono::microseconds(std::min(deadline.us(), INT64_MAX / 1000))));
    const bool is_free = free_.wait_until(lock, until, [&] { return running_ < options_.concurrent; });
    --waiting_;
    if (!is_free) return false;
  }
  ++running_;
  return true;
}

void Argon2Hasher::give_place() {
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  free_.notify_one();
}

Outcome<std::string> Argon2Hasher::hash(std::string_view password, Timestamp deadline) {
  const Place place(*this, deadline);
  if (!place.is_taken()) return refuse_overload();
  ++operations_;
  return make_hash(password);
}

Outcome<bool> Argon2Hasher::verify(std::string_view password, std::string_view hash, Timestamp deadline) {
  const Place place(*this, deadline);
  if (!place.is_taken()) return refuse_overload();
  ++operations_;
  Stored stored{};
  const bool is_known = to_stored(hash, stored);
  if (!is_known) to_stored(decoy_, stored);
  const bool is_equal = crypto_pwhash_str_verify(stored.data(), password.data(), password.size()) == 0;
  return is_equal && is_known;
}

bool Argon2Hasher::is_outdated(std::string_view hash) const {
  Stored stored{};
  return !to_stored(hash, stored) ||
         crypto_pwhash_str_needs_rehash(stored.data(), options_.passes, options_.memory) != 0;
}

}  // namespace parley::identity_adapter

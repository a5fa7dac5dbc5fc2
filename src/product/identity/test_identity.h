#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "adapters/identity/argon2_hasher.h"
#include "adapters/store/test_store.h"
#include "base/locked_rng.h"
#include "product/identity/accounts.h"

namespace parley::product::identity {

/// Identity on an empty database, with a clock that stands and cheap hashes.
class IdentityTest : public store::OnBothDatabases {
 protected:
  static constexpr std::string_view kPassword = "doğru at pil zımba";

  Moment moment() const { return {now_, soon()}; }
  void advance(TimeDelta delta) { now_.unix_us += delta.us(); }

  NewAccount account(const std::string& username) const {
    NewAccount account;
    account.username = username;
    account.password = Redacted(std::string(kPassword));
    return account;
  }
  UserRow make_user(const std::string& username, const std::string& email = {}) {
    NewAccount wanted = account(username);
    if (!email.empty()) wanted.email = email;
    auto made = create_account(kit_, wanted, AdminRight::kNone, moment());
    EXPECT_TRUE(made) << info(made.error().code).name;
    return made.value_or(UserRow{});
  }
  Outcome<SignInResult> try_sign_in(const std::string& login, std::string_view password = kPassword) {
    return sign_in(kit_, {login, Redacted(std::string(password)), {"phone", "test/1", "192.0.2.1"}}, moment());
  }
  SessionTokens sign_in_as(const std::string& login, std::string_view password = kPassword) {
    auto result = try_sign_in(login, password);
    EXPECT_TRUE(result && result->tokens);
    return result && result->tokens ? *result->tokens : SessionTokens{};
  }
  Outcome<SessionCaller> caller_of(const SessionTokens& tokens) {
    return read([&](Tx& tx) { return find_session(tx, tokens.access.reveal(), now_); });
  }
  Outcome<SessionTokens> refresh(const Redacted<std::string>& token) {
    return refresh_session(kit_, token.reveal(), {"", "test/2", "192.0.2.2"}, moment());
  }
  UserRow stored(const UserId& id) {
    return read([&](Tx& tx) { return get_user(tx, id); }).value_or(UserRow{});
  }
  /// "type payload" of every event so far, oldest first.
  std::vector<std::string> events() {
    std::vector<std::string> out;
    for (const auto& event : store_->outbox().fetch(soon(), 1000).value())
      out.push_back(event.type + " " + event.resource + " " + event.payload);
    return out;
  }
  std::string code_of(const auto& outcome) { return outcome ? "done" : std::string(info(outcome.error().code).name); }

  WallTime now_{1'800'000'000'000'000};
  LockedRng<SeededRng> rng_{SeededRng(42)};
  identity_adapter::Argon2Hasher hasher_{{.passes = 1, .memory = 8192}};
  Kit kit_{*store_, hasher_, rng_};
};

}  // namespace parley::product::identity

#include "product/identity/second_factor.h"

#include "product/identity/test_identity.h"
#include "product/identity/totp.h"

namespace parley::product::identity {
namespace {

class SecondFactor : public IdentityTest {
 protected:
  std::string code_now(int64_t steps = 0) {
    const ByteVector secret = base32_decode(secret_).value();
    return hotp(secret, static_cast<uint64_t>(now_.unix_s() / kTotpPeriodSeconds + steps), 6);
  }
  void next_code() { advance(TimeDelta::seconds(kTotpPeriodSeconds)); }

  UserRow user_with_totp() {
    UserRow user = make_user("selin");
    const auto setup = write([&](Tx& tx) { return begin_totp(tx, user.id, "Parley", now_, rng_); });
    secret_ = setup.value().secret;
    const auto codes = write([&](Tx& tx) { return confirm_totp(tx, user.id, code_now(), now_, rng_); });
    recovery_ = codes.value();
    next_code();
    return user;
  }
  std::string ticket() { return try_sign_in("selin")->ticket.reveal(); }
  Outcome<SessionTokens> finish(const std::string& ticket, const std::string& code) {
    return finish_with_second_factor(kit_, {ticket, code, {}}, moment());
  }

  std::string secret_;
  std::vector<std::string> recovery_;
};
PARLEY_ON_BOTH_DATABASES(SecondFactor);

TEST_P(SecondFactor, IsAskedForOnceItIsConfirmed) {
  const UserRow user = make_user("selin");
  const auto setup = write([&](Tx& tx) { return begin_totp(tx, user.id, "Parley", now_, rng_); });
  secret_ = setup.value().secret;
  EXPECT_TRUE(try_sign_in("selin")->tokens);
  EXPECT_EQ(code_of(write([&](Tx& tx) { return confirm_totp(tx, user.id, "000000", now_, rng_); })),
            "wrong_second_factor");
  ASSERT_TRUE(write([&](Tx& tx) { return confirm_totp(tx, user.id, code_now(), now_, rng_); }));
  next_code();
  const auto result = try_sign_in("selin");
  EXPECT_FALSE(result->tokens);
  const auto tokens = finish(result->ticket.reveal(), code_now());
  EXPECT_EQ(code_of(caller_of(tokens.value())), "done");
}

TEST_P(SecondFactor, EachCodeWorksOnce) {
  user_with_totp();
  EXPECT_EQ(code_of(finish(ticket(), code_now())), "done");
  EXPECT_EQ(code_of(finish(ticket(), code_now())), "wrong_second_factor");
  EXPECT_EQ(code_of(finish(ticket(), code_now(-1))), "wrong_second_factor");
  EXPECT_EQ(code_of(finish(ticket(), code_now(1))), "done");
}

TEST_P(SecondFactor, ATicketIsWorthNothingAfterFiveWrongCodesItsMinutesOrItsUse) {
  user_with_totp();
  const std::string guessed = ticket();
  for (int i = 0; i < kMaxTicketAttempts; ++i) EXPECT_EQ(code_of(finish(guessed, "000000")), "wrong_second_factor");
  EXPECT_EQ(code_of(finish(guessed, code_now())), "token_invalid");
  const std::string used = ticket();
  ASSERT_TRUE(finish(used, code_now()));
  next_code();
  EXPECT_EQ(code_of(finish(used, code_now())), "token_invalid");
  const std::string late = ticket();
  advance(kTicketLife);
  EXPECT_EQ(code_of(finish(late, code_now())), "token_expired");
  EXPECT_EQ(code_of(finish("pt_forged", code_now())), "token_invalid");
}

TEST_P(SecondFactor, ATicketIsNoAccessToken) {
  user_with_totp();
  const std::string ticket = this->ticket();
  EXPECT_EQ(code_of(read([&](Tx& tx) { return find_session(tx, ticket, now_); })), "token_invalid");
}

TEST_P(SecondFactor, ARecoveryCodeWorksOnceHoweverItIsTyped) {
  const UserRow user = user_with_totp();
  ASSERT_EQ(recovery_.size(), kRecoveryCodes);
  std::string typed = recovery_[3];
  for (char& c : typed) c = c == '-' ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  EXPECT_EQ(code_of(finish(ticket(), typed)), "done");
  EXPECT_EQ(code_of(finish(ticket(), recovery_[3])), "wrong_second_factor");
  EXPECT_EQ(code_of(finish(ticket(), recovery_[4])), "done");
  EXPECT_EQ(read([&](Tx& tx) -> Outcome<int64_t> { return count_recovery_codes(tx, user.id); }), 8);
}

TEST_P(SecondFactor, NewRecoveryCodesReplaceTheOldOnes) {
  const UserRow user = user_with_totp();
  const auto renewed = write([&](Tx& tx) { return renew_recovery_codes(tx, user.id, code_now(), now_, rng_); });
  ASSERT_TRUE(renewed);
  EXPECT_EQ(code_of(finish(ticket(), recovery_[0])), "wrong_second_factor");
  EXPECT_EQ(code_of(finish(ticket(), renewed->at(0))), "done");
}

TEST_P(SecondFactor, GoesOffOnlyWithACode) {
  const UserRow user = user_with_totp();
  const auto disable = [&](const std::string& code) {
    return code_of(write([&](Tx& tx) { return disable_totp(tx, user.id, code, now_); }));
  };
  EXPECT_EQ(disable(""), "second_factor_required");
  EXPECT_EQ(disable("123"), "wrong_second_factor");
  EXPECT_EQ(disable(code_now()), "done");
  EXPECT_TRUE(try_sign_in("selin")->tokens);
  EXPECT_EQ(read([&](Tx& tx) -> Outcome<int64_t> { return count_recovery_codes(tx, user.id); }), 0);
}

TEST_P(SecondFactor, CannotBeSetUpAnewWhileItIsOn) {
  const UserRow user = user_with_totp();
  EXPECT_EQ(code_of(write([&](Tx& tx) { return begin_totp(tx, user.id, "Parley", now_, rng_); })), "conflict");
}

}  // namespace
}  // namespace parley::product::identity

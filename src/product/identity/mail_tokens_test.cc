#include "product/identity/mail_tokens.h"

#include "product/identity/test_identity.h"

namespace parley::product::identity {
namespace {

class MailTokens : public IdentityTest {
 protected:
  std::optional<MailOrder> order_reset(const std::string& email) {
    return write([&](Tx& tx) { return order_password_reset(tx, email, now_, rng_); }).value();
  }
  std::optional<MailOrder> order_verify(const UserId& user) {
    return write([&](Tx& tx) { return order_verification(tx, user, now_, rng_); }).value();
  }
  std::string reset(const std::string& token, const std::string& password = "yeni parola 1") {
    return code_of(reset_password(kit_, {token, Redacted(password)}, moment()));
  }
  std::string verify(const std::string& token) {
    return code_of(write([&](Tx& tx) { return verify_email(tx, token, now_); }));
  }
};
PARLEY_ON_BOTH_DATABASES(MailTokens);

TEST_P(MailTokens, AResetSetsThePasswordOnceAndEndsAllSessions) {
  const UserRow user = make_user("selin", "selin@example.com");
  const SessionTokens tokens = sign_in_as("selin");
  const auto order = order_reset("SELİN@example.com");
  ASSERT_TRUE(order);
  EXPECT_EQ(order->to, "selin@example.com");
  EXPECT_EQ(reset(order->secret.reveal(), "kısa"), "password_too_weak");
  EXPECT_EQ(reset(order->secret.reveal()), "done");
  EXPECT_EQ(reset(order->secret.reveal()), "token_invalid");
  EXPECT_EQ(code_of(caller_of(tokens)), "session_revoked");
  EXPECT_EQ(code_of(try_sign_in("selin", "yeni parola 1")), "done");
  EXPECT_TRUE(stored(user.id).email_verified_at);
}

TEST_P(MailTokens, WhoMadeAnAccountWithAnothersAddressHasNoWayBackIn) {
  const UserRow user = make_user("hirsiz", "selin@example.com");
  const auto plant = [&](Tx& tx) -> Outcome<void> {
    execute(tx, "insert into oidc_identities (issuer, subject, user_id) values ('i', 's', $1)", user.id);
    execute(tx, "update users set totp_secret = 'AAAA', totp_confirmed_at = 1 where id = $1", user.id);
    return {};
  };
  const auto identities = [&] {
    return read([&](Tx& tx) -> Outcome<int64_t> {
             return one<int64_t>(tx, "select count(*) from oidc_identities").value_or(-1);
           })
        .value();
  };
  ASSERT_TRUE(write(plant));
  EXPECT_EQ(reset(order_reset("selin@example.com")->secret.reveal()), "done");
  EXPECT_EQ(identities(), 0);
  EXPECT_TRUE(try_sign_in("hirsiz", "yeni parola 1")->tokens);
  // Verified now: a second factor is its owner's and stays.
  ASSERT_TRUE(write(plant));
  EXPECT_EQ(reset(order_reset("selin@example.com")->secret.reveal()), "done");
  EXPECT_EQ(identities(), 1);
  EXPECT_FALSE(try_sign_in("hirsiz", "yeni parola 1")->tokens);
}

TEST_P(MailTokens, AnUnknownAddressIsNoProblemAndGetsNoMail) {
  make_user("selin");
  EXPECT_FALSE(order_reset("kimse@example.com"));
}

TEST_P(MailTokens, AResetTokenExpiresAndIsReplacedByTheNext) {
  make_user("selin", "selin@example.com");
  const auto first = order_reset("selin@example.com");
  const auto second = order_reset("selin@example.com");
  EXPECT_EQ(reset(first->secret.reveal()), "token_invalid");
  advance(kResetLife);
  EXPECT_EQ(reset(second->secret.reveal()), "token_expired");
}

TEST_P(MailTokens, AnAddressIsVerifiedByItsOwnTokenOnly) {
  const UserRow user = make_user("selin", "selin@example.com");
  const auto order = order_verify(user.id);
  ASSERT_TRUE(order);
  EXPECT_EQ(reset(order->secret.reveal()), "token_invalid");
  EXPECT_EQ(verify("pm_forged"), "token_invalid");
  EXPECT_EQ(verify(order->secret.reveal()), "done");
  EXPECT_TRUE(stored(user.id).email_verified_at);
  EXPECT_FALSE(order_verify(user.id));
}

TEST_P(MailTokens, ATokenOfAnOlderAddressProvesNothingAboutTheNewOne) {
  const UserRow user = make_user("selin", "selin@example.com");
  const auto order = order_verify(user.id);
  const auto change = [&](const std::string& email) {
    return code_of(write([&](Tx& tx) { return change_email(tx, user.id, email, now_); }));
  };
  EXPECT_EQ(change("yeni@example.com"), "done");
  EXPECT_EQ(verify(order->secret.reveal()), "token_invalid");
  EXPECT_FALSE(stored(user.id).email_verified_at);
  make_user("mert", "mert@example.com");
  EXPECT_EQ(change("MERT@example.com"), "email_taken");
  EXPECT_EQ(change("mert"), "invalid_request");
}

}  // namespace
}  // namespace parley::product::identity

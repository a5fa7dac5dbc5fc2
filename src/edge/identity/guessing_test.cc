// What somebody learns who has no account but asks a lot: who has one here, and what the password is.
#include "edge/identity/test_identity_api.h"

namespace parley::api::identity {
namespace {

class Guessing : public IdentityApi {
 protected:
  /// All that an answer says, but for what is different in every answer.
  static std::string said(const TestAnswer& answer) {
    std::string out = std::to_string(answer.status) + "\n";
    for (const auto& [name, value] : answer.headers.fields()) {
      const bool is_of_this_one = name == "X-Request-Id" || name == "Date" || name == "Content-Length" ||
                                  name.starts_with("RateLimit") || name.starts_with("X-RateLimit");
      if (!is_of_this_one) out += name + ": " + value + "\n";
    }
    if (answer.body.empty()) return out;
    auto body = answer.json().as_object();
    body.erase("requestId");
    return out + boost::json::serialize(body);
  }
  /// What is said, and the hashes that were made meanwhile.
  template <class Act>
  std::pair<std::string, int> observe(Act act) {
    const int before = counted_.count();
    const std::string what = said(act());
    return {what, counted_.count() - before};
  }
  TestAnswer ask_reset(const std::string& email, const std::string& headers = "") {
    return post("/api/v1/auth/password/request-reset", R"({"email":")" + email + "\"}", headers);
  }
  TestAnswer try_password(const std::string& login, const std::string& headers) {
    return post("/api/v1/auth/sign-in", R"({"login":")" + login + R"(","password":"yanlış parola"})", headers);
  }
  void disable(const Client& admin, const Client& user) {
    EXPECT_EQ(post("/api/v1/admin/users/" + user.id + "/disable", "", admin.header()).status, 200);
  }
};
PARLEY_ON_BOTH_DATABASES(Guessing);

TEST_P(Guessing, AnUnknownNameIsRefusedLikeAWrongPasswordAfterTheSameWork) {
  const Client admin = make_admin();
  join("selin", "selin@example.com");
  disable(admin, join("mert"));
  const std::string key = make_key(admin);
  EXPECT_EQ(call("PUT /api/v1/external-users/e1", bearer(key) + kJson, R"({"username":"parolasiz"})").status, 201);
  const auto wrong = observe([&] { return sign_in("selin", "yanlış parola"); });
  EXPECT_TRUE(wrong.first.starts_with("401")) << wrong.first;
  EXPECT_EQ(wrong.second, 1);
  for (const char* login : {"kimse", "kimse@example.com", "selin@example.com", "mert", "parolasiz", "@", "ı"})
    EXPECT_EQ(observe([&] { return sign_in(login, "yanlış parola"); }), wrong) << login;
}

TEST_P(Guessing, AskingForAResetTellsNotWhoseAddressIsKnown) {
  join("selin", "selin@example.com");
  const auto known = observe([&] { return ask_reset("selin@example.com"); });
  const size_t mails = mail_.size();
  EXPECT_EQ(observe([&] { return ask_reset("kimse@example.com"); }), known);
  EXPECT_TRUE(known.first.starts_with("204")) << known.first;
  EXPECT_EQ(mail_.size(), mails);
}

TEST_P(Guessing, AnAddressIsAskedForAResetTenTimes) {
  join("selin", "selin@example.com");
  const size_t mails = mail_.size();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask_reset("selin@example.com").status, 204);
  EXPECT_EQ(ask_reset("SELIN@example.com").code(), "rate_limited");
  EXPECT_EQ(ask_reset("kimse@example.com").status, 204);
  EXPECT_EQ(mail_.size(), mails + 10);
}

TEST_P(Guessing, MailedTokensThatAreUsedOrMadeUpAreRefusedAlike) {
  join("selin", "selin@example.com");
  const std::string used = mail_.last_token();
  const auto verify = [&](const std::string& token) {
    return observe([&] { return post("/api/v1/auth/email/verify", R"({"token":")" + token + "\"}", ""); });
  };
  EXPECT_TRUE(verify(used).first.starts_with("204"));
  EXPECT_EQ(verify(used), verify("pm_" + std::string(43, 'x')));
  const auto reset = [&](const std::string& token) {
    return observe([&] {
      return post("/api/v1/auth/password/reset", R"({"token":")" + token + R"(","newPassword":"bambaşka uzun parola"})",
                  "");
    });
  };
  ask_reset("selin@example.com");
  const std::string good = mail_.last_token();
  EXPECT_TRUE(reset(good).first.starts_with("204"));
  EXPECT_EQ(reset(good), reset("pm_" + std::string(43, 'x')));
  // Of the other kind.
  EXPECT_EQ(reset(used), reset("pm_" + std::string(43, 'x')));
}

TEST_P(Guessing, WhileAnAccountWaitsTheRightPasswordIsNotTriedAndLooksLikeAWrongOne) {
  join("selin");
  for (int i = 0; i < 10; ++i) sign_in("selin", "yanlış parola");
  const auto right = observe([&] { return sign_in("selin"); });
  EXPECT_TRUE(right.first.starts_with("429")) << right.first;
  EXPECT_EQ(right.second, 0);
  EXPECT_EQ(observe([&] { return sign_in("selin", "yanlış parola"); }), right);
  advance(TimeDelta::seconds(90));
  EXPECT_EQ(sign_in("selin").status, 200);
}

TEST_P(Guessing, OneAddressTriesAHundredTimesWhateverTheAccounts) {
  int tried = 0;
  for (int i = 0; i < 105; ++i) tried += sign_in("user" + std::to_string(i), "yanlış parola").status == 401;
  EXPECT_EQ(tried, 100);
}

TEST_P(Guessing, AnAccountOfOnesOwnOrAnApiKeyAllowsNoMoreTries) {
  const Client admin = make_admin();
  const std::string key = make_key(admin);
  int tried = 0;
  for (int i = 0; i < 120; ++i) {
    const std::string login = "user" + std::to_string(i);
    tried += try_password(login, i % 2 == 0 ? admin.header() : bearer(key)).status == 401;
  }
  // One was the administrator's own sign-in.
  EXPECT_EQ(tried, 99);
}

TEST_P(Guessing, SEC3_LiesAboutTheAddressAllowNoMoreTries) {
  int tried = 0;
  for (int i = 0; i < 15; ++i) {
    const std::string lie = "192.0.2." + std::to_string(i);
    tried += try_password("selin", "X-Forwarded-For: " + lie + "\r\nForwarded: for=" + lie + "\r\nX-Real-IP: " + lie +
                                       "\r\nCF-Connecting-IP: " + lie + "\r\n")
                 .status == 401;
  }
  EXPECT_EQ(tried, 10);
}

TEST_P(Guessing, ASecondFactorIsTriedFiveTimesForOnePassword) {
  const Client selin = join("selin");
  EXPECT_TRUE(store_->run_write(store::after(TimeDelta::seconds(60)), [&](product::Tx& tx) {
    product::execute(tx, "update users set totp_secret = 'JBSWY3DPEHPK3PXP', totp_confirmed_at = 1 where id = $1",
                     selin.id);
    return true;
  }));
  const std::string ticket = text(sign_in("selin").json(), "ticket");
  std::vector<std::string> codes;
  for (int i = 0; i < 7; ++i) {
    codes.push_back(post("/api/v1/auth/second-factor", R"({"ticket":")" + ticket + R"(","code":"000000"})", "").code());
  }
  EXPECT_EQ(std::ranges::count(codes, "wrong_second_factor"), 5);
  EXPECT_EQ(codes.back(), "token_invalid");
}

}  // namespace
}  // namespace parley::api::identity

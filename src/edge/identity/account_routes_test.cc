#include "edge/identity/test_identity_api.h"
#include "product/identity/departure.h"
#include "product/identity/totp.h"

namespace parley::api::identity {
namespace {

class AccountRoutes : public IdentityApi {
 protected:
  TestAnswer put(const std::string& path, const std::string& body, const Client& client) {
    return call("PUT " + path, client.header() + kJson, body);
  }
  std::string code_now(const std::string& base32) {
    const int64_t second = (1'800'000'000'000'000 + now_us_) / 1'000'000;
    return rules::hotp(rules::base32_decode(base32).value(), static_cast<uint64_t>(second / rules::kTotpPeriodSeconds),
                       6);
  }
  static std::string with_password(const std::string& more = {}) {
    return std::string(R"({"password":")") + kPassword + "\"" + more + "}";
  }
};
PARLEY_ON_BOTH_DATABASES(AccountRoutes);

TEST_P(AccountRoutes, AProfileIsChangedAndSeenByOthers) {
  const Client selin = join("selin", "selin@example.com");
  const Client mert = join("mert");
  const TestAnswer changed = call("PATCH /api/v1/users/me", selin.header() + kJson,
                                  R"({"displayName":"Selin K.","locale":"az","timeZone":"Asia/Baku"})");
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(text(changed.json(), "locale"), "az");
  const TestAnswer seen = call("GET /api/v1/users/" + selin.id, mert.header());
  EXPECT_EQ(text(seen.json(), "displayName"), "Selin K.");
  for (const char* hidden : {"email", "locale", "timeZone", "isAdmin", "createdAt"})
    EXPECT_FALSE(seen.json().as_object().contains(hidden)) << hidden;
  EXPECT_EQ(call("GET /api/v1/users/nobody", mert.header()).code(), "not_found");
  EXPECT_EQ(call("GET /api/v1/users/" + selin.id).code(), "unauthenticated");
}

TEST_P(AccountRoutes, ThePasswordHashIsInNoAnswer) {
  const Client selin = join("selin", "selin@example.com");
  for (const char* path : {"/api/v1/users/me", "/api/v1/users/me/sessions"}) {
    const TestAnswer answer = call(std::string("GET ") + path, selin.header());
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_FALSE(answer.body.contains("argon2")) << answer.body;
    EXPECT_FALSE(answer.body.contains(selin.access)) << answer.body;
  }
}

TEST_P(AccountRoutes, AForgottenPasswordIsResetByMail) {
  const Client selin = join("selin", "selin@example.com");
  const size_t before = mail_.size();
  const auto request = [&](const std::string& email) {
    return post("/api/v1/auth/password/request-reset", R"({"email":")" + email + "\"}", "Accept-Language: tr\r\n");
  };
  EXPECT_EQ(request("kimse@example.com").status, 204);
  EXPECT_EQ(mail_.size(), before);
  EXPECT_EQ(request("selin@example.com").status, 204);
  ASSERT_EQ(mail_.size(), before + 1);
  EXPECT_EQ(mail_.last().locale, "tr");
  EXPECT_TRUE(mail_.last().text.contains("https://chat.example.com/reset-password#token=pm_"));
  const std::string body = R"({"token":")" + mail_.last_token() + R"(","newPassword":"yeni parola 1"})";
  EXPECT_EQ(post("/api/v1/auth/password/reset", body, "").status, 204);
  EXPECT_EQ(post("/api/v1/auth/password/reset", body, "").code(), "token_invalid");
  EXPECT_EQ(call("GET /api/v1/users/me", selin.header()).code(), "session_revoked");
  EXPECT_EQ(sign_in("selin", "yeni parola 1").status, 200);
}

TEST_P(AccountRoutes, AnAddressIsVerifiedByMail) {
  const Client selin = join("selin", "selin@example.com");
  ASSERT_EQ(mail_.size(), 1u);
  const auto is_verified = [&] {
    return call("GET /api/v1/users/me", selin.header()).json().at("isEmailVerified").as_bool();
  };
  EXPECT_FALSE(is_verified());
  EXPECT_EQ(post("/api/v1/users/me/email/send-verification", "", selin.header()).status, 204);
  EXPECT_EQ(mail_.size(), 2u);
  EXPECT_EQ(post("/api/v1/auth/email/verify", R"({"token":")" + mail_.last_token() + "\"}", "").status, 204);
  EXPECT_TRUE(is_verified());
}

TEST_P(AccountRoutes, NamesAndPasswordsChangeOnlyWithThePassword) {
  const Client selin = join("selin", "selin@example.com");
  const std::string wrong = R"(,"password":"yanlış parola"})";
  const std::string right = std::string(R"(,"password":")") + kPassword + "\"}";
  EXPECT_EQ(put("/api/v1/users/me/email", R"({"email":"yeni@example.com"})", selin).code(), "wrong_credentials");
  EXPECT_EQ(put("/api/v1/users/me/email", R"({"email":"yeni@example.com")" + wrong, selin).code(), "wrong_credentials");
  EXPECT_EQ(put("/api/v1/users/me/email", R"({"email":"yeni@example.com")" + right, selin).status, 200);
  EXPECT_EQ(mail_.last().to, "yeni@example.com");
  EXPECT_EQ(put("/api/v1/users/me/username", R"({"username":"ışık")" + right, selin).status, 200);
  EXPECT_EQ(put("/api/v1/users/me/password",
                std::string(R"({"oldPassword":")") + kPassword + R"(","newPassword":"yeni parola 1"})", selin)
                .status,
            204);
  EXPECT_EQ(call("GET /api/v1/users/me", selin.header()).status, 200);
  EXPECT_EQ(sign_in("IŞIK", "yeni parola 1").status, 200);
}

TEST_P(AccountRoutes, GuessingThePasswordWithAStolenTokenIsCounted) {
  const Client selin = join("selin");
  const std::string body = R"({"username":"x1","password":"yanlış parola"})";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(put("/api/v1/users/me/username", body, selin).code(), "wrong_credentials");
  EXPECT_EQ(put("/api/v1/users/me/username", body, selin).code(), "rate_limited");
}

TEST_P(AccountRoutes, ASecondFactorIsSetUpAskedForAndRecoveredFrom) {
  const Client selin = join("selin");
  const TestAnswer begun = post("/api/v1/users/me/second-factor/begin", with_password(), selin.header());
  ASSERT_EQ(begun.status, 200) << begun.body;
  const std::string secret = text(begun.json(), "secret");
  const TestAnswer confirmed =
      post("/api/v1/users/me/second-factor/confirm", R"({"code":")" + code_now(secret) + "\"}", selin.header());
  ASSERT_EQ(confirmed.status, 200) << confirmed.body;
  const std::string recovery(confirmed.json().at("recoveryCodes").at(0).as_string());
  advance(TimeDelta::seconds(30));

  const TestAnswer halfway = sign_in("selin");
  EXPECT_EQ(halfway.status, 200);
  EXPECT_EQ(text(halfway.json(), "status"), "second_factor_required");
  EXPECT_FALSE(halfway.json().as_object().contains("tokens"));
  const std::string ticket = text(halfway.json(), "ticket");
  const auto finish = [&](const std::string& code) {
    return post("/api/v1/auth/second-factor", R"({"ticket":")" + ticket + R"(","code":")" + code + "\"}", "");
  };
  EXPECT_EQ(call("GET /api/v1/users/me", bearer(ticket)).code(), "token_invalid");
  EXPECT_EQ(finish("000000").code(), "wrong_second_factor");
  EXPECT_EQ(client_of(finish(code_now(secret))).id, selin.id);
  EXPECT_EQ(finish(code_now(secret)).code(), "token_invalid");

  const std::string second = text(sign_in("selin").json(), "ticket");
  EXPECT_EQ(
      post("/api/v1/auth/second-factor", R"({"ticket":")" + second + R"(","code":")" + recovery + "\"}", "").status,
      200);
  const auto state = call("GET /api/v1/users/me/second-factor", selin.header()).json();
  EXPECT_TRUE(state.at("isOn").as_bool());
  EXPECT_EQ(state.at("recoveryCodesLeft").as_int64(), 9);
}

TEST_P(AccountRoutes, ASecondFactorGoesOffOnlyWithPasswordAndCode) {
  const Client selin = join("selin");
  const std::string secret =
      text(post("/api/v1/users/me/second-factor/begin", with_password(), selin.header()).json(), "secret");
  post("/api/v1/users/me/second-factor/confirm", R"({"code":")" + code_now(secret) + "\"}", selin.header());
  advance(TimeDelta::seconds(30));
  const auto disable = [&](const std::string& body) {
    return post("/api/v1/users/me/second-factor/disable", body, selin.header());
  };
  EXPECT_EQ(disable("{}").code(), "wrong_credentials");
  EXPECT_EQ(disable(with_password()).code(), "second_factor_required");
  EXPECT_EQ(disable(with_password(R"(,"code":"000000")")).code(), "wrong_second_factor");
  EXPECT_EQ(disable(with_password(R"(,"code":")" + code_now(secret) + "\"")).status, 204);
  EXPECT_EQ(text(sign_in("selin").json(), "status"), "signed_in");
}

TEST_P(AccountRoutes, BlockingAndPrivacyBelongToTheirUser) {
  const Client selin = join("selin");
  const Client mert = join("mert");
  EXPECT_EQ(put("/api/v1/users/me/blocks/" + mert.id, "", selin).status, 204);
  EXPECT_EQ(call("GET /api/v1/users/me/blocks", selin.header()).json().at("items").as_array().size(), 1u);
  EXPECT_TRUE(call("GET /api/v1/users/me/blocks", mert.header()).json().at("items").as_array().empty());
  EXPECT_EQ(call("DELETE /api/v1/users/me/blocks/" + mert.id, selin.header()).status, 204);
  EXPECT_EQ(put("/api/v1/users/me/blocks/nobody", "", selin).code(), "not_found");
  const TestAnswer changed =
      call("PATCH /api/v1/users/me/privacy", selin.header() + kJson, R"({"messagesFrom":"shared_communities"})");
  EXPECT_EQ(text(changed.json(), "messagesFrom"), "shared_communities");
  EXPECT_EQ(text(call("GET /api/v1/users/me/privacy", mert.header()).json(), "messagesFrom"), "everyone");
}

TEST_P(AccountRoutes, AnErasureNeedsThePasswordAndCanBeTakenBack) {
  const Client selin = join("selin");
  EXPECT_EQ(post("/api/v1/users/me/erasure", "{}", selin.header()).code(), "wrong_credentials");
  EXPECT_EQ(post("/api/v1/users/me/erasure", with_password(), selin.header()).status, 200);
  EXPECT_EQ(call("GET /api/v1/users/me", selin.header()).code(), "session_revoked");
  const Client again = client_of(sign_in("selin"));
  EXPECT_TRUE(call("GET /api/v1/users/me", again.header()).json().as_object().contains("eraseAt"));
  EXPECT_EQ(call("DELETE /api/v1/users/me/erasure", again.header()).status, 204);
  EXPECT_FALSE(call("GET /api/v1/users/me", again.header()).json().as_object().contains("eraseAt"));
}

TEST_P(AccountRoutes, WhoIsErasedSaysWhatBecomesOfHisMessages) {
  const auto wanted = [&](const Client& client) {
    return *store_->read(store::after(TimeDelta::seconds(60)), [&](product::Tx& tx) -> Outcome<rules::ErasedMessages> {
      return rules::erased_messages(tx, product::UserId(client.id));
    });
  };
  const Client selin = join("selin");
  const std::string proof = with_password().substr(0, with_password().size() - 1);
  EXPECT_EQ(post("/api/v1/users/me/erasure", proof + R"(,"messages":"burn"})", selin.header()).code(),
            "invalid_request");
  EXPECT_EQ(post("/api/v1/users/me/erasure", proof + R"(,"messages":"keep"})", selin.header()).status, 200);
  EXPECT_EQ(wanted(selin), rules::ErasedMessages::kKeep);
  const Client again = client_of(sign_in("selin"));
  EXPECT_EQ(post("/api/v1/users/me/erasure", with_password(), again.header()).status, 200);
  EXPECT_EQ(wanted(selin), rules::ErasedMessages::kBlank);
}

TEST_P(AccountRoutes, AnErasedUserIsSeenAsDeleted) {
  const Client selin = join("selin");
  const Client mert = join("mert");
  EXPECT_EQ(post("/api/v1/users/me/erasure", with_password(), selin.header()).status, 200);
  const WallTime later{1'800'000'000'000'000 + now_us_ + rules::kErasureDelay.us()};
  ASSERT_TRUE(store_->write(store::after(TimeDelta::seconds(60)),
                            [&](product::Tx& tx) -> Outcome<int64_t> { return rules::run_erasures(tx, later); }));
  const TestAnswer seen = call("GET /api/v1/users/" + selin.id, mert.header());
  EXPECT_TRUE(seen.json().at("isDeleted").as_bool());
  EXPECT_EQ(text(seen.json(), "displayName"), "");
}

}  // namespace
}  // namespace parley::api::identity

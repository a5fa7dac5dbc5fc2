#include "product/identity/oidc.h"

#include "product/identity/administration.h"
#include "product/identity/jws.h"
#include "product/identity/secrets.h"
#include "product/identity/test_identity.h"
#include "product/identity/test_jws.h"

namespace parley::product::identity {
namespace {

// RFC 7515, appendices A.2 and A.3.
constexpr std::string_view kPayload =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
constexpr std::string_view kEcKeys =
    R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";
constexpr std::string_view kEcToken =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
constexpr std::string_view kRsaKeys =
    R"({"keys":[{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPC)"
    R"(JrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re)"
    R"(xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9)"
    R"(_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}]})";
constexpr std::string_view kRsaToken =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t"
    "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzD"
    "wusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
    "IoypGlUPQGe77R"
    "w";

TEST(JsonWebKeys, OpenTheExamplesOfRfc7515) {
  EXPECT_EQ(JsonWebKeys::parse(kEcKeys)->open(kEcToken), std::string(kPayload));
  EXPECT_EQ(JsonWebKeys::parse(kRsaKeys)->open(kRsaToken), std::string(kPayload));
}

TEST(JsonWebKeys, BelieveNothingThatWasAltered) {
  const JsonWebKeys keys = JsonWebKeys::parse(kEcKeys).value();
  for (size_t at = 0; at < kEcToken.size(); at += 7) {
    std::string token(kEcToken);
    token[at] = token[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(keys.open(token)) << at;
  }
  EXPECT_EQ(keys.open(kEcToken.substr(0, kEcToken.rfind('.') + 1)).error(), JwsFault::kSignature);
  EXPECT_EQ(keys.open("a.b").error(), JwsFault::kMalformed);
  EXPECT_EQ(keys.open(std::string(kMaxJws + 1, '.')).error(), JwsFault::kMalformed);
}

TEST(JsonWebKeys, TakeTheAlgorithmFromTheKeyAndNotFromTheToken) {
  const TestSigner rsa(TestSigner::Kind::kRsa, "r");
  const TestSigner ec(TestSigner::Kind::kEc, "e");
  const JsonWebKeys keys = JsonWebKeys::parse(R"({"keys":[)" + rsa.jwk() + "," + ec.jwk() + "]}").value();
  EXPECT_EQ(keys.open(rsa.sign("{}")), "{}");
  EXPECT_EQ(keys.open(ec.sign("{}")), "{}");
  EXPECT_EQ(keys.open(ec.sign("{}", R"({"alg":"none","kid":"e"})")).error(), JwsFault::kAlgorithm);
  EXPECT_EQ(keys.open(ec.sign("{}", R"({"alg":"HS256","kid":"e"})")).error(), JwsFault::kAlgorithm);
  EXPECT_EQ(keys.open(ec.sign("{}", R"({"alg":"RS256","kid":"e"})")).error(), JwsFault::kUnknownKey);
  EXPECT_EQ(keys.open(ec.sign("{}", R"({"alg":"ES256","kid":"r"})")).error(), JwsFault::kUnknownKey);
  EXPECT_EQ(keys.open(ec.sign("{}", R"({"alg":"ES256"})")), "{}");
  EXPECT_EQ(keys.open(ec.sign("{}", R"({"alg":"ES256","crit":["b64"],"b64":false})")).error(), JwsFault::kMalformed);
}

TEST(JsonWebKeys, PassOverKeysThatAreWeakBrokenOrForEncryption) {
  EXPECT_FALSE(JsonWebKeys::parse("[]"));
  EXPECT_FALSE(JsonWebKeys::parse("{"));
  const JsonWebKeys none =
      JsonWebKeys::parse(R"({"keys":[1,{},{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"oct","k":"c2VjcmV0"},)"
                         R"({"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"},)"
                         R"({"kty":"EC","crv":"P-256","use":"enc",)"
                         R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                         R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},)"
                         R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                         R"("y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}]})")
          .value();
  EXPECT_EQ(none.size(), 0u);
}

class IdTokens : public testing::Test {
 protected:
  std::string check(const std::string& changed, const std::string& value) const {
    std::map<std::string, std::string> claims{{"iss", R"("https://id.example")"},
                                              {"sub", R"("s1")"},
                                              {"aud", R"("parley")"},
                                              {"nonce", R"("n1")"},
                                              {"exp", "1800000300"},
                                              {"iat", "1800000000"}};
    if (value.empty()) {
      claims.erase(changed);
    } else if (!changed.empty()) {
      claims[changed] = value;
    }
    std::string payload;
    for (const auto& [key, text] : claims) payload += (payload.empty() ? "{\"" : ",\"") + key + "\":" + text;
    const auto done = check_id_token(payload + "}", {"https://id.example", "parley", "n1"}, {1'800'000'000'000'000});
    return done ? "done" : std::string(info(done.error().code).name) + " " + done.error().detail;
  }
};

TEST_F(IdTokens, AreTakenWhenEveryClaimIsRight) {
  EXPECT_EQ(check("", "x"), "done");
  EXPECT_EQ(check("aud", R"(["parley"])"), "done");
  EXPECT_EQ(check("exp", "1800000300.5"), "done");
}

TEST_F(IdTokens, AreRefusedForAnyClaimThatIsWrongOrMissing) {
  for (const char* claim : {"iss", "aud", "nonce", "sub", "exp", "iat"}) EXPECT_NE(check(claim, ""), "done") << claim;
  EXPECT_EQ(check("iss", R"("https://id.example/")"), "token_invalid iss");
  EXPECT_EQ(check("aud", R"("other")"), "token_invalid aud");
  EXPECT_EQ(check("aud", R"(["parley","other"])"), "token_invalid aud");
  EXPECT_EQ(check("nonce", R"("n2")"), "token_invalid nonce");
  EXPECT_EQ(check("sub", R"("")"), "token_invalid sub");
  EXPECT_EQ(check("exp", "1799999000"), "token_expired ");
  EXPECT_EQ(check("exp", "\"1800000300\""), "token_invalid exp");
  EXPECT_EQ(check("iat", "1800001000"), "token_invalid iat");
}

class Oidc : public IdentityTest {
 protected:
  OidcClaims claims(const std::string& subject) const {
    return {.issuer = "https://id.example",
            .subject = subject,
            .email = {},
            .name = "Selin",
            .preferred_username = {},
            .locale = "tr"};
  }
  Outcome<SignInResult> arrive(const OidcClaims& claims, NewOidcUsers fresh = NewOidcUsers::kWelcome) {
    return write([&](Tx& tx) { return sign_in_with_oidc(tx, claims, fresh, {}, now_, rng_); });
  }
  UserRow user_of(const Outcome<SignInResult>& result) { return stored(result->tokens->user); }
};
PARLEY_ON_BOTH_DATABASES(Oidc);

TEST_P(Oidc, AStateWorksOnceAndForItsMinutes) {
  const auto begin = [&](const std::string& path) {
    return write([&](Tx& tx) -> Outcome<OidcDeparture> { return begin_oidc(tx, path, now_, rng_); }).value();
  };
  const auto take = [&](const Redacted<std::string>& state) {
    return write([&](Tx& tx) { return take_oidc(tx, state.reveal(), now_); });
  };
  const OidcDeparture departure = begin("/rooms/1?x=y");
  const auto back = take(departure.state);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->return_to, "/rooms/1?x=y");
  EXPECT_EQ(back->nonce, departure.nonce);
  EXPECT_EQ(hash_secret(back->verifier.reveal()), departure.challenge);
  EXPECT_EQ(code_of(take(departure.state)), "token_invalid");
  const OidcDeparture late = begin("/");
  advance(kOidcLoginLife);
  EXPECT_EQ(code_of(take(late.state)), "token_expired");
  for (const char* bad : {"//evil.example", "https://evil.example", "/\\evil.example", "", "/a b", "/a\r\nX: y"})
    EXPECT_EQ(take(begin(bad).state)->return_to, "/") << bad;
}

TEST_P(Oidc, TheSameSubjectComesBackToTheSameAccount) {
  const auto first = arrive(claims("s1"));
  const auto second = arrive(claims("s1"));
  const auto other = arrive(claims("s2"));
  EXPECT_EQ(first->tokens->user, second->tokens->user);
  EXPECT_NE(first->tokens->user, other->tokens->user);
  EXPECT_EQ(user_of(first).display_name, "Selin");
  EXPECT_EQ(user_of(first).locale, "tr");
}

TEST_P(Oidc, AnAddressNeverJoinsTwoAccounts) {
  const UserRow selin = make_user("selin", "selin@example.com");
  OidcClaims same = claims("s1");
  same.email = "selin@example.com";
  same.preferred_username = "SELİN";
  const auto result = arrive(same);
  EXPECT_NE(result->tokens->user, selin.id);
  EXPECT_FALSE(user_of(result).email);
  EXPECT_FALSE(user_of(result).username);
  OidcClaims fresh = claims("s2");
  fresh.email = "mert@example.com";
  fresh.preferred_username = "mert";
  EXPECT_EQ(user_of(arrive(fresh)).email, "mert@example.com");
  EXPECT_EQ(stored(arrive(fresh)->tokens->user).username, "mert");
}

TEST_P(Oidc, AnUnverifiedAddressIsNotTaken) {
  const auto read_email = [&](const std::string& verified) {
    const std::string payload = R"({"iss":"i","aud":"c","nonce":"n","sub":"s","exp":1800000300,"iat":1800000000,)"
                                R"("email":"a@example.com","email_verified":)" +
                                verified + "}";
    return check_id_token(payload, {"i", "c", "n"}, now_)->email.value_or("none");
  };
  EXPECT_EQ(read_email("true"), "a@example.com");
  EXPECT_EQ(read_email("false"), "none");
  EXPECT_EQ(read_email("\"true\""), "none");
}

TEST_P(Oidc, UserinfoCountsOnlyForTheSameSubject) {
  OidcClaims bare = claims("s1");
  bare.name = "";
  EXPECT_TRUE(bare.is_bare());
  add_userinfo(bare, R"({"sub":"s2","name":"Mert"})");
  EXPECT_TRUE(bare.is_bare());
  add_userinfo(bare, R"({"sub":"s1","name":"Selin","email":"s@example.com","email_verified":true})");
  EXPECT_EQ(bare.name, "Selin");
  EXPECT_EQ(bare.email, "s@example.com");
  EXPECT_EQ(bare.issuer, "https://id.example");
}

TEST_P(Oidc, RefusesNewUsersWhereTheyAreNotWelcomeAndDisabledOnes) {
  EXPECT_EQ(code_of(arrive(claims("s1"), NewOidcUsers::kRefused)), "forbidden");
  const UserId user = arrive(claims("s1"))->tokens->user;
  EXPECT_EQ(code_of(arrive(claims("s1"), NewOidcUsers::kRefused)), "done");
  ASSERT_TRUE(write([&](Tx& tx) { return set_ability(tx, UserId("root"), user, Ability::kDisabled, now_); }));
  EXPECT_EQ(code_of(arrive(claims("s1"))), "account_disabled");
}

}  // namespace
}  // namespace parley::product::identity

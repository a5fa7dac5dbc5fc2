#include "product/identity/accounts.h"

#include <latch>
#include <thread>

#include "product/identity/administration.h"
#include "product/identity/test_identity.h"

namespace parley::product::identity {
namespace {

class Accounts : public IdentityTest {
 protected:
  uint64_t work_of(auto action) {
    const uint64_t before = hasher_.operations();
    action();
    return hasher_.operations() - before;
  }
  UserRow admin() { return create_account(kit_, account("kök"), AdminRight::kAdmin, moment()).value(); }
};
PARLEY_ON_BOTH_DATABASES(Accounts);

TEST_P(Accounts, SignInByUserNameOrAddress) {
  const UserRow user = make_user("Işıl", "Isil@Example.com");
  EXPECT_EQ(sign_in_as("Işıl").user, user.id);
  EXPECT_EQ(sign_in_as("ışıl").user, user.id);
  EXPECT_EQ(sign_in_as("isil@example.COM").user, user.id);
  EXPECT_EQ(stored(user.id).username, "Işıl");
}

TEST_P(Accounts, NeedAName) {
  NewAccount nameless;
  nameless.password = Redacted(std::string(kPassword));
  EXPECT_EQ(code_of(create_account(kit_, nameless, AdminRight::kNone, moment())), "invalid_request");
}

TEST_P(Accounts, NamesThatFoldAlikeAreTheSame) {
  make_user("ŞəkiI", "seki@example.com");
  EXPECT_EQ(code_of(create_account(kit_, account("sekıi"), AdminRight::kNone, moment())), "username_taken");
  EXPECT_EQ(code_of(create_account(kit_, account("SEKİI"), AdminRight::kNone, moment())), "username_taken");
  NewAccount other = account("baska");
  other.email = "ŞEKİ@example.com";
  EXPECT_EQ(code_of(create_account(kit_, other, AdminRight::kNone, moment())), "email_taken");
}

TEST_P(Accounts, OfTwoAtOnceWithNamesThatFoldAlikeOneWins) {
  for (int round = 0; round < 5; ++round) {
    std::latch both(2);
    std::array<std::string, 2> results;
    const auto attempt = [&](size_t i, const std::string& name) {
      both.arrive_and_wait();
      results[i] = code_of(create_account(kit_, account(name), AdminRight::kNone, moment()));
    };
    std::thread first(attempt, 0, "ısrar" + std::to_string(round));
    std::thread second(attempt, 1, "İSRAR" + std::to_string(round));
    first.join();
    second.join();
    std::ranges::sort(results);
    EXPECT_EQ(results[0], "done");
    EXPECT_EQ(results[1], "username_taken");
  }
}

TEST_P(Accounts, WeakPasswordsAreRefusedBeforeAnyWork) {
  NewAccount weak = account("parolaci");
  for (const char* password : {"kisa", "12345678", "PAROLACI"}) {
    weak.password = Redacted(std::string(password));
    EXPECT_EQ(work_of([&] {
                EXPECT_EQ(code_of(create_account(kit_, weak, AdminRight::kNone, moment())), "password_too_weak");
              }),
              0u);
  }
}

TEST_P(Accounts, AnUnknownNameAWrongPasswordAndAnAccountWithoutOneCostAndAnswerTheSame) {
  make_user("selin");
  UserRow external;
  external.id = UserId("external-1");
  external.username = "dis";
  ASSERT_TRUE(write([&](Tx& tx) { return insert_user(tx, external); }));
  for (const char* login : {"selin", "kimse", "kimse@example.com", "dis"})
    EXPECT_EQ(work_of([&] { EXPECT_EQ(code_of(try_sign_in(login, "yanlış parola")), "wrong_credentials"); }), 1u)
        << login;
}

TEST_P(Accounts, PasswordsAreStoredOnlyAsArgon2id) {
  const UserRow user = stored(make_user("selin").id);
  EXPECT_TRUE(user.password_hash->starts_with("$argon2id$")) << *user.password_hash;
}

TEST_P(Accounts, AHashOfOldParametersIsRenewedAtSignIn) {
  const UserRow user = make_user("selin");
  const std::string old = *stored(user.id).password_hash;
  identity_adapter::Argon2Hasher dearer({.passes = 2, .memory = 16'384});
  Kit later{*store_, dearer, rng_};
  ASSERT_TRUE(sign_in(later, {"selin", Redacted(std::string(kPassword)), {}}, moment()));
  EXPECT_NE(stored(user.id).password_hash, old);
  EXPECT_FALSE(dearer.is_outdated(*stored(user.id).password_hash));
  EXPECT_EQ(sign_in_as("selin").user, user.id);
}

TEST_P(Accounts, ADisabledUserIsToldOnlyWithTheRightPassword) {
  const UserRow user = make_user("selin");
  const SessionTokens tokens = sign_in_as("selin");
  const UserId root = admin().id;
  ASSERT_TRUE(write([&](Tx& tx) { return set_ability(tx, root, user.id, Ability::kDisabled, now_); }));
  EXPECT_EQ(code_of(try_sign_in("selin", "yanlış parola")), "wrong_credentials");
  EXPECT_EQ(code_of(try_sign_in("selin")), "account_disabled");
  EXPECT_EQ(code_of(caller_of(tokens)), "account_disabled");
  EXPECT_EQ(code_of(refresh(tokens.refresh)), "session_revoked");
}

TEST_P(Accounts, ChangingThePasswordNeedsTheOldOneAndEndsTheOtherSessions) {
  const UserRow user = make_user("selin");
  const SessionTokens here = sign_in_as("selin");
  const SessionTokens there = sign_in_as("selin");
  PasswordChange change{user.id, here.session, Redacted(std::string("yanlış parola")),
                        Redacted(std::string("yeni parola 1"))};
  EXPECT_EQ(code_of(change_password(kit_, change, moment())), "wrong_credentials");
  change.old_password = Redacted(std::string(kPassword));
  change.new_password = Redacted(std::string("Selin"));
  EXPECT_EQ(code_of(change_password(kit_, change, moment())), "password_too_weak");
  change.new_password = Redacted(std::string("yeni parola 1"));
  ASSERT_TRUE(change_password(kit_, change, moment()));
  EXPECT_EQ(code_of(caller_of(here)), "done");
  EXPECT_EQ(code_of(caller_of(there)), "session_revoked");
  EXPECT_EQ(code_of(try_sign_in("selin")), "wrong_credentials");
  EXPECT_EQ(code_of(try_sign_in("selin", "yeni parola 1")), "done");
}

TEST_P(Accounts, AnAdministratorIsMadeOnlyByWhoSaysSo) {
  EXPECT_FALSE(stored(make_user("selin").id).is_admin);
  EXPECT_TRUE(stored(admin().id).is_admin);
}

TEST_P(Accounts, ADeadDatabaseIsAProblemAndNoWrongPassword) {
  make_user("selin");
  const auto result = sign_in(kit_, {"selin", Redacted(std::string(kPassword)), {}}, {now_, Timestamp::micros(1)});
  ASSERT_FALSE(result);
  EXPECT_GE(info(result.error().code).status, 500);
}

TEST_P(Accounts, AdministratorsFindUsersByTheFoldOfAnyName) {
  make_user("ayse", "ayse@example.com");
  const UserRow wanted = make_user("x1", "igdir@example.com");
  const auto find = [&](const std::string& text) {
    std::string names;
    for (const UserRow& user : read([&](Tx& tx) -> Outcome<std::vector<UserRow>> {
                                 return search_users(tx, {.text = text, .after = "", .limit = 10});
                               }).value())
      names += user.username.value_or("") + " ";
    return names;
  };
  EXPECT_EQ(find(""), "ayse x1 ");
  EXPECT_EQ(find("IĞDIR@"), "x1 ");
  EXPECT_EQ(find("AYŞE"), "ayse ");
  EXPECT_EQ(find("%"), "");
  EXPECT_EQ(find("_"), "");
}

TEST_P(Accounts, NobodyDisablesHimself) {
  const UserRow root = admin();
  EXPECT_EQ(code_of(write([&](Tx& tx) { return set_ability(tx, root.id, root.id, Ability::kDisabled, now_); })),
            "conflict");
}

}  // namespace
}  // namespace parley::product::identity

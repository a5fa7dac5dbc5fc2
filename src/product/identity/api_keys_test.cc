#include "product/identity/api_keys.h"

#include "product/identity/administration.h"
#include "product/identity/test_identity.h"

namespace parley::product::identity {
namespace {

class ApiKeys : public IdentityTest {
 protected:
  NewApiKey make_key() {
    return write([&](Tx& tx) { return create_api_key(tx, "my app", now_, rng_); }).value();
  }
  Outcome<KeyCaller> find(const NewApiKey& key, const ActFor& act_for = {}) {
    return read([&](Tx& tx) { return find_api_key(tx, key.secret.reveal(), act_for, now_); });
  }
  Outcome<PutUser> put(const ExternalUser& user) {
    return write([&](Tx& tx) { return put_external_user(tx, user, now_, rng_); });
  }
  Outcome<SessionTokens> mint(const NewApiKey& key, const std::string& external_id, TimeDelta life = kDefaultMintLife) {
    return write([&](Tx& tx) { return mint_for_external(tx, key.view.id, external_id, life, moment(), rng_); });
  }
  static ExternalUser app_user(std::string id, std::optional<std::string> name = {}) {
    ExternalUser user;
    user.external_id = std::move(id);
    user.display_name = std::move(name);
    return user;
  }
};
PARLEY_ON_BOTH_DATABASES(ApiKeys);

TEST_P(ApiKeys, AreKnownByTheirSecretUntilRevoked) {
  const NewApiKey key = make_key();
  EXPECT_EQ(find(key)->key, key.view.id);
  EXPECT_TRUE(find(key)->user.is_empty());
  ASSERT_TRUE(write([&](Tx& tx) { return revoke_api_key(tx, key.view.id, now_); }));
  EXPECT_EQ(code_of(find(key)), "session_revoked");
  EXPECT_EQ(code_of(write([&](Tx& tx) { return revoke_api_key(tx, ApiKeyId("none"), now_); })), "not_found");
  EXPECT_EQ(code_of(read([&](Tx& tx) { return find_api_key(tx, "pk_forged", {}, now_); })), "token_invalid");
}

TEST_P(ApiKeys, NoteTheirUseNowAndThen) {
  const NewApiKey key = make_key();
  EXPECT_TRUE(find(key)->is_use_due);
  ASSERT_TRUE(write([&](Tx& tx) -> Outcome<void> {
    note_api_key_use(tx, key.view.id, now_);
    return {};
  }));
  EXPECT_FALSE(find(key)->is_use_due);
  advance(kKeyUseInterval);
  EXPECT_TRUE(find(key)->is_use_due);
  const auto list = read([&](Tx& tx) -> Outcome<std::vector<ApiKeyView>> { return list_api_keys(tx); });
  ASSERT_EQ(list->size(), 1u);
  EXPECT_TRUE(list->at(0).last_used_at);
}

TEST_P(ApiKeys, MakeAUserOnceAndUpdateItThen) {
  const auto first = put(app_user("app-1", "Ayşe"));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->made, Made::kCreated);
  const auto second = put(app_user("app-1", "Ayşe Y."));
  EXPECT_EQ(second->made, Made::kUpdated);
  EXPECT_EQ(second->user.id, first->user.id);
  EXPECT_EQ(stored(first->user.id).display_name, "Ayşe Y.");
  const size_t told = events().size();
  ASSERT_TRUE(put(app_user("app-1", "Ayşe Y.")));
  EXPECT_EQ(events().size(), told);
}

TEST_P(ApiKeys, CannotTakeTheNamesOfOthers) {
  make_user("selin", "selin@example.com");
  ExternalUser thief = app_user("app-1");
  thief.username = "SELİN";
  EXPECT_EQ(code_of(put(thief)), "username_taken");
  thief.username = "hırsız";
  ASSERT_TRUE(put(thief));
  thief.username = "selın";
  EXPECT_EQ(code_of(put(thief)), "username_taken");
  thief.username = std::nullopt;
  thief.email = "selin@EXAMPLE.com";
  EXPECT_EQ(code_of(put(thief)), "email_taken");
}

TEST_P(ApiKeys, ActForUsersByEitherIdButNeverForAdministrators) {
  const NewApiKey key = make_key();
  const UserRow user = put(app_user("app-1"))->user;
  const UserRow admin = create_account(kit_, account("kök"), AdminRight::kAdmin, moment()).value();
  EXPECT_EQ(find(key, {user.id.text(), ""})->user, user.id);
  EXPECT_EQ(find(key, {"", "app-1"})->user, user.id);
  EXPECT_EQ(find(key, {user.id.text(), "app-1"})->user, user.id);
  EXPECT_EQ(code_of(find(key, {user.id.text(), "app-2"})), "not_found");
  EXPECT_EQ(code_of(find(key, {"", "app-2"})), "not_found");
  EXPECT_EQ(code_of(find(key, {admin.id.text(), ""})), "forbidden");
  ASSERT_TRUE(write([&](Tx& tx) { return set_ability(tx, admin.id, user.id, Ability::kDisabled, now_); }));
  EXPECT_EQ(code_of(find(key, {"", "app-1"})), "account_disabled");
}

TEST_P(ApiKeys, MintTokensOfAnHourIntoOneSession) {
  const NewApiKey key = make_key();
  ASSERT_TRUE(put(app_user("app-1")));
  const auto first = mint(key, "app-1");
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->refresh.reveal().empty());
  advance(TimeDelta::seconds(1800));
  const auto second = mint(key, "app-1");
  EXPECT_EQ(second->session, first->session);
  EXPECT_EQ(code_of(caller_of(*first)), "done");
  advance(TimeDelta::seconds(1800));
  EXPECT_EQ(code_of(caller_of(*first)), "token_expired");
  EXPECT_EQ(code_of(caller_of(*second)), "done");
  EXPECT_EQ(code_of(mint(key, "app-2")), "not_found");
}

TEST_P(ApiKeys, TakeTheirTokensWithThem) {
  const NewApiKey key = make_key();
  ASSERT_TRUE(put(app_user("app-1")));
  const auto tokens = mint(key, "app-1");
  ASSERT_TRUE(write([&](Tx& tx) { return revoke_api_key(tx, key.view.id, now_); }));
  EXPECT_EQ(code_of(caller_of(*tokens)), "session_revoked");
}

TEST_P(ApiKeys, HaveALimit) {
  for (int64_t i = 0; i < kMaxApiKeys; ++i) make_key();
  EXPECT_EQ(code_of(write([&](Tx& tx) { return create_api_key(tx, "one more", now_, rng_); })), "limit_reached");
}

}  // namespace
}  // namespace parley::product::identity

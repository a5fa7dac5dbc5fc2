#include "product/identity/profile.h"

#include "json/reader.h"
#include "json/writer.h"
#include "product/identity/departure.h"
#include "product/identity/test_identity.h"

namespace parley::product::identity {
namespace {

class Profiles : public IdentityTest {
 protected:
  Outcome<UserRow> change(const UserId& user, const std::string& body) {
    return write([&](Tx& tx) { return change_profile(tx, user, json::parse<ProfileChange>(body).value(), now_); });
  }
  std::string set_block(const UserId& user, const UserId& other) {
    return code_of(write([&](Tx& tx) { return block(tx, user, other, now_); }));
  }
};
PARLEY_ON_BOTH_DATABASES(Profiles);

TEST_P(Profiles, ChangeOnlyWhatIsSaid) {
  const UserRow user = make_user("selin");
  ASSERT_TRUE(change(user.id, R"({"displayName":"Selin K.","statusText":"çay","locale":"tr","timeZone":"Asia/Baku"})"));
  ASSERT_TRUE(change(user.id, R"({"statusText":null,"avatarUrl":"https://x.example/a.png"})"));
  const UserRow now = stored(user.id);
  EXPECT_EQ(now.display_name, "Selin K.");
  EXPECT_EQ(now.status_text, "");
  EXPECT_EQ(now.avatar_url, "https://x.example/a.png");
  EXPECT_EQ(now.locale, "tr");
  EXPECT_EQ(now.time_zone, "Asia/Baku");
}

TEST_P(Profiles, TellOthersWhatTheySeeAndNothingElse) {
  const UserRow user = make_user("selin");
  ASSERT_TRUE(change(user.id, R"({"locale":"az","timeZone":"Asia/Baku"})"));
  EXPECT_EQ(events().size(), 1u);
  ASSERT_TRUE(change(user.id, R"({"displayName":"Selin"})"));
  ASSERT_EQ(events().size(), 2u);
  EXPECT_EQ(events()[1], "user.updated user:" + user.id.text() + R"( {"userId":")" + user.id.text() +
                             R"(","username":"selin","displayName":"Selin","avatarUrl":"","statusText":""})");
}

TEST_P(Profiles, RefuseWhatHasNotTheShape) {
  const UserRow user = make_user("selin");
  EXPECT_EQ(code_of(change(user.id, R"({"avatarUrl":"javascript:alert"})")), "invalid_request");
  EXPECT_EQ(code_of(change(user.id, R"({"timeZone":"../x"})")), "invalid_request");
  EXPECT_EQ(stored(user.id).avatar_url, "");
}

TEST_P(Profiles, HaveNoWayToMoreRights) {
  for (const char* body :
       {R"({"isAdmin":true})", R"({"isDisabled":false})", R"({"passwordHash":"x"})", R"({"id":"x"})"})
    EXPECT_FALSE(json::parse<ProfileChange>(body)) << body;
}

TEST_P(Profiles, UserNamesChangeToFreeOnes) {
  const UserRow user = make_user("selin");
  make_user("mert");
  const auto rename = [&](const std::string& name) {
    return code_of(write([&](Tx& tx) { return change_username(tx, user.id, name, now_); }));
  };
  EXPECT_EQ(rename("MERT"), "username_taken");
  EXPECT_EQ(rename("SELİN"), "done");
  EXPECT_EQ(rename("ışık"), "done");
  EXPECT_EQ(sign_in_as("IŞIK").user, user.id);
}

TEST_P(Profiles, PrivacyKeepsWhatIsNotSaid) {
  const UserRow user = make_user("selin");
  const auto set = [&](const std::string& body) {
    return write([&](Tx& tx) { return change_privacy(tx, user.id, json::parse<PrivacyChange>(body).value(), now_); });
  };
  ASSERT_TRUE(set(R"({"messagesFrom":"nobody"})"));
  ASSERT_TRUE(set(R"({"showsPresence":false})"));
  const Privacy privacy = parse_privacy(stored(user.id).privacy);
  EXPECT_EQ(privacy.messages_from, Audience::kNobody);
  EXPECT_EQ(privacy.calls_from, Audience::kSharedCommunities);
  EXPECT_FALSE(privacy.shows_presence);
  EXPECT_TRUE(privacy.sends_typing);
}

TEST_P(Profiles, BlockingHoldsInBothDirections) {
  const UserId selin = make_user("selin").id;
  const UserId mert = make_user("mert").id;
  EXPECT_EQ(set_block(selin, mert), "done");
  EXPECT_EQ(set_block(selin, mert), "done");
  EXPECT_EQ(set_block(selin, selin), "invalid_request");
  EXPECT_EQ(set_block(selin, UserId("nobody")), "not_found");
  const auto is_blocked = [&](const UserId& a, const UserId& b) {
    return read([&](Tx& tx) -> Outcome<bool> { return is_blocked_between(tx, a, b); }).value();
  };
  EXPECT_TRUE(is_blocked(selin, mert));
  EXPECT_TRUE(is_blocked(mert, selin));
  const auto list = read([&](Tx& tx) -> Outcome<std::vector<BlockedUser>> { return list_blocked(tx, selin); });
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ(list->at(0).display_name, "mert");
  ASSERT_TRUE(write([&](Tx& tx) { return unblock(tx, selin, mert); }));
  EXPECT_FALSE(is_blocked(mert, selin));
  EXPECT_EQ(events().size(), 4u);
}

class Departure : public IdentityTest {
 protected:
  int64_t erase_due() {
    return write([&](Tx& tx) -> Outcome<int64_t> { return run_erasures(tx, now_); }).value();
  }
  Outcome<WallTime> ask(const UserId& user) {
    return write([&](Tx& tx) { return request_erasure(tx, user, now_); });
  }
};
PARLEY_ON_BOTH_DATABASES(Departure);

TEST_P(Departure, TheExportHoldsWhatIsKeptAndNoSecret) {
  const UserRow user = make_user("selin", "selin@example.com");
  const UserRow other = make_user("mert");
  sign_in_as("selin");
  ASSERT_TRUE(write([&](Tx& tx) { return block(tx, user.id, other.id, now_); }));
  const auto all = read([&](Tx& tx) { return export_identity(tx, user.id); });
  ASSERT_TRUE(all);
  EXPECT_EQ(all->email, "selin@example.com");
  EXPECT_EQ(all->sessions.size(), 1u);
  EXPECT_EQ(all->blocked.size(), 1u);
  const std::string text = json::to_json(*all);
  EXPECT_FALSE(text.contains("argon2id"));
  EXPECT_FALSE(text.contains("hash"));
}

TEST_P(Departure, CanBeTakenBackFor14Days) {
  const UserRow user = make_user("selin");
  const SessionTokens tokens = sign_in_as("selin");
  const auto due = ask(user.id);
  EXPECT_EQ(due->unix_us, now_.unix_us + kErasureDelay.us());
  EXPECT_EQ(code_of(caller_of(tokens)), "session_revoked");
  advance(kErasureDelay - TimeDelta::seconds(1));
  EXPECT_EQ(erase_due(), 0);
  EXPECT_EQ(ask(user.id).value(), due.value());
  EXPECT_EQ(code_of(try_sign_in("selin")), "done");
  ASSERT_TRUE(write([&](Tx& tx) { return cancel_erasure(tx, user.id, now_); }));
  advance(TimeDelta::seconds(2));
  EXPECT_EQ(erase_due(), 0);
}

TEST_P(Departure, LeavesOnlyTheIdOfADeletedUser) {
  const UserRow user = make_user("selin", "selin@example.com");
  const UserRow other = make_user("mert");
  const SessionTokens tokens = sign_in_as("selin");
  ASSERT_TRUE(write([&](Tx& tx) { return block(tx, other.id, user.id, now_); }));
  ASSERT_TRUE(ask(user.id));
  advance(kErasureDelay);
  EXPECT_EQ(erase_due(), 1);
  EXPECT_EQ(erase_due(), 0);
  EXPECT_EQ(code_of(try_sign_in("selin")), "wrong_credentials");
  EXPECT_EQ(code_of(refresh(tokens.refresh)), "token_invalid");
  EXPECT_EQ(code_of(read([&](Tx& tx) { return get_user(tx, user.id); })), "not_found");
  const auto row = read([&](Tx& tx) -> Outcome<UserRow> { return *find_user(tx, user.id); });
  EXPECT_TRUE(row->deleted_at);
  EXPECT_FALSE(row->username || row->email || row->password_hash);
  EXPECT_EQ(row->shown_name(), "");
  EXPECT_TRUE(events().back().starts_with("user.deleted user:" + user.id.text()));
  EXPECT_EQ(make_user("selin", "selin@example.com").username, "selin");
}

}  // namespace
}  // namespace parley::product::identity

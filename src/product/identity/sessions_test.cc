#include "product/identity/sessions.h"

#include <latch>
#include <thread>

#include "product/identity/departure.h"
#include "product/identity/test_identity.h"

namespace parley::product::identity {
namespace {

class Sessions : public IdentityTest {
 protected:
  std::vector<SessionView> sessions_of(const UserId& user) {
    return read([&](Tx& tx) -> Outcome<std::vector<SessionView>> { return list_sessions(tx, user, now_); }).value();
  }
};
PARLEY_ON_BOTH_DATABASES(Sessions);

TEST_P(Sessions, AnAccessTokenWorksForItsMinutes) {
  const UserRow user = make_user("selin");
  const SessionTokens tokens = sign_in_as("selin");
  EXPECT_EQ(caller_of(tokens)->user, user.id);
  EXPECT_EQ(caller_of(tokens)->session, tokens.session);
  advance(kAccessLife - TimeDelta::micros(1));
  EXPECT_EQ(code_of(caller_of(tokens)), "done");
  advance(TimeDelta::micros(1));
  EXPECT_EQ(code_of(caller_of(tokens)), "token_expired");
}

TEST_P(Sessions, ForgedAndAlteredTokensAreInvalid) {
  make_user("selin");
  const SessionTokens tokens = sign_in_as("selin");
  std::string altered = tokens.access.reveal();
  altered[10] = altered[10] == 'a' ? 'b' : 'a';
  for (const std::string& token :
       {std::string(), std::string("pa_"), altered, tokens.access.reveal() + "A", tokens.refresh.reveal(),
        "pa_" + tokens.refresh.reveal().substr(3), std::string("pa_' or '1'='1")}) {
    EXPECT_EQ(code_of(read([&](Tx& tx) { return find_session(tx, token, now_); })), "token_invalid") << token;
  }
}

TEST_P(Sessions, SecretsAreNowhereInTheDatabase) {
  make_user("selin");
  const SessionTokens tokens = sign_in_as("selin");
  ASSERT_TRUE(refresh(tokens.refresh));
  const auto count = [&](std::string_view table, const std::string& secret) {
    return read([&](Tx& tx) -> Outcome<int64_t> {
             return one<int64_t>(tx, "select count(*) from " + std::string(table) + " where hash = $1", secret)
                 .value_or(-1);
           })
        .value();
  };
  EXPECT_EQ(count("access_tokens", tokens.access.reveal()), 0);
  EXPECT_EQ(count("refresh_tokens", tokens.refresh.reveal()), 0);
}

TEST_P(Sessions, ARefreshTokenIsExchangedForTheNextPair) {
  make_user("selin");
  const SessionTokens first = sign_in_as("selin");
  advance(kAccessLife);
  const auto second = refresh(first.refresh);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->session, first.session);
  EXPECT_NE(second->refresh, first.refresh);
  EXPECT_EQ(code_of(caller_of(*second)), "done");
  const auto third = refresh(second->refresh);
  EXPECT_EQ(code_of(third), "done");
}

TEST_P(Sessions, ReuseOfAnOldRefreshTokenEndsTheSession) {
  make_user("selin");
  const SessionTokens first = sign_in_as("selin");
  const SessionTokens second = refresh(first.refresh).value();
  advance(kRefreshGrace);
  const auto reuse = refresh(first.refresh);
  EXPECT_EQ(code_of(reuse), "session_revoked");
  EXPECT_EQ(reuse.error().detail, "token_reused");
  EXPECT_EQ(code_of(caller_of(second)), "session_revoked");
  EXPECT_EQ(code_of(refresh(second.refresh)), "session_revoked");
  EXPECT_TRUE(events().back().starts_with("user.session_ended user:")) << events().back();
  EXPECT_TRUE(events().back().contains(R"("reason":"token_reused")")) << events().back();
}

TEST_P(Sessions, ReuseOfATokenBeforeTheLastIsNeverARace) {
  make_user("selin");
  const SessionTokens first = sign_in_as("selin");
  const SessionTokens second = refresh(first.refresh).value();
  ASSERT_TRUE(refresh(second.refresh));
  EXPECT_EQ(code_of(refresh(first.refresh)), "session_revoked");
}

TEST_P(Sessions, TwoTabsThatRefreshOneAfterTheOtherBothGoOn) {
  make_user("selin");
  const SessionTokens first = sign_in_as("selin");
  const SessionTokens left = refresh(first.refresh).value();
  advance(kRefreshGrace - TimeDelta::micros(1));
  const auto right = refresh(first.refresh);
  ASSERT_TRUE(right);
  EXPECT_EQ(code_of(caller_of(left)), "done");
  EXPECT_EQ(code_of(caller_of(*right)), "done");
  // Whichever the browser kept leads on; the other one, should it turn up later, was copied.
  ASSERT_TRUE(refresh(right->refresh));
  advance(kRefreshGrace);
  EXPECT_EQ(code_of(refresh(left.refresh)), "session_revoked");
}

TEST_P(Sessions, RefreshesAtTheSameMomentAllSucceed) {
  make_user("selin");
  const SessionTokens first = sign_in_as("selin");
  std::latch all_there(4);
  std::array<std::string, 4> results;
  std::vector<std::jthread> threads;
  for (std::string& result : results) {
    threads.emplace_back([&] {
      all_there.arrive_and_wait();
      result = code_of(refresh(first.refresh));
    });
  }
  threads.clear();
  for (const std::string& result : results) EXPECT_EQ(result, "done");
}

TEST_P(Sessions, ExpireWhenTheyAreNotUsed) {
  make_user("selin");
  const SessionTokens tokens = sign_in_as("selin");
  advance(kSessionLife);
  EXPECT_EQ(code_of(refresh(tokens.refresh)), "token_expired");
  EXPECT_TRUE(sessions_of(tokens.user).empty());
}

TEST_P(Sessions, AreListedWithTheirDevices) {
  const UserRow user = make_user("selin");
  const SessionTokens old = sign_in_as("selin");
  advance(TimeDelta::seconds(5));
  sign_in_as("selin");
  advance(TimeDelta::seconds(5));
  ASSERT_TRUE(refresh(old.refresh));
  const auto list = sessions_of(user.id);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].id, old.session);
  EXPECT_EQ(list[0].device_name, "phone");
  EXPECT_EQ(list[0].user_agent, "test/2");
  EXPECT_EQ(list[0].ip, "192.0.2.2");
  EXPECT_EQ(list[0].last_used_at, now_);
  EXPECT_EQ(list[1].user_agent, "test/1");
}

TEST_P(Sessions, OfOthersCannotBeEnded) {
  make_user("selin");
  const UserRow other = make_user("mert");
  const SessionTokens tokens = sign_in_as("selin");
  const auto end = [&](const UserId& user) {
    return code_of(write([&](Tx& tx) { return end_session(tx, user, tokens.session, SessionEnd::kRevoked, now_); }));
  };
  EXPECT_EQ(end(other.id), "not_found");
  EXPECT_EQ(code_of(caller_of(tokens)), "done");
  EXPECT_EQ(end(tokens.user), "done");
  EXPECT_EQ(code_of(caller_of(tokens)), "session_revoked");
  EXPECT_EQ(end(tokens.user), "not_found");
}

TEST_P(Sessions, AFurtherOneThanTheLimitEndsTheOneUnusedForLongest) {
  const UserRow user = make_user("selin");
  std::vector<SessionTokens> all;
  ASSERT_TRUE(write([&](Tx& tx) -> Outcome<void> {
    for (int64_t i = 0; i <= kMaxSessions; ++i) {
      all.push_back(start_session(tx, user.id, {}, {now_.unix_us + i}, rng_));
    }
    return {};
  }));
  advance(TimeDelta::seconds(1));
  EXPECT_EQ(std::ssize(sessions_of(user.id)), kMaxSessions);
  EXPECT_EQ(code_of(caller_of(all.front())), "session_revoked");
  EXPECT_EQ(code_of(caller_of(all.back())), "done");
}

TEST_P(Sessions, AnOverlongUserAgentIsCutBetweenCharacters) {
  const UserRow user = make_user("selin");
  std::string agent(kMaxUserAgent - 1, 'a');
  agent += "şşşş";
  ASSERT_TRUE(write([&](Tx& tx) -> Outcome<void> {
    start_session(tx, user.id, {"", agent, ""}, now_, rng_);
    return {};
  }));
  EXPECT_EQ(sessions_of(user.id)[0].user_agent, std::string(kMaxUserAgent - 1, 'a'));
}

TEST_P(Sessions, AreForgottenWhenNobodyCanAskForThemAnyMore) {
  make_user("selin");
  const SessionTokens tokens = sign_in_as("selin");
  const auto sweep = [&] {
    return write([&](Tx& tx) -> Outcome<int64_t> { return sweep_identity(tx, now_); }).value();
  };
  EXPECT_EQ(sweep(), 0);
  advance(kSessionLife + kKeepEnded);
  EXPECT_GE(sweep(), 3);
  EXPECT_EQ(code_of(refresh(tokens.refresh)), "token_invalid");
}

}  // namespace
}  // namespace parley::product::identity

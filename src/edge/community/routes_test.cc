#include "edge/community/routes.h"

#include "edge/community/test_community_api.h"

namespace parley::community_api {
namespace {

class CommunityRoutesTest : public CommunityApiTest {
 protected:
  void SetUp() override {
    CommunityApiTest::SetUp();
    for (const char* name : {"alice", "bob", "carol"}) enter(name);
    const auto made = call("alice", "POST /api/v1/communities", R"({"name":"Çay"})");
    ASSERT_EQ(made.status, 201) << made.body;
    id_ = text_of(made.json().at("id"));
    path_ = "/api/v1/communities/" + id_;
  }
  std::string create_channel(const std::string& body) {
    const auto made = call("alice", "POST " + path_ + "/channels", body);
    EXPECT_EQ(made.status, 201) << made.body;
    return text_of(made.json().at("id"));
  }
  void join(const std::string& who) {
    const auto invite = call("alice", "POST " + path_ + "/invites", "{}");
    EXPECT_EQ(invite.status, 201) << invite.body;
    const auto joined = call(who, "POST /api/v1/invites/" + text_of(invite.json().at("code")) + "/accept");
    EXPECT_EQ(joined.status, 200) << joined.body;
  }

  std::string id_;
  std::string path_;
};

TEST_P(CommunityRoutesTest, FromANewCommunityToAMemberInAChannel) {
  create_channel(R"({"name":"söhbət","kind":"voice","userLimit":5})");
  const auto invite = call("alice", "POST " + path_ + "/invites", R"({"maxUses":1})");
  const std::string code = text_of(invite.json().at("code"));
  const auto preview = call("", "GET /api/v1/invites/" + code);
  EXPECT_EQ(text_of(preview.json().at("communityName")), "Çay");
  EXPECT_EQ(call("bob", "GET " + path_).code(), "not_found");
  EXPECT_EQ(call("bob", "POST /api/v1/invites/" + code + "/accept").status, 200);
  EXPECT_EQ(call("carol", "POST /api/v1/invites/" + code + "/accept").code(), "invite_invalid");
  const auto mine = call("bob", "GET /api/v1/communities");
  EXPECT_EQ(text_of(mine.json().at("items").at(0).at("id")), id_);
  const auto channels = call("bob", "GET " + path_ + "/channels");
  const auto channel = channels.json().at("items").at(0);
  EXPECT_EQ(text_of(channel.at("kind")), "voice");
  EXPECT_EQ(text_of(channel.at("permissions")), std::to_string(product::access::kDefaultPermissions.bits()));
}

TEST_P(CommunityRoutesTest, MasksAreDecimalTexts) {
  const auto role = call("alice", "POST " + path_ + "/roles", R"({"name":"r","permissions":"8589934592"})");
  ASSERT_EQ(role.status, 201) << role.body;
  EXPECT_EQ(text_of(role.json().at("permissions")), "8589934592");
  EXPECT_EQ(call("alice", "POST " + path_ + "/roles", R"({"name":"r","permissions":3})").code(), "invalid_request");
  EXPECT_EQ(call("alice", "POST " + path_ + "/roles", R"({"name":"r","permissions":"17179869184"})").code(),
            "invalid_request");
}

TEST_P(CommunityRoutesTest, ListsInPagesWithCursorsOfTheirOwn) {
  join("bob");
  join("carol");
  std::set<std::string> seen;
  std::string cursor;
  do {
    const auto page = call("bob", "GET " + path_ + "/members?limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor));
    ASSERT_EQ(page.status, 200) << page.body;
    const auto body = page.json();
    ASSERT_EQ(body.at("items").as_array().size(), 1u);
    EXPECT_TRUE(seen.insert(text_of(body.at("items").at(0).at("userId"))).second);
    cursor = body.at("next").is_null() ? "" : text_of(body.at("next"));
    if (!cursor.empty()) {
      EXPECT_EQ(call("carol", "GET " + path_ + "/members?limit=1&cursor=" + cursor).code(), "invalid_request");
      EXPECT_EQ(call("bob", "GET " + path_ + "/members?search=b&cursor=" + cursor).code(), "invalid_request");
    }
  } while (!cursor.empty());
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_EQ(call("bob", "GET " + path_ + "/members?search=CAR").json().at("items").as_array().size(), 1u);
}

TEST_P(CommunityRoutesTest, AStaleVersionIsAConflict) {
  EXPECT_EQ(call("alice", "PATCH " + path_, R"({"name":"Two","version":1})").status, 200);
  const auto stale = call("alice", "PATCH " + path_, R"({"name":"Three","version":1})");
  EXPECT_EQ(stale.status, 409);
  EXPECT_EQ(stale.code(), "conflict");
}

TEST_P(CommunityRoutesTest, TextsHaveTheirLimits) {
  const auto create = [&](const std::string& name) {
    return call("alice", "POST /api/v1/communities", R"({"name":")" + name + "\"}");
  };
  EXPECT_EQ(create("").code(), "invalid_request");
  EXPECT_EQ(create(std::string(101, 'x')).code(), "invalid_request");
  EXPECT_EQ(create("a\\nb").code(), "invalid_request");
  EXPECT_EQ(create("   ").json().at("errors").at(0).at("pointer").as_string(), "/name");
  EXPECT_EQ(create(std::string(100, 'x')).status, 201);
}

TEST_P(CommunityRoutesTest, TheLogIsFilteredAndSaysBeforeAndAfter) {
  ASSERT_EQ(call("alice", "PATCH " + path_, R"({"name":"Two","reason":"why not"})").status, 200);
  const auto log = call("alice", "GET " + path_ + "/audit-log?action=community.update");
  ASSERT_EQ(log.status, 200) << log.body;
  const auto entry = log.json().at("items").at(0);
  EXPECT_EQ(text_of(entry.at("before").at("name")), "Çay");
  EXPECT_EQ(text_of(entry.at("after").at("name")), "Two");
  EXPECT_EQ(text_of(entry.at("reason")), "why not");
  EXPECT_EQ(call("alice", "GET " + path_ + "/audit-log?before=1").code(), "invalid_request");
}

TEST_P(CommunityRoutesTest, SaysWhyOneMayNotSpeak) {
  const std::string channel = create_channel(R"({"name":"stage","kind":"voice"})");
  join("bob");
  const auto roles = call("alice", "GET " + path_ + "/roles");
  const std::string everyone = text_of(roles.json().at("items").at(0).at("id"));
  const std::string speak =
      std::to_string(product::access::PermissionMask::of(product::access::Permission::kSpeak).bits());
  const auto set = call("alice", "PUT /api/v1/channels/" + channel + "/overrides/roles/" + everyone,
                        R"({"deny":")" + speak + R"(","allow":"0"})");
  ASSERT_EQ(set.status, 200) << set.body;
  const auto why = call("bob", "GET /api/v1/channels/" + channel + "/permissions/explain?permission=speak");
  ASSERT_EQ(why.status, 200) << why.body;
  EXPECT_FALSE(why.json().at("isAllowed").as_bool());
  EXPECT_EQ(text_of(why.json().at("steps").at(1).at("what")), "the channel denies @everyone");
  EXPECT_EQ(call("bob", "GET /api/v1/channels/" + channel + "/permissions/explain?permission=fly").code(),
            "invalid_request");
}

TEST_P(CommunityRoutesTest, AnswersTheSameForWhatIsHiddenAndForWhatIsNot) {
  const std::string channel = create_channel(R"({"name":"hidden","kind":"text"})");
  join("bob");
  const auto roles = call("alice", "GET " + path_ + "/roles");
  const std::string everyone = text_of(roles.json().at("items").at(0).at("id"));
  ASSERT_EQ(
      call("alice", "PUT /api/v1/channels/" + channel + "/overrides/roles/" + everyone, R"({"deny":"1","allow":"0"})")
          .status,
      200);
  const auto shape = [&](const std::string& who, const std::string& line, const std::string& body = {}) {
    const auto answer = call(who, line, body);
    auto object = answer.json().as_object();
    object.erase("requestId");
    object.erase("instance");
    return std::to_string(answer.status) + boost::json::serialize(object);
  };
  const std::string unknown = "0192aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa";
  EXPECT_EQ(shape("bob", "GET /api/v1/channels/" + channel), shape("bob", "GET /api/v1/channels/" + unknown));
  EXPECT_EQ(shape("bob", "PATCH /api/v1/channels/" + channel, R"({"name":"x"})"),
            shape("bob", "PATCH /api/v1/channels/" + unknown, R"({"name":"x"})"));
  EXPECT_EQ(shape("carol", "GET " + path_), shape("carol", "GET /api/v1/communities/" + unknown));
  EXPECT_EQ(shape("carol", "GET " + path_ + "/members"),
            shape("carol", "GET /api/v1/communities/" + unknown + "/members"));
  const auto invite = call("alice", "POST " + path_ + "/invites", "{}").json();
  ASSERT_EQ(call("alice", "DELETE " + path_ + "/invites/" + text_of(invite.at("id"))).status, 204);
  for (const char* who : {"", "carol"})
    EXPECT_EQ(shape(who, "GET /api/v1/invites/" + text_of(invite.at("code"))), shape(who, "GET /api/v1/invites/x"));
}

TEST_P(CommunityRoutesTest, AnInviteIsNeverKeptByCaches) {
  const auto invite = call("alice", "POST " + path_ + "/invites", "{}");
  EXPECT_EQ(invite.header("Cache-Control"), "no-store");
  EXPECT_EQ(call("alice", "GET " + path_ + "/invites").header("Cache-Control"), "no-store");
}

PARLEY_ON_BOTH_DATABASES(CommunityRoutesTest);

}  // namespace
}  // namespace parley::community_api

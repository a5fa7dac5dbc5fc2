#include "edge/privacy/routes.h"

#include <gtest/gtest.h>

#include "edge/community/routes.h"
#include "edge/identity/test_identity_api.h"

namespace parley::privacy {
namespace {

using api::TestAnswer;

class PrivacyRoutes : public api::identity::IdentityApi {
 protected:
  void add_more_routes(api::RouteTable& table) override {
    community_api::add_community_routes(table);
    add_privacy_routes(table);
  }
  std::string id_of(const TestAnswer& answer) {
    EXPECT_EQ(answer.status / 100, 2) << answer.body;
    return text(answer.json(), "id");
  }
};
PARLEY_ON_BOTH_DATABASES(PrivacyRoutes);

TEST_P(PrivacyRoutes, AnExportHoldsWhatEveryAreaKeepsAndNoSecret) {
  const Client selin = join("selin", "selin@example.com");
  const Client mert = join("mert");
  const std::string place = id_of(post("/api/v1/communities", R"({"name":"Ev"})", selin.header()));
  const std::string community = "/api/v1/communities/" + place;
  const auto invite = post(community + "/invites", "{}", selin.header()).json();
  post("/api/v1/invites/" + text(invite, "code") + "/accept", "{}", mert.header());
  const std::string role = id_of(post(community + "/roles", R"({"name":"Dost"})", selin.header()));
  ASSERT_EQ(call("PUT " + community + "/members/" + mert.id + "/roles/" + role, selin.header()).status / 100, 2);
  ASSERT_EQ(post(community + "/reports", R"({"targetKind":"user","targetId":")" + selin.id + R"(","reason":"loud"})",
                 mert.header())
                    .status /
                100,
            2);

  const TestAnswer answer = call("GET /api/v1/users/me/export", mert.header());
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  const auto body = answer.json();
  EXPECT_EQ(text(body.at("account"), "username"), "mert");
  const auto& communities = body.at("communities");
  ASSERT_EQ(communities.at("memberships").as_array().size(), 1U);
  EXPECT_EQ(text(communities.at("memberships").at(0), "communityName"), "Ev");
  EXPECT_EQ(communities.at("memberships").at(0).at("roles").at(0).as_string(), "Dost");
  ASSERT_EQ(communities.at("reports").as_array().size(), 1U);
  EXPECT_EQ(text(communities.at("reports").at(0), "reason"), "loud");
  EXPECT_TRUE(communities.at("invites").as_array().empty());
  EXPECT_TRUE(body.at("files").as_array().empty());
  EXPECT_FALSE(answer.body.contains("argon2"));
  EXPECT_FALSE(answer.body.contains(mert.access));
  EXPECT_FALSE(answer.body.contains("selin@example.com")) << "nothing of others";

  const auto owners = call("GET /api/v1/users/me/export", selin.header()).json();
  EXPECT_EQ(owners.at("communities").at("invites").as_array().size(), 1U);
  EXPECT_FALSE(owners.at("communities").at("auditLog").as_array().empty());
  EXPECT_EQ(call("GET /api/v1/users/me/export").code(), "unauthenticated");
}

}  // namespace
}  // namespace parley::privacy

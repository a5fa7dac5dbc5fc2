#include "edge/identity/test_identity_api.h"

namespace parley::api::identity {
namespace {

class ServerRoutes : public IdentityApi {
 protected:
  TestAnswer put_user(const std::string& key, const std::string& id, const std::string& body) {
    return call("PUT /api/v1/external-users/" + id, bearer(key) + kJson, body);
  }
};
PARLEY_ON_BOTH_DATABASES(ServerRoutes);

TEST_P(ServerRoutes, AnAppsUsersAreMadeUpdatedAndGivenTokens) {
  const std::string key = make_key(make_admin());
  const TestAnswer made = put_user(key, "app-7", R"({"displayName":"Ayşe","email":"ayse@example.com","locale":"tr"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(text(made.json(), "externalId"), "app-7");
  EXPECT_EQ(put_user(key, "app-7", R"({"displayName":"Ayşe Y."})").status, 200);
  const TestAnswer minted = post("/api/v1/external-users/app-7/tokens", "{}", bearer(key));
  ASSERT_EQ(minted.status, 201) << minted.body;
  const Client client = client_of(minted);
  EXPECT_TRUE(client.refresh.empty());
  const TestAnswer me = call("GET /api/v1/users/me", client.header());
  EXPECT_EQ(text(me.json(), "displayName"), "Ayşe Y.");
  advance(TimeDelta::seconds(3600));
  EXPECT_EQ(call("GET /api/v1/users/me", client.header()).code(), "token_expired");
  EXPECT_EQ(post("/api/v1/external-users/app-7/tokens", R"({"validForSeconds":86401})", bearer(key)).code(),
            "invalid_request");
}

TEST_P(ServerRoutes, AKeyActsForItsUsers) {
  const Client admin = make_admin();
  const std::string key = make_key(admin);
  const std::string id = text(put_user(key, "app-7", "{}").json(), "id");
  const auto me = [&](const std::string& headers) { return call("GET /api/v1/users/me", bearer(key) + headers); };
  EXPECT_EQ(text(me("Parley-User: " + id + "\r\n").json(), "id"), id);
  EXPECT_EQ(text(me("Parley-External-User: app-7\r\n").json(), "id"), id);
  EXPECT_EQ(me("").code(), "forbidden");
  EXPECT_EQ(me("Parley-External-User: app-8\r\n").code(), "not_found");
  EXPECT_EQ(me("Parley-User: " + admin.id + "\r\n").code(), "forbidden");
  EXPECT_EQ(call("GET /api/v1/users/me", admin.header() + "Parley-User: " + id + "\r\n").code(), "forbidden");
  EXPECT_EQ(call("GET /api/v1/users/me", "Cookie: parley_session=" + key + "\r\n").code(), "token_invalid");
}

TEST_P(ServerRoutes, KeysAreMadeListedAndRevokedByAdministratorsOnly) {
  const Client admin = make_admin();
  const Client selin = join("selin");
  const std::string key = make_key(admin);
  EXPECT_EQ(post("/api/v1/admin/api-keys", R"({"name":"x"})", selin.header()).code(), "forbidden");
  EXPECT_EQ(post("/api/v1/admin/api-keys", R"({"name":"x"})", bearer(key)).code(), "forbidden");
  EXPECT_EQ(post("/api/v1/admin/api-keys", R"({"name":"x"})", "").code(), "unauthenticated");
  const TestAnswer list = call("GET /api/v1/admin/api-keys", admin.header());
  EXPECT_EQ(list.json().at("items").as_array().size(), 1u);
  EXPECT_FALSE(list.body.contains("pk_"));
  const std::string id = text(list.json().at("items").at(0), "id");
  EXPECT_EQ(call("DELETE /api/v1/admin/api-keys/" + id, selin.header()).code(), "forbidden");
  EXPECT_EQ(call("DELETE /api/v1/admin/api-keys/" + id, admin.header()).status, 204);
  EXPECT_EQ(put_user(key, "app-7", "{}").code(), "session_revoked");
}

TEST_P(ServerRoutes, UsersHaveNoKeysWay) {
  const Client selin = join("selin");
  EXPECT_EQ(put_user(selin.access, "app-7", "{}").code(), "forbidden");
  EXPECT_EQ(post("/api/v1/external-users/app-7/tokens", "{}", selin.header()).code(), "forbidden");
}

TEST_P(ServerRoutes, AdministratorsSearchThroughPages) {
  const Client admin = make_admin();
  for (int i = 0; i < 5; ++i) {
    advance(TimeDelta::millis(1));  // Ids of one millisecond have no order.
    join("ışık" + std::to_string(i), "k" + std::to_string(i) + "@example.com");
  }
  const auto page = [&](const std::string& query) {
    return call("GET /api/v1/admin/users?search=ISIK&limit=2" + query, admin.header()).json();
  };
  auto body = page("");
  std::string names;
  for (;;) {
    for (const auto& item : body.at("items").as_array()) names += text(item, "username") + " ";
    if (body.at("next").is_null()) break;
    body = page("&cursor=" + text(body, "next"));
  }
  EXPECT_EQ(names, "ışık0 ışık1 ışık2 ışık3 ışık4 ");
  EXPECT_EQ(call("GET /api/v1/admin/users?search=other&cursor=" + text(page(""), "next"), admin.header()).code(),
            "invalid_request");
}

TEST_P(ServerRoutes, ADisabledUserIsOutAtOnceAndComesBack) {
  const Client admin = make_admin();
  const Client selin = join("selin");
  EXPECT_EQ(post("/api/v1/admin/users/" + selin.id + "/disable", "", selin.header()).code(), "forbidden");
  EXPECT_EQ(post("/api/v1/admin/users/" + selin.id + "/disable", "", admin.header()).status, 200);
  EXPECT_EQ(call("GET /api/v1/users/me", selin.header()).code(), "account_disabled");
  EXPECT_EQ(sign_in("selin").code(), "account_disabled");
  EXPECT_EQ(post("/api/v1/admin/users/" + selin.id + "/enable", "", admin.header()).status, 200);
  EXPECT_EQ(sign_in("selin").status, 200);
  EXPECT_EQ(post("/api/v1/admin/users/" + admin.id + "/disable", "", admin.header()).code(), "conflict");
  EXPECT_EQ(post("/api/v1/admin/users/nobody/disable", "", admin.header()).code(), "not_found");
}

/// Every route, and what it answers to nobody, to a plain user and to a server key for nobody.
TEST_P(ServerRoutes, EveryRouteKnowsWhoMayCall) {
  const Client admin = make_admin();
  const Client selin = join("selin");
  const std::string key = make_key(admin);
  for (const auto& route : api_->table().routes()) {
    if (route->info.access == Access::kAnyone) continue;
    std::string path = route->info.path;
    for (size_t at = 0; (at = path.find('{')) != std::string::npos;) path.replace(at, path.find('}') - at + 1, "none");
    const std::string line = std::string(name_of(route->info.method)) + " " + path;
    const auto status = [&](const std::string& headers) {
      return call(line, headers + (route->has_body ? kJson : ""), route->has_body ? "{}" : "").status;
    };
    EXPECT_EQ(status(""), 401) << line;
    EXPECT_EQ(status(bearer("pa_forged")), 401) << line;
    if (route->info.access == Access::kUser) {
      EXPECT_EQ(status(bearer(key)), 403) << line;
    } else {
      EXPECT_EQ(status(selin.header()), 403) << line;
    }
    if (route->info.access == Access::kAdmin) EXPECT_EQ(status(bearer(key)), 403) << line;
  }
}

}  // namespace
}  // namespace parley::api::identity

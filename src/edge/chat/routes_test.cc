// The conversations' routes over HTTP.
#include "edge/chat/routes.h"

#include "edge/community/test_community_api.h"
#include "product/community/members.h"

namespace parley::chat_api {
namespace {

class ChatApiTest : public community_api::CommunityApiTest {
 protected:
  void prepare(api::RouteTable& table, api::ApiOptions& options) override {
    add_chat_routes(table);
    options.rate_limits = api::default_rate_limits();
  }
  std::string open(const std::string& token, const product::UserId& other) {
    const auto answer = call(token, "POST /api/v1/direct-conversations", R"({"userId":")" + other.text() + R"("})");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return std::string(answer.json().at("id").as_string());
  }
  static std::string at(const std::string& conversation, const std::string& rest = {}) {
    return "/api/v1/conversations/" + conversation + rest;
  }
  api::TestAnswer send(const std::string& token, const std::string& conversation, const std::string& text,
                       const std::string& client_id = {}) {
    const std::string id = client_id.empty() ? "" : R"(,"clientId":")" + client_id + "\"";
    return call(token, "POST " + at(conversation, "/messages"), R"({"text":")" + text + "\"" + id + "}");
  }

  product::UserId ada_ = enter("ada");
  product::UserId bora_ = enter("bora");
};

TEST_P(ChatApiTest, AMessageIsSentReadEditedAndDeleted) {
  const std::string talk = open("ada", bora_);
  const auto sent = send("ada", talk, "hello");
  EXPECT_EQ(sent.status, 201) << sent.body;
  const std::string id(sent.json().at("id").as_string());
  EXPECT_EQ(sent.json().at("seq").as_int64(), 1);
  const std::string path = "/api/v1/messages/" + id;
  EXPECT_EQ(call("ada", "PATCH " + path, R"({"text":"hello!","version":1})").status, 200);
  EXPECT_EQ(call("ada", "PATCH " + path, R"({"text":"again","version":1})").code(), "conflict");
  const auto page = call("bora", "GET " + at(talk, "/messages?limit=10")).json();
  EXPECT_EQ(page.at("items").at(0).at("text").as_string(), "hello!");
  EXPECT_TRUE(page.at("next").is_null() && page.at("prev").is_null());
  EXPECT_EQ(call("bora", "DELETE " + path).code(), "forbidden");
  EXPECT_EQ(call("ada", "DELETE " + path).status, 204);
  EXPECT_FALSE(call("bora", "GET " + path).json().at("deletedAt").is_null());
}

TEST_P(ChatApiTest, ARepeatCostsNothingAndManySendsAreSlowedDown) {
  const std::string talk = open("ada", bora_);
  ASSERT_EQ(send("ada", talk, "once", "c1").status, 201);
  for (int i = 0; i < 30; ++i) {
    const auto again = send("ada", talk, "once", "c1");
    ASSERT_EQ(again.status, 200) << again.body;
    ASSERT_EQ(again.json().at("seq").as_int64(), 1);
  }
  int refused = 0;
  for (int i = 0; i < 12; ++i) refused += send("ada", talk, "more").code() == "rate_limited" ? 1 : 0;
  EXPECT_EQ(refused, 3) << "a burst of ten, of which one was spent";
  EXPECT_EQ(send("ada", talk, "once", "c1").status, 200);
  EXPECT_EQ(send("bora", talk, "mine").status, 201) << "each has his own";
  EXPECT_EQ(send("ada", open("ada", enter("cem")), "there").status, 201) << "in each conversation";
  advance(TimeDelta::seconds(1));
  EXPECT_EQ(send("ada", talk, "later").status, 201);
}

TEST_P(ChatApiTest, APollerHearsThatNothingIsNew) {
  const std::string talk = open("ada", bora_);
  send("ada", talk, "hello");
  const std::string line = "GET " + at(talk, "/messages?after=0");
  const auto first = call("bora", line);
  const std::string tag = first.header("ETag");
  ASSERT_FALSE(tag.empty());
  EXPECT_EQ(call("bora", line, "", "If-None-Match: " + tag + "\r\n").status, 304);
  send("ada", talk, "news");
  EXPECT_EQ(call("bora", line, "", "If-None-Match: " + tag + "\r\n").status, 200);
}

TEST_P(ChatApiTest, MarksReceiptsAndDraftsGoThroughTheirRoutes) {
  const std::string talk = open("ada", bora_);
  send("ada", talk, "one");
  send("ada", talk, "two");
  EXPECT_EQ(call("bora", "GET " + at(talk)).json().at("unread").as_int64(), 2);
  EXPECT_EQ(call("bora", "PUT " + at(talk, "/marks"), R"({"readSeq":2})").json().at("readSeq").as_int64(), 2);
  EXPECT_EQ(call("ada", "GET " + at(talk, "/receipts?seq=2")).json().at("read").as_int64(), 1);
  EXPECT_EQ(call("bora", "PUT " + at(talk, "/unread"), R"({"fromSeq":2})").status, 200);
  EXPECT_EQ(call("bora", "GET " + at(talk)).json().at("unread").as_int64(), 1);
  EXPECT_EQ(call("bora", "PUT " + at(talk, "/draft"), R"({"text":"begun"})").status, 200);
  EXPECT_EQ(call("bora", "GET /api/v1/drafts").json().at("items").as_array().size(), 1u);
  EXPECT_EQ(call("bora", "DELETE " + at(talk, "/draft")).status, 204);
}

TEST_P(ChatApiTest, ReactionsAndPinsGoThroughTheirRoutes) {
  const std::string talk = open("ada", bora_);
  const std::string message = "/api/v1/messages/" + std::string(send("ada", talk, "x").json().at("id").as_string());
  EXPECT_EQ(call("bora", "PUT " + message + "/reactions/%F0%9F%91%8D").status, 204);
  EXPECT_EQ(call("bora", "PUT " + message + "/reactions/abc").code(), "invalid_request");
  EXPECT_EQ(call("bora", "PUT " + message + "/reactions/" + std::string(120, 'a')).code(), "invalid_request");
  EXPECT_EQ(call("ada", "GET " + message + "/reactions/%F0%9F%91%8D").json().at("items").as_array().size(), 1u);
  EXPECT_EQ(call("ada", "GET " + message).json().at("reactions").at(0).at("emoji").as_string(), "👍");
  EXPECT_EQ(call("bora", "DELETE " + message + "/reactions/%F0%9F%91%8D").status, 204);
  EXPECT_EQ(call("ada", "PUT " + message + "/pin").status, 204);
  EXPECT_EQ(call("bora", "GET " + at(talk, "/pins")).json().at("items").as_array().size(), 1u);
  EXPECT_EQ(call("bora", "DELETE " + message + "/pin").status, 204);
}

TEST_P(ChatApiTest, GroupsThreadsAndLists) {
  const product::UserId cem = enter("cem");
  const auto made =
      call("ada", "POST /api/v1/group-conversations", R"({"name":"us","userIds":[")" + bora_.text() + R"("]})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string group(made.json().at("id").as_string());
  EXPECT_EQ(call("bora", "PUT " + at(group, "/people/") + cem.text()).status, 204);
  EXPECT_EQ(call("cem", "GET /api/v1/conversations").json().at("items").as_array().size(), 1u);
  EXPECT_EQ(call("ada", "PATCH " + at(group), R"({"name":"we"})").json().at("name").as_string(), "we");
  const std::string parent(send("cem", group, "topic").json().at("id").as_string());
  const auto thread = call("ada", "PUT /api/v1/messages/" + parent + "/thread", "{}");
  ASSERT_EQ(thread.status, 200) << thread.body;
  EXPECT_EQ(call("bora", "GET " + at(group, "/threads")).json().at("items").as_array().size(), 1u);
  EXPECT_EQ(call("ada", "DELETE " + at(group, "/people/") + cem.text()).status, 204);
  EXPECT_EQ(call("cem", "GET " + at(std::string(thread.json().at("id").as_string()))).code(), "not_found");
}

TEST_P(ChatApiTest, SyncSaysHowFarEverythingIsAndChangesBringTheRest) {
  const std::string talk = open("ada", bora_);
  const std::string id(send("ada", talk, "one").json().at("id").as_string());
  const auto first = call("bora", "GET /api/v1/sync").json();
  const int64_t point = first.at("items").at(0).at("change").as_int64();
  const std::string since(first.at("since").as_string());
  EXPECT_TRUE(first.at("items").at(0).at("changed").as_bool());
  advance(TimeDelta::seconds(600));
  EXPECT_TRUE(call("bora", "GET /api/v1/sync?since=" + since).json().at("items").at(0).at("changed").as_bool())
      << "what was shortly before counts as well";
  const std::string later(call("bora", "GET /api/v1/sync").json().at("since").as_string());
  EXPECT_FALSE(call("bora", "GET /api/v1/sync?since=" + later).json().at("items").at(0).at("changed").as_bool());
  call("ada", "PATCH /api/v1/messages/" + id, R"({"text":"edited"})");
  const auto changed = call("bora", "GET /api/v1/sync?since=" + later).json();
  EXPECT_TRUE(changed.at("items").at(0).at("changed").as_bool());
  EXPECT_EQ(changed.at("items").at(0).at("lastSeq").as_int64(), 1);
  const auto rest = call("bora", "GET " + at(talk, "/changes?since=") + std::to_string(point)).json();
  ASSERT_EQ(rest.at("items").as_array().size(), 1u);
  EXPECT_EQ(rest.at("items").at(0).at("text").as_string(), "edited");
  EXPECT_EQ(rest.at("change"), changed.at("items").at(0).at("change"));
}

TEST_P(ChatApiTest, SearchIsPagedWithSealedCursors) {
  const std::string talk = open("ada", bora_);
  for (int i = 0; i < 3; ++i) send("ada", talk, "Gəncə");
  const std::string line = "GET /api/v1/search/messages?limit=2&q=gence";
  const auto first = call("bora", line).json();
  EXPECT_EQ(first.at("items").as_array().size(), 2u);
  const std::string next(first.at("next").as_string());
  const auto second = call("bora", line + "&cursor=" + next).json();
  EXPECT_EQ(second.at("items").as_array().size(), 1u);
  EXPECT_TRUE(second.at("next").is_null());
  EXPECT_EQ(call("bora", "GET /api/v1/search/messages?q=other&cursor=" + next).code(), "invalid_request");
  EXPECT_EQ(call("bora", "GET /api/v1/search/messages").code(), "invalid_request");
}

PARLEY_ON_BOTH_DATABASES(ChatApiTest);

}  // namespace
}  // namespace parley::chat_api

#include "edge/api/openapi.h"

#include <gtest/gtest.h>

#include <set>

#include "edge/api/test_api.h"

namespace parley::api {
namespace {

namespace bj = boost::json;
using product::Outcome;
using product::ProblemCode;

struct NewNote {
  json::Text<1, 20> text;
  json::Patch<json::Text<1, 5>> label;
  std::optional<json::List<json::Number<1, 9>, 3>> marks;
};
BOOST_DESCRIBE_STRUCT(NewNote, (), (text, label, marks))
struct Note {
  product::ChannelId id;
  std::string text;
  json::Mask rights;
  WallTime at;
  Redacted<std::string> secret;
};
BOOST_DESCRIBE_STRUCT(Note, (), (id, text, rights, at, secret))
struct NoteQuery : PageQuery {
  std::optional<json::List<json::Text<1, 9>, 4>> words;
  bool is_deep = false;
};
BOOST_DESCRIBE_STRUCT(NoteQuery, (PageQuery), (words, is_deep))

RouteTable routes() {
  RouteTable table;
  table.add({.path = "/api/v1/rooms/{room_name}/notes", .id = "listNotes", .summary = "Notes.", .tag = "notes"},
            [](Request<NoBody, NoteQuery>& /*request*/) -> Outcome<Page<Note>> { return Page<Note>{}; });
  table.add({.method = Method::kPost,
             .path = "/api/v1/rooms/{room_name}/notes",
             .id = "makeNote",
             .summary = "Makes \"one\".",
             .status = 201,
             .problems = {ProblemCode::kConflict}},
            [](Request<NewNote>& /*request*/) -> Outcome<Note> { return Note{}; });
  table.add({.method = Method::kDelete,
             .path = "/api/v1/notes/{note_id}",
             .id = "deleteNote",
             .summary = "Gone.",
             .access = Access::kAdmin},
            [](Request<>& /*request*/) -> Outcome<NoContent> { return NoContent{}; });
  table.add({.method = Method::kPut,
             .path = "/api/v1/notes/{note_id}",
             .id = "keepNote",
             .summary = "Makes it or changes it.",
             .other_status = {201}},
            [](Request<NewNote>& /*request*/) -> Outcome<Reply<Note>> { return Reply<Note>{}; });
  table.add({.method = Method::kPost,
             .path = "/api/v1/keys",
             .id = "makeKey",
             .summary = "A secret.",
             .secrecy = Secrecy::kSecret},
            [](Request<>& /*request*/) -> Outcome<Note> { return Note{}; });
  table.add({.method = Method::kPost,
             .path = "/api/v1/hook",
             .id = "hook",
             .summary = "Hook.",
             .access = Access::kAnyone,
             .content_types = {"application/webhook+json", "application/json"}},
            [](Request<RawBody>& /*request*/) -> Outcome<NoContent> { return NoContent{}; });
  return table;
}

class OpenApiTest : public ApiTest {
 protected:
  void SetUp() override {
    start(routes());
    const TestAnswer answer = call("GET /api/v1/openapi.json");
    ASSERT_EQ(answer.status, 200);
    document_ = answer.json();
  }
  const bj::value& operation(const char* path, const char* method) { return document_.at("paths").at(path).at(method); }
  /// Calls `visit` for every object below `value`.
  template <class F>
  static void for_each_object(const bj::value& value, const F& visit) {
    if (const auto* object = value.if_object()) {
      visit(*object);
      for (const auto& member : *object) for_each_object(member.value(), visit);
    } else if (const auto* array = value.if_array()) {
      for (const bj::value& item : *array) for_each_object(item, visit);
    }
  }

  bj::value document_;
};

TEST_F(OpenApiTest, HasTheMembersThatTheStandardAsksFor) {
  EXPECT_EQ(document_.at("openapi").as_string(), "3.1.0");
  EXPECT_FALSE(document_.at("info").at("title").as_string().empty());
  EXPECT_FALSE(document_.at("info").at("version").as_string().empty());
  for (const char* scheme : {"session", "bearer", "serverKey"}) {
    EXPECT_TRUE(document_.at("components").at("securitySchemes").as_object().contains(scheme));
  }
}

TEST_F(OpenApiTest, EveryReferenceLeadsSomewhere) {
  int references = 0;
  for_each_object(document_, [&](const bj::object& object) {
    const bj::value* reference = object.if_contains("$ref");
    if (!reference) return;
    ++references;
    bj::error_code error;
    const std::string pointer = std::string(reference->as_string()).substr(1);
    EXPECT_NE(document_.find_pointer(pointer, error), nullptr) << pointer;
  });
  EXPECT_GT(references, 10);
}

TEST_F(OpenApiTest, DescribesEveryRouteWholly) {
  size_t operations = 0;
  std::set<std::string> ids;
  for (const auto& path : document_.at("paths").as_object()) {
    for (const auto& entry : path.value().as_object()) {
      const bj::object& described = entry.value().as_object();
      ++operations;
      EXPECT_TRUE(ids.insert(std::string(described.at("operationId").as_string())).second);
      for (const char* member : {"summary", "security", "responses"}) EXPECT_TRUE(described.contains(member));
      for (const auto& response : described.at("responses").as_object()) {
        EXPECT_EQ(std::string(response.key()).size(), 3u);
        EXPECT_FALSE(response.value().at("description").as_string().empty());
      }
    }
  }
  EXPECT_EQ(operations, api_->table().routes().size());
}

TEST_F(OpenApiTest, NamesEachParameterOfThePathOnce) {
  const bj::array& parameters = operation("/api/v1/rooms/{roomName}/notes", "get").at("parameters").as_array();
  std::string names;
  for (const bj::value& parameter : parameters) {
    if (parameter.as_object().contains("$ref")) continue;
    names += std::string(parameter.at("in").as_string()) + ":" + std::string(parameter.at("name").as_string()) + " ";
    EXPECT_TRUE(parameter.as_object().contains("schema"));
  }
  EXPECT_EQ(names, "path:roomName query:cursor query:limit query:words query:isDeep ");
}

TEST_F(OpenApiTest, ListsTheCodesOfEachStatus) {
  const bj::value& responses = operation("/api/v1/rooms/{roomName}/notes", "post").at("responses");
  EXPECT_TRUE(responses.at("201").at("content").as_object().contains("application/json"));
  const bj::array& codes = responses.at("409")
                               .at("content")
                               .at("application/problem+json")
                               .at("schema")
                               .at("allOf")
                               .at(1)
                               .at("properties")
                               .at("code")
                               .at("enum")
                               .as_array();
  EXPECT_EQ(bj::serialize(codes), R"(["request_in_progress","conflict"])");
  EXPECT_TRUE(responses.as_object().contains("429"));
  EXPECT_FALSE(operation("/api/v1/hook", "post").at("responses").as_object().contains("401"));
}

TEST_F(OpenApiTest, ListsEveryStatusOfSuccess) {
  const bj::object& responses = operation("/api/v1/notes/{noteId}", "put").at("responses").as_object();
  EXPECT_EQ(responses.at("200").at("content"), responses.at("201").at("content"));
}

TEST_F(OpenApiTest, OffersTheIdempotencyKeyWhereItCounts) {
  const auto is_offered = [&](const char* path, const char* method) {
    return bj::serialize(operation(path, method)).contains("IdempotencyKey");
  };
  EXPECT_TRUE(is_offered("/api/v1/notes/{noteId}", "put"));
  EXPECT_FALSE(is_offered("/api/v1/keys", "post"));
  EXPECT_FALSE(is_offered("/api/v1/hook", "post"));
  EXPECT_FALSE(operation("/api/v1/keys", "post").at("responses").as_object().contains("422"));
}

TEST_F(OpenApiTest, RequestsAreClosedAndAnswersOpen) {
  const bj::value& schemas = document_.at("components").at("schemas");
  EXPECT_EQ(schemas.at("NewNote").at("additionalProperties"), false);
  EXPECT_EQ(bj::serialize(schemas.at("NewNote").at("required")), R"(["text"])");
  EXPECT_FALSE(schemas.at("Note").as_object().contains("additionalProperties"));
  EXPECT_TRUE(schemas.as_object().contains("PageNote"));
  EXPECT_TRUE(schemas.as_object().contains("ProblemBody"));
}

TEST_F(OpenApiTest, SaysWhoMayCall) {
  EXPECT_EQ(bj::serialize(operation("/api/v1/hook", "post").at("security").at(0)), "{}");
  EXPECT_EQ(operation("/api/v1/notes/{noteId}", "delete").at("security").as_array().size(), 3u);
}

TEST(Routes, PreferLiteralSegmentsInAnyOrderOfAdding) {
  const auto nothing = [](Request<>& /*request*/) -> Outcome<NoContent> { return NoContent{}; };
  for (const bool is_literal_first : {true, false}) {
    RouteTable table;
    if (is_literal_first) table.add({.path = "/a/me", .id = "me"}, nothing);
    table.add({.path = "/a/{id}", .id = "one"}, nothing);
    table.add({.path = "/a", .id = "all"}, nothing);
    if (!is_literal_first) table.add({.path = "/a/me", .id = "me"}, nothing);
    EXPECT_EQ(table.find("GET", "/a/me").route->info.id, "me");
    EXPECT_EQ(table.find("GET", "/a/you").route->info.id, "one");
    EXPECT_EQ(table.find("GET", "/a/you").parameters.at(0).second, "you");
    EXPECT_EQ(table.find("GET", "/a/you/x").route, nullptr);
    EXPECT_EQ(table.find("GET", "").route, nullptr);
  }
}

TEST(RoutesDeathTest, RefuseToBeAmbiguous) {
  const auto nothing = [](Request<>& /*request*/) -> Outcome<NoContent> { return NoContent{}; };
  RouteTable table;
  table.add({.path = "/a/{id}", .id = "one"}, nothing);
  EXPECT_DEATH(table.add({.path = "/a/{name}", .id = "two"}, nothing), "CHECK");
  EXPECT_DEATH(table.add({.path = "/b", .id = "one"}, nothing), "CHECK");
  EXPECT_DEATH(table.add({.method = Method::kPut, .path = "/a/{name}", .id = "two"}, nothing), "CHECK");
}

}  // namespace
}  // namespace parley::api

// What is sent to every route that takes a body, but should not be: driven by the OpenAPI document of the product.
#include <algorithm>
#include <set>

#include "security/route_rows.h"
#include "security/world.h"

namespace parley::security {
namespace {

namespace bj = boost::json;

/// The API's default; a route may take less.
constexpr size_t kLargestBody = size_t{1024} * 1024;

class BodyTest : public WorldTest {
 protected:
  struct Target {
    const Row* row = nullptr;
    Operation operation;
    bj::object schema;  ///< Of its body.
  };

  void SetUp() override {
    WorldTest::SetUp();
    document_ = call({.line = "GET /api/v1/openapi.json"}).json().as_object();
  }
  /// Routes that take JSON of a known shape.
  std::vector<Target> targets() {
    std::vector<Target> out;
    for (Operation& operation : operations()) {
      const auto row = std::ranges::find(route_rows(), operation.id, &Row::id);
      const bj::value* body = operation.description.if_contains("requestBody");
      if (!body || row == route_rows().end()) continue;
      const bj::value* json = body->at("content").as_object().if_contains("application/json");
      if (!json) continue;
      bj::object schema = resolve(json->at("schema"));
      if (schema.empty()) continue;
      out.push_back({&*row, std::move(operation), std::move(schema)});
    }
    EXPECT_GT(out.size(), 40u);
    return out;
  }
  bj::object resolve(const bj::value& schema) const {
    const bj::value* reference = schema.as_object().if_contains("$ref");
    if (!reference) return schema.as_object();
    const std::string_view name = std::string_view(reference->as_string()).substr(1);
    return bj::value(document_).at_pointer(name).as_object();
  }
  static std::set<std::string> names_of(const bj::object& schema) {
    std::set<std::string> out;
    if (const bj::value* properties = schema.if_contains("properties"))
      for (const auto& [name, type] : properties->as_object()) out.emplace(name);
    return out;
  }
  /// Every member of every body and answer there is: who guesses what the server keeps, guesses one of these.
  std::set<std::string> all_names() const {
    std::set<std::string> out{"__proto__", "constructor", "isAdmin", "is_admin", "role", "passwordHash", "userId"};
    for (const auto& [name, schema] : document_.at("components").at("schemas").as_object())
      out.merge(names_of(schema.as_object()));
    return out;
  }
  /// By somebody who may.
  api::TestAnswer send(const Target& target, const World& world, const std::string& body, const std::string& type) {
    const std::string who = best_caller(*target.row);
    const Fill fill{.world = world};
    return call(
        {.line = fill(target.row->line), .headers = headers_of(world, who), .body = body, .content_type = type});
  }
  bj::object good_body(const Target& target, const World& world) {
    return bj::parse(Fill{.world = world}(target.row->body)).as_object();
  }

  bj::object document_;
};

TEST_P(BodyTest, FieldsThatAreNotOfferedAreRefusedByName) {
  constexpr size_t kAtOnce = 20;  // So many faults are named in one answer.
  const std::set<std::string> all = all_names();
  EXPECT_GT(all.size(), 100u);
  for (const Target& target : targets()) {
    const World world = build();
    std::vector<std::string> more(all.begin(), all.end());
    std::erase_if(more, [own = names_of(target.schema)](const std::string& name) { return own.contains(name); });
    for (size_t begin = 0; begin < more.size(); begin += kAtOnce) {
      bj::object body = good_body(target, world);
      const auto chunk = std::span(more).subspan(begin, std::min(kAtOnce, more.size() - begin));
      for (const std::string& name : chunk) body[name] = "x";
      const int64_t before = traces();
      const auto answer = send(target, world, bj::serialize(body), "application/json");
      ASSERT_EQ(result(answer), "invalid_request") << target.row->id;
      for (const std::string& name : chunk)
        EXPECT_TRUE(answer.body.contains("\"/" + name + "\"")) << target.row->id << " takes " << name << answer.body;
      EXPECT_EQ(traces(), before) << target.row->id;
    }
  }
}

TEST_P(BodyTest, ASchemaSaysThatItTakesNothingElse) {
  for (const Target& target : targets()) {
    const bj::value* more = target.schema.if_contains("additionalProperties");
    ASSERT_TRUE(more && more->is_bool()) << target.row->id;
    EXPECT_FALSE(more->as_bool()) << target.row->id;
  }
}

TEST_P(BodyTest, WhatIsNotTheBodyIsRefusedWithACode) {
  struct Case {
    std::string body;
    std::string type;
    std::vector<std::string> codes;
  };
  const std::string json = "application/json";
  const std::vector<Case> cases{
      {"{", json, {"malformed_json"}},
      {"\xff\xfe{}", json, {"malformed_json"}},
      {"{\"a\":NaN}", json, {"malformed_json"}},
      {"{} {}", json, {"malformed_json"}},
      {std::string(100'000, '['), json, {"malformed_json", "invalid_request"}},
      {"[]", json, {"invalid_request"}},
      {"null", json, {"invalid_request"}},
      {"\"text\"", json, {"invalid_request"}},
      {"{\"a\":" + std::string(12, '[') + std::string(12, ']') + "}", json, {"invalid_request"}},
      {"{}", "text/plain", {"unsupported_media_type"}},
      {"a=b", "application/x-www-form-urlencoded", {"unsupported_media_type"}},
      {"{}", "", {"unsupported_media_type"}},
      {std::string(kLargestBody + 1, ' '), json, {"body_too_large"}},
  };
  for (const Target& target : targets()) {
    const World world = build();
    for (const Case& one : cases) {
      const int64_t before = traces();
      const auto answer = send(target, world, one.body, one.type);
      EXPECT_NE(std::ranges::find(one.codes, result(answer)), one.codes.end())
          << target.row->id << " " << one.body.substr(0, 30) << ": " << answer.status << answer.body;
      EXPECT_EQ(traces(), before) << target.row->id;
    }
  }
}

TEST_P(BodyTest, AMemberOfAnotherTypeIsRefusedAndNeverBreaksTheServer) {
  const std::vector<std::string> strange{"null",   "true",      "-1",   "1e308",       "99999999999999999999999", "[]",
                                         "[null]", "{\"a\":1}", "\"\"", "\"\\u0000\"", "\"\\ud83d\\ude00\""};
  int tried = 0;
  for (const Target& target : targets()) {
    World world;
    size_t sent = 0;
    for (const std::string& name : names_of(target.schema)) {
      for (const std::string& value : strange) {
        if (sent++ % 20 == 0) world = build();
        bj::object body = good_body(target, world);
        body[name] = bj::parse(value);
        const auto answer = send(target, world, bj::serialize(body), "application/json");
        EXPECT_LT(answer.status, 500) << target.row->id << " " << name << " = " << value << ": " << answer.body;
        EXPECT_FALSE(result(answer).starts_with('?')) << target.row->id << " " << name << " = " << value;
        ++tried;
      }
    }
  }
  EXPECT_GT(tried, 1000);
}

TEST_P(BodyTest, MethodsThatAreNotOfferedAreRefusedWithThoseThatAre) {
  std::map<std::string, std::set<std::string>> offered;
  for (const Operation& operation : operations()) offered[operation.path].insert(operation.method);
  const World world = build();
  for (const auto& [path, methods] : offered) {
    for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"}) {
      // Another route may take the parameter's place: /users/me is /users/{userId}, too.
      if (methods.contains(method) || std::string_view(path).contains('{')) continue;
      const auto answer = call({.line = method + " " + path, .headers = headers_of(world, "owner")});
      EXPECT_EQ(result(answer), "method_not_allowed") << method << " " << path << answer.head;
      for (const std::string& good : methods)
        EXPECT_TRUE(answer.header("Allow").contains(good)) << path << ": " << answer.header("Allow");
    }
  }
}

PARLEY_ON_BOTH_DATABASES(BodyTest);

}  // namespace
}  // namespace parley::security

#include "edge/api/openapi.h"

#include <algorithm>
#include <map>
#include <set>

#include "edge/api/problem_json.h"
#include "net/http_message.h"

namespace parley::api {
namespace {

using product::ProblemCode;
using enum product::ProblemCode;

std::string quoted(std::string_view text) {
  std::string out;
  json::append_string(out, text);
  return out;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += ',';
    out += part;
  }
  return out;
}

/// {channel_id} is {channelId} to the world.
std::string wire_parameter(std::string_view segment) {
  return std::string(json::camel_name(segment.substr(1, segment.size() - 2)).text());
}

std::string wire_path(const Route& route) {
  std::string out;
  for (const std::string& segment : route.segments) {
    out += '/';
    out += segment.starts_with('{') ? "{" + wire_parameter(segment) + "}" : segment;
  }
  return out;
}

bool is_unsafe(const Route& route) { return route.info.method != Method::kGet; }
/// Answers with secrets are not kept for a repeat, so there the key is not looked at.
bool keeps_answers(const Route& route) { return is_unsafe(route) && route.info.secrecy == Secrecy::kPlain; }

std::string parameters(const Route& route, json::Schemas& schemas) {
  std::vector<std::string> out;
  for (const std::string& segment : route.segments) {
    if (!segment.starts_with('{')) continue;
    out.push_back(R"({"in":"path","required":true,"name":)" + quoted(wire_parameter(segment)) + R"(,"schema":)" +
                  json::text_schema({1, json::kMaxIdText, json::TextKind::kLine}) + "}");
  }
  if (route.query) {
    for (const QueryParameter& parameter : route.query(schemas)) {
      std::string text = R"({"in":"query","name":)" + quoted(parameter.name);
      if (parameter.is_required) text += R"(,"required":true)";
      // A list is separated by commas.
      if (parameter.schema.contains(R"("type":"array")")) text += R"(,"style":"form","explode":false)";
      out.push_back(text + R"(,"schema":)" + parameter.schema + "}");
    }
  }
  // Where anyone may call it counts only for those who are known.
  if (keeps_answers(route) && route.info.access != Access::kAnyone) {
    out.emplace_back(R"({"$ref":"#/components/parameters/IdempotencyKey"})");
  }
  if (route.info.access == Access::kUser) {
    out.emplace_back(R"({"$ref":"#/components/parameters/ParleyUser"})");
    out.emplace_back(R"({"$ref":"#/components/parameters/ParleyExternalUser"})");
  }
  return joined(out);
}

std::string request_body(const Route& route, json::Schemas& schemas) {
  if (!route.has_body) return {};
  std::vector<std::string> types;
  if (route.body_schema) {
    types.push_back(R"("application/json":{"schema":)" + route.body_schema(schemas) + "}");
  } else {
    for (const std::string& type : route.info.content_types) types.push_back(quoted(type) + R"(:{"schema":{}})");
    if (types.empty()) types.emplace_back(R"("*/*":{"schema":{}})");
  }
  const std::string_view required = route.info.may_lack_body ? "false" : "true";
  return R"(,"requestBody":{"required":)" + std::string(required) + R"(,"content":{)" + joined(types) + "}}";
}

/// All problems of one status: clients tell them apart by the code.
std::string problem_response(const std::vector<ProblemCode>& codes) {
  std::string description;
  std::vector<std::string> names;
  for (const ProblemCode code : codes) {
    if (!description.empty()) description += ' ';
    description += product::info(code).en;
    names.push_back(quoted(product::info(code).name));
  }
  return R"({"description":)" + quoted(description) +
         R"(,"content":{"application/problem+json":{"schema":{"allOf":[{"$ref":"#/components/schemas/ProblemBody"},)" +
         R"({"type":"object","properties":{"code":{"enum":[)" + joined(names) + "]}}}]}}}}";
}

std::string success_response(const Route& route, int status, json::Schemas& schemas) {
  std::string out = R"({"description":)" + quoted(net::http_status_name(status));
  if (route.has_answer) {
    const std::string schema = route.answer_schema(schemas);
    out += R"(,"content":{"application/json":{"schema":)" + schema + "}}";
  }
  if (route.is_binary_answer) out += R"(,"content":{"*/*":{"schema":{}}})";
  return out + "}";
}

std::string responses(const Route& route, json::Schemas& schemas) {
  std::vector<int> statuses = route.info.other_status;
  statuses.insert(statuses.begin(), route.info.status);
  std::vector<std::string> out;
  for (const int status : statuses) {
    out.push_back(quoted(std::to_string(status)) + ":" + success_response(route, status, schemas));
  }
  if (!is_unsafe(route) && route.info.secrecy == Secrecy::kPlain) {
    out.emplace_back(R"("304":{"description":"Not Modified"})");
  }
  std::map<int, std::vector<ProblemCode>> by_status;
  for (const ProblemCode code : problems_of(route)) by_status[product::info(code).status].push_back(code);
  for (const auto& [status, codes] : by_status) {
    out.push_back(quoted(std::to_string(status)) + ":" + problem_response(codes));
  }
  return joined(out);
}

std::string_view security(Access access) {
  switch (access) {
    case Access::kAnyone:
      return "[{},{\"session\":[]},{\"bearer\":[]}]";
    case Access::kApiKey:
      return "[{\"serverKey\":[]}]";
    case Access::kUser:
    case Access::kAdmin:
    case Access::kKeyOrAdmin:
      break;
  }
  return "[{\"session\":[]},{\"bearer\":[]},{\"serverKey\":[]}]";
}

std::string operation(const Route& route, json::Schemas& schemas) {
  std::string out = R"({"operationId":)" + quoted(route.info.id);
  out += R"(,"summary":)" + quoted(route.info.summary);
  if (!route.info.tag.empty()) out += R"(,"tags":[)" + quoted(route.info.tag) + "]";
  out += R"(,"security":)";
  out += security(route.info.access);
  if (const std::string all = parameters(route, schemas); !all.empty()) out += R"(,"parameters":[)" + all + "]";
  out += request_body(route, schemas);
  return out + R"(,"responses":{)" + responses(route, schemas) + "}}";
}

std::string components(const json::Schemas& schemas, const OpenApiInfo& info) {
  std::string out = R"({"schemas":{)" + schemas.components() + R"(},"parameters":{)";
  out += R"("IdempotencyKey":{"in":"header","name":"Idempotency-Key","description":"Makes a repeat of this request )"
         R"(harmless for 24 hours.","schema":{"type":"string","minLength":1,"maxLength":255,"pattern":"^[!-~]*$"}},)"
         R"("ParleyUser":{"in":"header","name":"Parley-User","description":"With a server API key: the id of the )"
         R"(user to act for.","schema":{"type":"string"}},)"
         R"("ParleyExternalUser":{"in":"header","name":"Parley-External-User","description":"The same, by the id )"
         R"(which the user has in your own app.","schema":{"type":"string"}}},)";
  out += R"("securitySchemes":{"session":{"type":"apiKey","in":"cookie","name":)" + quoted(info.session_cookie) +
         R"(,"description":"A login in a browser."},"bearer":{"type":"http","scheme":"bearer","description":"The )"
         R"(token of a login."},"serverKey":{"type":"http","scheme":"bearer","description":"A server API key, for a )"
         R"(back end; Parley-User says for whom it acts."}}})";
  return out;
}

}  // namespace

std::vector<ProblemCode> problems_of(const Route& route) {
  std::set<ProblemCode> codes(route.info.problems.begin(), route.info.problems.end());
  codes.insert({kInternal, kOverloaded, kDeadlineExceeded, kDatabaseUnavailable, kRateLimited});
  const bool has_parameters = std::ranges::any_of(route.segments, [](const auto& s) { return s.starts_with('{'); });
  if (has_parameters) codes.insert(kNotFound);
  if (route.has_body || route.query || is_unsafe(route)) codes.insert(kInvalidRequest);
  if (route.has_body && !route.is_raw_body) codes.insert(kMalformedJson);
  if (route.has_body) codes.insert({kUnsupportedMediaType, kBodyTooLarge});
  if (is_unsafe(route)) codes.insert(kOriginNotAllowed);
  if (keeps_answers(route)) codes.insert({kIdempotencyKeyReused, kRequestInProgress});
  if (route.info.access != Access::kAnyone) {
    codes.insert({kUnauthenticated, kTokenExpired, kTokenInvalid, kSessionRevoked, kAccountDisabled, kForbidden});
    codes.insert(kNotFound);  // The user to act for.
  }
  return {codes.begin(), codes.end()};
}

std::string make_openapi(const RouteTable& table, const OpenApiInfo& info) {
  json::Schemas schemas;
  json::schema_of<ProblemBody>(schemas, json::Schemas::Use::kAnswer);
  std::map<std::string, std::vector<std::string>> paths;
  for (const auto& route : table.routes()) {
    std::string method(name_of(route->info.method));
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    paths[wire_path(*route)].push_back(quoted(method) + ":" + operation(*route, schemas));
  }
  std::vector<std::string> items;
  for (const auto& [path, operations] : paths) items.push_back(quoted(path) + ":{" + joined(operations) + "}");
  return R"({"openapi":"3.1.0","info":{"title":)" + quoted(info.title) + R"(,"version":)" + quoted(info.version) +
         R"(},"servers":[{"url":"/"}],"paths":{)" + joined(items) + R"(},"components":)" + components(schemas, info) +
         "}";
}

}  // namespace parley::api

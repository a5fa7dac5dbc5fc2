#include "edge/realtime/asyncapi.h"

#include "edge/realtime/commands.h"
#include "edge/realtime/event_table.h"
#include "edge/realtime/own_events.h"
#include "edge/realtime/presence.h"
#include "edge/realtime/typing.h"
#include "json/writer.h"

namespace parley::realtime {
namespace {

/// Messages of the one channel, and the operations that use them.
struct Parts {
  std::string messages;
  std::string operations;
};

void add_comma(std::string& out) {
  if (!out.empty()) out += ',';
}

std::string message_ref(std::string_view message) {
  std::string out = R"({"$ref":)";
  json::append_string(out, "#/channels/gateway/messages/" + std::string(message));
  return out + "}";
}

void add_message(Parts& parts, std::string_view key, std::string_view name, const std::string& payload) {
  add_comma(parts.messages);
  json::append_string(parts.messages, key);
  parts.messages += R"(:{"name":)";
  json::append_string(parts.messages, name);
  parts.messages += R"(,"payload":)" + payload + "}";
}

void add_operation(Parts& parts, std::string_view key, std::string_view action, std::string_view reply) {
  add_comma(parts.operations);
  json::append_string(parts.operations, key);
  parts.operations += R"(:{"action":")" + std::string(action) +
                      R"(","channel":{"$ref":"#/channels/gateway"},"messages":[)" + message_ref(key) + "]";
  if (!reply.empty()) parts.operations += R"(,"reply":{"messages":[)" + message_ref(reply) + "]}";
  parts.operations += '}';
}

/// An event of the log: its payload with what make_argument() adds.
std::string told_schema(const EventRow& row, json::Schemas& schemas) {
  std::string out = R"({"allOf":[{"type":"object","required":["eventId","event"],"properties":{)"
                    R"("eventId":{"type":"string"},"event":{"const":)";
  json::append_string(out, row.type);
  return out + "}}}," + row.schema(schemas) + "]}";
}

template <class Payload>
void add_own(Parts& parts, std::string_view name, json::Schemas& schemas) {
  add_message(parts, name, name, json::schema_of<Payload>(schemas, json::Schemas::Use::kAnswer));
  add_operation(parts, name, "send", {});
}

}  // namespace

std::string make_asyncapi() {
  json::Schemas schemas;
  Parts parts;
  for (const auto& [name, command] : CommandTable().all()) {
    const std::string ack = name + ".ack";
    add_message(parts, name, name, command.argument_schema(schemas));
    add_message(parts, ack, ack,
                R"({"oneOf":[)" + command.answer_schema(schemas) + "," +
                    json::schema_of<Refused>(schemas, json::Schemas::Use::kAnswer) + "]}");
    add_operation(parts, name, "receive", ack);
  }
  for (const EventRow& row : event_rows()) {
    add_message(parts, row.type, row.name, told_schema(row, schemas));
    add_operation(parts, row.type, "send", {});
  }
  add_own<Ready>(parts, "ready", schemas);
  add_own<Resumed>(parts, "resumed", schemas);
  add_own<Resync>(parts, "resync", schemas);
  add_own<Expiring>(parts, "auth:expiring", schemas);
  add_own<EventProblem>(parts, "problem", schemas);
  add_own<EventProblem>(parts, "rateLimited", schemas);
  add_own<UserTyping>(parts, "userTyping", schemas);
  add_own<UserPresence>(parts, "presence", schemas);
  return R"({"asyncapi":"3.0.0","info":{"title":"Parley gateway","version":"1.0.0","description":)"
         R"("Socket.IO 5 at /socket.io/, namespace /. Every event has one object as its only argument."},)"
         R"("channels":{"gateway":{"address":"/socket.io/","messages":{)" +
         parts.messages + R"(}}},"operations":{)" + parts.operations + R"(},"components":{"schemas":{)" +
         schemas.components() + "}}}";
}

void add_realtime_routes(api::RouteTable& table) {
  table.add({.path = "/api/v1/asyncapi.json",
             .id = "getAsyncApi",
             .summary = "The events of the Socket.IO gateway.",
             .tag = "meta",
             .access = api::Access::kAnyone},
            [document = make_asyncapi()](api::Request<>& /*request*/) -> product::Outcome<json::Raw> {
              return json::Raw{document};
            });
}

}  // namespace parley::realtime

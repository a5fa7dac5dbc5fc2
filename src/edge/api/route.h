#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/api/request.h"
#include "json/reader.h"
#include "json/schema.h"
#include "json/writer.h"

// How a product module offers its operations:
//
//   product::Outcome<ChannelView> create_channel(Request<NewChannel>& request) {
//     const auto community = request.id<product::CommunityId>("community_id");
//     return request.store.write(request.deadline, [&](Tx& tx) { return community::create_channel(tx, ...); });
//   }
//
//   void add_channel_routes(RouteTable& table) {
//     table.add({.method = Method::kPost, .path = "/api/v1/communities/{community_id}/channels", .id = "createChannel",
//                .summary = "Creates a channel.", .tag = "channels", .status = 201,
//                .problems = {ProblemCode::kForbidden, ProblemCode::kLimitReached}},
//               create_channel);
//   }
//
// A handler is a function or a capturing object that takes Request<Body>&, Request<NoBody, Query>& or
// Request<Body, Query>& and returns Outcome<Answer>, Outcome<Reply<Answer>> or Outcome<NoContent>. It runs on the
// worker pool and may block up to `request.deadline`.

namespace parley::api {

enum class Method : unsigned char { kGet, kPost, kPut, kPatch, kDelete, kOptions };
std::string_view name_of(Method method);

/// Who may call.
enum class Access : unsigned char {
  kAnyone,  ///< Credentials are looked at when they are good, and ignored when they are not.
  kUser,    ///< A user's session, or an API key that acts for a user.
  kApiKey,  ///< A server API key, acting for somebody or not.
  kAdmin,   ///< Caller::is_admin.
  kKeyOrAdmin,
};

/// Whether the answer holds secrets (tokens, codes).
enum class Secrecy : unsigned char {
  kPlain,
  kSecret,  ///< Never stored for a repeat of the Idempotency-Key, never compressed, no ETag, `no-store`.
};

/// What a handler waits for.
enum class Work : unsigned char {
  kDatabase,
  /// A storage, which may be slow or away, takes a large body: such requests have threads and a deadline of their own,
  /// so that the others do not wait for them.
  kTransfer,
};

/// The description of an operation, beside its types.
struct RouteInfo {
  Method method = Method::kGet;
  std::string path;     ///< "/api/v1/channels/{channel_id}": parameters are whole segments.
  std::string id;       ///< Operation id, camelCase, unique.
  std::string summary;  ///< One sentence.
  std::string tag;      ///< Group in the documentation.
  Access access = Access::kUser;
  /// Taken from before the handler; kDefault is anonymous, reads or writes by caller and method; kAnonymous counts the
  /// address even of callers who are known. More is spent by Context::spend.
  Bucket bucket = Bucket::kDefault;
  int status = 200;               ///< Of success; NoContent makes it 204.
  std::vector<int> other_status;  ///< Of success, too, with the same body: what a Reply may set.
  /// Beside those which every route may answer.
  std::vector<product::ProblemCode> problems;
  Secrecy secrecy = Secrecy::kPlain;
  Work work = Work::kDatabase;
  size_t max_body = size_t{1024} * 1024;  ///< Bytes; the HTTP server's own limit still holds.
  /// Of every answer, problems too.
  net::HttpHeaders headers = {};
  bool may_lack_body = false;  ///< A RawBody of no bytes is a good one.
  /// Accepted types of a RawBody; a described body is application/json.
  std::vector<std::string> content_types;
};

/// What happens to a request on the pool once it is admitted: parse, call, write.
using Run = std::function<product::Outcome<Written>(Context& context)>;

/// A route with its types erased.
struct Route {
  RouteInfo info;
  std::vector<std::string> segments;  ///< Of the path; parameters in braces.
  bool has_body = false;
  bool is_raw_body = false;
  bool has_answer = false;
  bool is_binary_answer = false;
  Run run;
  // For the OpenAPI document; empty functions where there is no such thing.
  std::string (*body_schema)(json::Schemas& schemas) = nullptr;
  std::string (*answer_schema)(json::Schemas& schemas) = nullptr;
  std::vector<QueryParameter> (*query)(json::Schemas& schemas) = nullptr;
};

/// All routes; filled at start, then read by all threads.
class RouteTable {
 public:
  /// Two routes of the same id, or of the same method and shape, are a mistake of ours: the process ends.
  template <class Handler>
  void add(RouteInfo info, Handler handler) {
    add_typed(std::move(info), std::function(std::move(handler)));
  }

  struct Match {
    const Route* route = nullptr;
    PathParameters parameters;
  };
  /// A literal segment is preferred to a parameter. HEAD is GET.
  Match find(std::string_view method, std::string_view path) const;
  /// The methods offered at a path, as of the Allow header; empty when there is nothing at all.
  std::string allowed_methods(std::string_view path) const;
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  template <class Answer, class Body, class Query>
  void add_typed(RouteInfo info, std::function<product::Outcome<Answer>(Request<Body, Query>&)> handler);
  void add_route(Route route);

  std::vector<std::unique_ptr<Route>> routes_;
};

template <class Answer>
using BodyOf = typename ReplyTraits<Answer>::Body;

template <class Answer, class Body, class Query>
void RouteTable::add_typed(RouteInfo info, std::function<product::Outcome<Answer>(Request<Body, Query>&)> handler) {
  Route route;
  route.info = std::move(info);
  route.has_body = !std::is_same_v<Body, NoBody>;
  route.is_raw_body = std::is_same_v<Body, RawBody>;
  route.is_binary_answer = std::is_same_v<BodyOf<Answer>, BinaryBody>;
  route.has_answer = !std::is_same_v<BodyOf<Answer>, NoContent> && !route.is_binary_answer;
  route.run = [handler = std::move(handler)](Context& context) -> product::Outcome<Written> {
    Request<Body, Query> request(context);
    if constexpr (std::is_same_v<Body, RawBody>) {
      request.body = context.raw_body();
    } else if constexpr (!std::is_same_v<Body, NoBody>) {
      auto body = json::parse<Body>(context.http.body);
      if (!body) return refuse_faults(std::move(body.error()));
      request.body = std::move(*body);
    }
    if constexpr (!std::is_same_v<Query, NoQuery>) {
      auto query = json::parse_query<Query>(context.http.query);
      if (!query) return refuse_faults(std::move(query.error()));
      request.query = std::move(*query);
    }
    product::Outcome<Answer> answer = handler(request);
    if (!answer) return std::unexpected(std::move(answer.error()));
    return ReplyTraits<Answer>::write(std::move(*answer));
  };
  if constexpr (!std::is_same_v<Body, NoBody> && !std::is_same_v<Body, RawBody>) {
    route.body_schema = [](json::Schemas& s) { return json::schema_of<Body>(s, json::Schemas::Use::kRequest); };
  }
  if constexpr (!std::is_same_v<BodyOf<Answer>, NoContent> && !std::is_same_v<BodyOf<Answer>, BinaryBody>) {
    route.answer_schema = [](json::Schemas& s) {
      return json::schema_of<BodyOf<Answer>>(s, json::Schemas::Use::kAnswer);
    };
  }
  if constexpr (!std::is_same_v<Query, NoQuery>) route.query = &query_parameters<Query>;
  add_route(std::move(route));
}

}  // namespace parley::api

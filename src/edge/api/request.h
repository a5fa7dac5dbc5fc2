#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "edge/api/caller.h"
#include "edge/api/cursor.h"
#include "json/reader.h"
#include "json/schema.h"
#include "json/writer.h"
#include "net/http_message.h"
#include "product/access/rate_limit.h"
#include "product/ports/store.h"

namespace parley::api {

using product::access::Bucket;

/// In the order of the template: {"channel_id", "0192..."}.
using PathParameters = std::vector<std::pair<std::string, std::string>>;

struct NoBody {};
struct NoQuery {};
struct NoContent {};
/// An answer of bytes that are no JSON; see Written::source.
struct BinaryBody {};
/// A body that is not ours to parse: webhooks of others.
struct RawBody {
  std::string bytes;
  std::string content_type;
};

/// An answer with more than its body.
template <class T>
struct Reply {
  T body;
  int status = 0;  ///< 0: the route's.
  /// Location, Set-Cookie and the like.
  net::HttpHeaders headers;
};

/// An answer, written.
struct Written {
  int status = 0;
  /// With a Cache-Control of its own, the answer is passed on as it is: neither compressed nor tagged.
  net::HttpHeaders headers;
  std::string body;  ///< JSON, or empty.
  /// Instead of `body` when set: as those of net::HttpResponse.
  std::shared_ptr<net::BodySource> source = nullptr;
  uint64_t source_offset = 0;
  uint64_t source_size = 0;
};

/// All that a handler may know and use beside its typed parts. Lives as long as the handler runs.
struct Context {
  const net::HttpRequest& http;
  const PathParameters& parameters;
  Caller caller;
  std::string client_ip;  ///< Of the real client, behind trusted proxies; personal data.
  std::string request_id;
  std::string language;  ///< "tr", "az" or "en", of Accept-Language.
  Now now;
  Timestamp deadline;  ///< For calls to the store.
  product::Store& store;
  Rng& rng;  ///< Thread-safe, fit for secrets.
  const CursorSealer& cursors;
  /// Takes one from a bucket of the caller's; use spend().
  std::function<product::Outcome<void>(Bucket bucket, std::string_view key)> take;

  /// A parameter of the path. One that the route does not have is a mistake of ours.
  std::string_view parameter(std::string_view name) const;
  template <class AnyId>
  AnyId id(std::string_view name) const {
    return AnyId(std::string(parameter(name)));
  }
  /// Counts this request against a further bucket: Bucket::kLogin with the account (which also counts the address),
  /// Bucket::kSends with the channel. kRateLimited when it is empty.
  product::Outcome<void> spend(Bucket bucket, std::string_view key) { return take(bucket, key); }
  /// Value of a cookie; empty when there is none.
  std::string_view cookie(std::string_view name) const;
  RawBody raw_body() const;
};

template <class BodyType = NoBody, class QueryType = NoQuery>
struct Request : Context {
  explicit Request(Context& context) : Context(context) {}
  BodyType body{};
  QueryType query{};
};

/// Value of the first cookie of this name; empty when there is none.
std::string_view cookie_of(const net::HttpHeaders& headers, std::string_view name);
/// `Authorization: Bearer`, or without any Authorization the session cookie; for whom a key acts is not looked at.
Credentials credentials_in(const net::HttpHeaders& headers, std::string_view session_cookie);

/// kInvalidRequest with the places, or kMalformedJson.
std::unexpected<product::Problem> refuse_faults(json::Faults faults);

template <class T>
struct ReplyTraits {
  using Body = T;
  static Written write(T answer) { return {0, {}, json::to_json(answer)}; }
};
template <>
struct ReplyTraits<NoContent> {
  using Body = NoContent;
  static Written write(NoContent /*nothing*/) { return {204, {}, {}}; }
};
/// Bytes with all their headers.
struct Download {
  Written written;
};
template <>
struct ReplyTraits<Download> {
  using Body = BinaryBody;
  static Written write(Download download) { return std::move(download.written); }
};
template <class T>
struct ReplyTraits<Reply<T>> {
  using Body = T;
  static Written write(Reply<T> reply) {
    Written written = ReplyTraits<T>::write(std::move(reply.body));
    if (reply.status != 0) written.status = reply.status;
    written.headers = std::move(reply.headers);
    return written;
  }
};

struct QueryParameter {
  std::string name;
  bool is_required;
  std::string schema;
};
template <class Query>
std::vector<QueryParameter> query_parameters(json::Schemas& schemas) {
  std::vector<QueryParameter> out;
  boost::mp11::mp_for_each<json::Members<Query>>([&](auto member) {
    using Field = std::remove_cvref_t<decltype(std::declval<Query>().*decltype(member)::pointer)>;
    out.push_back({std::string(json::kFieldName<decltype(member)>.text()), !json::kMayBeAbsent<Field>,
                   json::schema_of<Field>(schemas, json::Schemas::Use::kRequest)});
  });
  return out;
}

}  // namespace parley::api

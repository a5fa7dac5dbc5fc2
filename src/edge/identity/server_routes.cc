#include "edge/identity/views.h"
#include "product/identity/administration.h"
#include "product/identity/api_keys.h"
#include "product/identity/profile.h"

namespace parley::api::identity {
namespace {

using product::ApiKeyId;
using product::Tx;
using product::UserId;

struct NewKeyBody {
  json::Text<1, 100> name;
};
BOOST_DESCRIBE_STRUCT(NewKeyBody, (), (name))
struct NewKeyView : rules::ApiKeyView {
  Redacted<std::string> secret;  ///< Shown once.
};
BOOST_DESCRIBE_STRUCT(NewKeyView, (rules::ApiKeyView), (secret))
struct KeyList {
  std::vector<rules::ApiKeyView> items;
};
BOOST_DESCRIBE_STRUCT(KeyList, (), (items))

struct ExternalUserBody {
  std::optional<json::Text<1, 64>> username;
  std::optional<json::Text<1, 254>> email;
  std::optional<json::Text<0, 64>> display_name;
  std::optional<json::Text<0, 2048>> avatar_url;
  std::optional<rules::Locale> locale;
  std::optional<json::Text<0, 64>> time_zone;
};
BOOST_DESCRIBE_STRUCT(ExternalUserBody, (), (username, email, display_name, avatar_url, locale, time_zone))
struct MintBody {
  std::optional<json::Number<60, 86'400>> valid_for_seconds;
};
BOOST_DESCRIBE_STRUCT(MintBody, (), (valid_for_seconds))

struct UserQuery : PageQuery {
  std::optional<json::Text<1, 254>> search;
};
BOOST_DESCRIBE_STRUCT(UserQuery, (PageQuery), (search))

template <class Limited>
std::optional<std::string> text_of(const std::optional<Limited>& text) {
  return text ? std::optional(text->text()) : std::nullopt;
}

Outcome<NewKeyView> create_key(Request<NewKeyBody>& request) {
  return request.store.write(request.deadline, [&](Tx& tx) {
    return map(rules::create_api_key(tx, request.body.name, request.now.wall, request.rng),
               [](const rules::NewApiKey& key) {
                 NewKeyView view;
                 static_cast<rules::ApiKeyView&>(view) = key.view;
                 view.secret = key.secret;
                 return view;
               });
  });
}

Outcome<KeyList> list_keys(Request<>& request) {
  return request.store.read(request.deadline,
                            [&](Tx& tx) -> Outcome<KeyList> { return KeyList{rules::list_api_keys(tx)}; });
}

Outcome<NoContent> revoke_key(Request<>& request) {
  const auto done = request.store.write(request.deadline, [&](Tx& tx) {
    return rules::revoke_api_key(tx, request.id<ApiKeyId>("key_id"), request.now.wall);
  });
  if (!done) return std::unexpected(done.error());
  return NoContent{};
}

Outcome<Reply<OwnUser>> put_external_user(Request<ExternalUserBody>& request) {
  const rules::ExternalUser given{
      .external_id = std::string(request.parameter("external_id")),
      .username = text_of(request.body.username),
      .email = text_of(request.body.email),
      .display_name = text_of(request.body.display_name),
      .avatar_url = text_of(request.body.avatar_url),
      .locale = request.body.locale ? std::optional(std::string(json::enum_name(*request.body.locale))) : std::nullopt,
      .time_zone = text_of(request.body.time_zone)};
  const auto put = request.store.write(
      request.deadline, [&](Tx& tx) { return rules::put_external_user(tx, given, request.now.wall, request.rng); });
  if (!put) return std::unexpected(put.error());
  Reply<OwnUser> reply;
  reply.body = make_own(put->user);
  reply.status = put->made == rules::Made::kCreated ? 201 : 200;
  return reply;
}

Outcome<OwnUser> get_external_user(Request<>& request) {
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<OwnUser> {
    const auto user = rules::find_by_external_id(tx, request.parameter("external_id"));
    if (!user) return product::refuse(ProblemCode::kNotFound);
    return make_own(*user);
  });
}

Outcome<Reply<TokensView>> mint(Request<MintBody>& request, IdentityServices& services) {
  const TimeDelta life = request.body.valid_for_seconds ? TimeDelta::seconds(request.body.valid_for_seconds->value())
                                                        : rules::kDefaultMintLife;
  const auto tokens = request.store.write(request.deadline, [&](Tx& tx) {
    return rules::mint_for_external(tx, request.caller.api_key, request.parameter("external_id"), life,
                                    moment_of(request), request.rng);
  });
  if (!tokens) return std::unexpected(tokens.error());
  return reply_with(*tokens, TokenTransport::kBearer, services.options);
}

Outcome<Page<AdminUser>> search_users(Request<NoBody, UserQuery>& request) {
  const std::string text = text_of(request.query.search).value_or("");
  const std::string listing = "users:" + text;
  const auto after = request.cursors.position(listing, request.query);
  if (!after) return std::unexpected(after.error());
  const rules::UserSearch search{.text = text, .after = *after, .limit = request.query.page_size()};
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<Page<AdminUser>> {
    Page<AdminUser> page;
    for (const rules::UserRow& user : rules::search_users(tx, search)) page.items.push_back(make_admin_view(user));
    if (std::ssize(page.items) == search.limit) page.next = request.cursors.seal(listing, page.items.back().id.text());
    return page;
  });
}

Outcome<AdminUser> set_ability(Request<>& request, rules::Ability ability) {
  return request.store.write(request.deadline, [&](Tx& tx) {
    return map(rules::set_ability(tx, request.caller.user, request.id<UserId>("user_id"), ability, request.now.wall),
               make_admin_view);
  });
}

RouteInfo route(Access access, Method method, std::string path, std::string id, std::string summary) {
  return {.method = method,
          .path = std::move(path),
          .id = std::move(id),
          .summary = std::move(summary),
          .tag = access == Access::kAdmin ? "administration" : "external users",
          .access = access,
          .content_types = {}};
}

void add_key_routes(RouteTable& table) {
  RouteInfo info = route(Access::kAdmin, Method::kPost, "/api/v1/admin/api-keys", "createApiKey",
                         "Makes a server API key; its secret is shown only here.");
  info.status = 201;
  info.problems = {ProblemCode::kLimitReached};
  info.secrecy = Secrecy::kSecret;
  table.add(info, create_key);
  table.add(route(Access::kAdmin, Method::kGet, "/api/v1/admin/api-keys", "listApiKeys", "The server API keys."),
            list_keys);
  table.add(route(Access::kAdmin, Method::kDelete, "/api/v1/admin/api-keys/{key_id}", "revokeApiKey",
                  "Ends an API key and the tokens that it made."),
            revoke_key);
}

void add_external_routes(RouteTable& table, IdentityServices& services) {
  using enum ProblemCode;
  RouteInfo info = route(Access::kApiKey, Method::kPut, "/api/v1/external-users/{external_id}", "putExternalUser",
                         "Makes or updates the user who has this id in your app.");
  info.problems = {kUsernameTaken, kEmailTaken, kConflict};
  info.other_status = {201};
  table.add(info, put_external_user);
  table.add(route(Access::kApiKey, Method::kGet, "/api/v1/external-users/{external_id}", "getExternalUser",
                  "The user who has this id in your app."),
            get_external_user);
  info = route(Access::kApiKey, Method::kPost, "/api/v1/external-users/{external_id}/tokens", "mintUserToken",
               "Makes an access token for a user of your app, for one hour unless said otherwise.");
  info.status = 201;
  info.problems = {kAccountDisabled};
  info.secrecy = Secrecy::kSecret;
  table.add(info, [&](Request<MintBody>& r) { return mint(r, services); });
}

}  // namespace

void add_server_routes(RouteTable& table, IdentityServices& services) {
  add_key_routes(table);
  add_external_routes(table, services);
  table.add(route(Access::kAdmin, Method::kGet, "/api/v1/admin/users", "searchUsers", "The users of this server."),
            search_users);
  RouteInfo info = route(Access::kAdmin, Method::kPost, "/api/v1/admin/users/{user_id}/disable", "disableUser",
                         "Ends a user's sessions and keeps him from signing in.");
  info.problems = {ProblemCode::kConflict};
  table.add(info, [](Request<>& r) { return set_ability(r, rules::Ability::kDisabled); });
  info.path = "/api/v1/admin/users/{user_id}/enable";
  info.id = "enableUser";
  info.summary = "Lets a disabled user sign in again.";
  table.add(info, [](Request<>& r) { return set_ability(r, rules::Ability::kEnabled); });
}

}  // namespace parley::api::identity

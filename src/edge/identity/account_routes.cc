#include "edge/identity/views.h"
#include "product/identity/accounts.h"
#include "product/identity/departure.h"
#include "product/identity/profile.h"

namespace parley::api::identity {
namespace {

using product::Tx;
using product::UserId;

struct PasswordProof {
  std::optional<Redacted<json::Text<1, 256>>> password;  ///< Of users who have one.
};
BOOST_DESCRIBE_STRUCT(PasswordProof, (), (password))
struct ErasureWish : PasswordProof {
  std::optional<rules::ErasedMessages> messages;  ///< Absent: blank.
};
BOOST_DESCRIBE_STRUCT(ErasureWish, (PasswordProof), (messages))
struct BlockedList {
  std::vector<rules::BlockedUser> items;
};
BOOST_DESCRIBE_STRUCT(BlockedList, (), (items))
struct ErasureView {
  WallTime erase_at;
};
BOOST_DESCRIBE_STRUCT(ErasureView, (), (erase_at))

Outcome<NoContent> done_or_problem(const Outcome<void>& done) {
  if (!done) return std::unexpected(done.error());
  return NoContent{};
}

Outcome<OwnUser> get_me(Request<>& request) {
  return request.store.read(request.deadline,
                            [&](Tx& tx) { return map(rules::get_user(tx, request.caller.user), make_own); });
}

Outcome<OwnUser> change_me(Request<rules::ProfileChange>& request) {
  return request.store.write(request.deadline, [&](Tx& tx) {
    return map(rules::change_profile(tx, request.caller.user, request.body, request.now.wall), make_own);
  });
}

Outcome<PublicUser> get_user(Request<>& request) {
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<PublicUser> {
    const auto user = rules::find_user(tx, request.id<UserId>("user_id"));
    if (!user) return product::refuse(ProblemCode::kNotFound);
    return make_public(*user);
  });
}

Outcome<rules::Privacy> get_privacy(Request<>& request) {
  return request.store.read(request.deadline, [&](Tx& tx) {
    return map(rules::get_user(tx, request.caller.user),
               [](const rules::UserRow& user) { return rules::parse_privacy(user.privacy); });
  });
}

Outcome<rules::Privacy> change_privacy(Request<rules::PrivacyChange>& request) {
  return request.store.write(request.deadline, [&](Tx& tx) {
    return rules::change_privacy(tx, request.caller.user, request.body, request.now.wall);
  });
}

Outcome<BlockedList> list_blocked(Request<>& request) {
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<BlockedList> {
    return BlockedList{rules::list_blocked(tx, request.caller.user)};
  });
}

Outcome<NoContent> block(Request<>& request) {
  return done_or_problem(request.store.write(request.deadline, [&](Tx& tx) {
    return rules::block(tx, request.caller.user, request.id<UserId>("user_id"), request.now.wall);
  }));
}

Outcome<NoContent> unblock(Request<>& request) {
  return done_or_problem(request.store.write(request.deadline, [&](Tx& tx) {
    return rules::unblock(tx, request.caller.user, request.id<UserId>("user_id"));
  }));
}

Outcome<ErasureView> request_erasure(Request<ErasureWish>& request, IdentityServices& services) {
  const UserId& user = request.caller.user;
  if (auto may = request.spend(Bucket::kLogin, "password:" + user.text()); !may) return std::unexpected(may.error());
  rules::Kit kit = kit_of(request, services);
  const Redacted<std::string> password(request.body.password ? request.body.password->reveal().text() : "");
  const auto confirmed = rules::confirm_password(kit, user, password, moment_of(request));
  if (!confirmed) return std::unexpected(confirmed.error());
  return request.store.write(request.deadline, [&](Tx& tx) {
    const auto messages = request.body.messages.value_or(rules::ErasedMessages::kBlank);
    return map(rules::request_erasure(tx, user, request.now.wall, messages),
               [](WallTime due) { return ErasureView{due}; });
  });
}

Outcome<NoContent> cancel_erasure(Request<>& request) {
  return done_or_problem(request.store.write(
      request.deadline, [&](Tx& tx) { return rules::cancel_erasure(tx, request.caller.user, request.now.wall); }));
}

RouteInfo route(Method method, std::string path, std::string id, std::string summary,
                std::vector<ProblemCode> problems = {}) {
  return {.method = method,
          .path = std::move(path),
          .id = std::move(id),
          .summary = std::move(summary),
          .tag = "users",
          .problems = std::move(problems),
          .content_types = {}};
}

void add_departure_routes(RouteTable& table, IdentityServices& services) {
  using enum ProblemCode;
  table.add(route(Method::kPost, "/api/v1/users/me/erasure", "requestErasure",
                  "Ends all sessions and erases the account after 14 days.", {kWrongCredentials}),
            [&](Request<ErasureWish>& r) { return request_erasure(r, services); });
  table.add(route(Method::kDelete, "/api/v1/users/me/erasure", "cancelErasure", "Takes an erasure back."),
            cancel_erasure);
}

}  // namespace

void add_account_routes(RouteTable& table, IdentityServices& services) {
  using enum ProblemCode;
  table.add(route(Method::kGet, "/api/v1/users/me", "getMe", "One's own account."), get_me);
  table.add(route(Method::kPatch, "/api/v1/users/me", "changeMe", "Changes one's profile."), change_me);
  table.add(route(Method::kGet, "/api/v1/users/{user_id}", "getUser", "What everybody sees of a user."), get_user);
  table.add(route(Method::kGet, "/api/v1/users/me/privacy", "getPrivacy", "One's privacy switches."), get_privacy);
  table.add(route(Method::kPatch, "/api/v1/users/me/privacy", "changePrivacy", "Changes privacy switches."),
            change_privacy);
  table.add(route(Method::kGet, "/api/v1/users/me/blocks", "listBlocked", "Whom one has blocked."), list_blocked);
  table.add(route(Method::kPut, "/api/v1/users/me/blocks/{user_id}", "blockUser", "Blocks a user.", {kLimitReached}),
            block);
  table.add(route(Method::kDelete, "/api/v1/users/me/blocks/{user_id}", "unblockUser", "Unblocks a user."), unblock);
  add_departure_routes(table, services);
}

}  // namespace parley::api::identity

#include "edge/privacy/routes.h"

#include "product/community/export.h"
#include "product/identity/departure.h"
#include "product/voice/presence.h"

namespace parley::privacy {
namespace {

using product::Outcome;
using product::Tx;

struct UserExport {
  product::identity::IdentityExport account;
  product::community::CommunityExport communities;
  std::vector<product::voice::VoiceState> voice;  ///< Where he is now; where he was is forgotten after a day.
};
BOOST_DESCRIBE_STRUCT(UserExport, (), (account, communities, voice))

Outcome<UserExport> export_me(api::Request<>& request) {
  const product::UserId& user = request.caller.user;
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<UserExport> {
    auto account = product::identity::export_identity(tx, user);
    if (!account) return std::unexpected(account.error());
    return UserExport{std::move(*account), product::community::export_communities(tx, user),
                      product::voice::where_is(tx, user)};
  });
}

}  // namespace

void add_privacy_routes(api::RouteTable& table) {
  table.add({.method = api::Method::kGet,
             .path = "/api/v1/users/me/export",
             .id = "exportMe",
             .summary = "All that this server keeps about oneself.",
             .tag = "users",
             .secrecy = api::Secrecy::kSecret},
            export_me);
}

}  // namespace parley::privacy

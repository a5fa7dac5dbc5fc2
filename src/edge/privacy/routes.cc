#include "edge/privacy/routes.h"

#include "product/chat/departure.h"
#include "product/community/export.h"
#include "product/files/rows.h"
#include "product/identity/departure.h"
#include "product/voice/presence.h"

namespace parley::privacy {
namespace {

using product::Outcome;
using product::Tx;

struct UserExport {
  product::identity::IdentityExport account;
  product::community::CommunityExport communities;
  product::chat::ChatExport chat;                 ///< The newest messages; `next` leads on to the older ones.
  std::vector<product::files::FileView> files;    ///< His own; their bytes are at /api/v1/files/{id}/content.
  std::vector<product::voice::VoiceState> voice;  ///< Where he is now; where he was is forgotten after a day.
};
BOOST_DESCRIBE_STRUCT(UserExport, (), (account, communities, chat, files, voice))

struct ExportQuery {
  std::optional<product::MessageId> before;  ///< `chat.next` of the export before.
};
BOOST_DESCRIBE_STRUCT(ExportQuery, (), (before))

Outcome<UserExport> export_me(api::Request<api::NoBody, ExportQuery>& request) {
  const product::UserId& user = request.caller.user;
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<UserExport> {
    auto account = product::identity::export_identity(tx, user);
    if (!account) return std::unexpected(account.error());
    return UserExport{std::move(*account), product::community::export_communities(tx, user),
                      product::chat::export_chat(tx, user, request.query.before),
                      product::files::export_files(tx, user), product::voice::where_is(tx, user)};
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

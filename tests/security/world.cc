#include "security/world.h"

#include <algorithm>

#include "base/fold.h"
#include "product/chat/conversations.h"
#include "product/chat/messages.h"
#include "product/community/channels.h"
#include "product/community/communities.h"
#include "product/community/invites.h"
#include "product/community/members.h"
#include "product/community/moderation.h"
#include "product/community/overrides.h"
#include "product/community/reports.h"
#include "product/community/roles.h"
#include "product/files/processing.h"
#include "product/identity/administration.h"
#include "product/identity/api_keys.h"
#include "product/identity/sessions.h"
#include "product/webhooks/deliveries.h"

namespace parley::security {
namespace {

using product::Outcome;
using product::Tx;
using product::UserId;
using product::access::Permission;
using product::access::PermissionMask;
using namespace product::community;  // NOLINT(google-build-using-namespace): the world is built with its operations.
namespace identity = product::identity;
namespace chat = product::chat;
namespace files = product::files;

constexpr const char* kPeople[] = {"owner",  "senior",   "junior", "silenced", "member",
                                   "banned", "stranger", "admin",  "disabled"};

/// So many of a test's worlds are in use at once.
constexpr int kWorldsWithKeys = 20;

void replace_all(std::string& text, const std::string& place, const std::string& put) {
  for (size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + put.size()))
    text.replace(at, place.size(), put);
}

std::string enter(Tx& tx, const std::string& user, WallTime when, Rng& rng, std::string* session = nullptr) {
  const auto tokens = identity::start_session(tx, UserId(user), {"", "", "::1"}, when, rng);
  if (session) *session = tokens.session.text();
  return tokens.access.reveal();
}

}  // namespace

std::string Fill::operator()(std::string text) const {
  static int fresh = 0;
  if (text.contains("{fresh}")) replace_all(text, "{fresh}", "f" + std::to_string(++fresh));
  const World& whose = other && taken == "session" ? *other : world;
  const auto session = whose.sessions.find(whose.sessions.contains(who) ? who : "owner");
  replace_all(text, "{session}", session->second);
  for (const auto& [name, value] : world.things)
    replace_all(text, "{" + name + "}", other && name == taken ? other->things.at(name) : value);
  return text;
}

std::string headers_of(const World& world, const std::string& who) {
  if (who == "nobody") return {};
  constexpr std::string_view kFor = "key for ";
  if (!who.starts_with(kFor)) return "Authorization: Bearer " + world.tokens.at(who) + "\r\n";
  const std::string name = who.substr(kFor.size());
  const auto user = world.things.find(name);
  return headers_of(world, "key") + "Parley-User: " + (user == world.things.end() ? name : user->second) + "\r\n";
}

Ask ask_of(const Row& row, const Fill& fill, const std::string& credentials) {
  return {.line = fill(row.line),
          .headers = credentials + row.headers,
          .body = fill(row.body),
          .content_type = row.content_type};
}

World WorldTest::build() {
  ++worlds_;
  World world;
  const auto built = store_->write(soon(), [&](Tx& tx) -> Outcome<void> {
    world = {};
    for (const char* name : kPeople) {
      const std::string username = std::string(name) + std::to_string(worlds_);
      const auto id = product::make_id<UserId>(store::read_wall_clock(), rng_);
      product::execute(tx,
                       "insert into users (id, username, username_fold, is_admin, created_at, updated_at) "
                       "values ($1, $2, $3, $4, $5, $5)",
                       id, username, fold(username), std::string_view(name) == "admin", store::read_wall_clock());
      world.things[name] = id.text();
    }
    // In one unit with what is sent in the background: whatever fails is tried again from the beginning.
    if (auto admitted = admit(tx, world); !admitted) return admitted;
    return furnish(tx, world);
  });
  EXPECT_TRUE(built) << built.error().detail;
  return world;
}

/// Everybody's credentials, the bad ones too.
Outcome<void> WorldTest::admit(Tx& tx, World& world) {
  const WallTime now = store::read_wall_clock();
  for (const char* name : kPeople) world.tokens[name] = enter(tx, world.things[name], now, rng_, &world.sessions[name]);
  const std::string& owner = world.things["owner"];
  world.tokens["expired"] = enter(tx, owner, {now.unix_us - 2 * identity::kAccessLife.us()}, rng_);
  std::string session;
  world.tokens["revoked"] = enter(tx, owner, now, rng_, &session);
  (void)identity::end_session(tx, UserId(owner), product::SessionId(session), identity::SessionEnd::kRevoked, now);
  world.tokens["refresh"] = identity::start_session(tx, UserId(owner), {"", "", "::1"}, now, rng_).refresh.reveal();
  // Beside set_ability(), which would end the session as well.
  product::execute(tx, "update users set is_disabled = $1 where id = $2", true, world.things["disabled"]);
  // There may be a hundred keys and endpoints: those of the first world and of the last ones stay.
  std::string names = "'key 1'";
  for (int world_number = std::max(worlds_ - kWorldsWithKeys, 1); world_number < worlds_; ++world_number)
    names += ", 'key " + std::to_string(world_number) + "'";
  const std::string old = "select id from api_keys where name not in (" + names + ")";
  product::execute(tx, "delete from webhook_endpoints where api_key_id in (" + old + ")");
  product::execute(tx, "delete from api_keys where id in (" + old + ")");
  for (const char* name : {"key", "revoked_key"}) {
    const auto key = identity::create_api_key(tx, std::string(name) + " " + std::to_string(worlds_), now, rng_);
    if (!key) return std::unexpected(key.error());
    world.tokens[name] = key->secret.reveal();
    world.things[name] = key->view.id.text();
  }
  const auto revoked = identity::revoke_api_key(tx, product::ApiKeyId(world.things["revoked_key"]), now);
  if (!revoked) return revoked;
  namespace webhooks = product::webhooks;
  const product::ApiKeyId own(world.things["key"]);
  // Told of nothing that happens here, so that it stands still.
  const auto endpoint = webhooks::create_endpoint(
      tx, own, {.url = "http://127.0.0.1:9/", .description = "", .event_types = {"user.deleted"}},
      webhooks::UrlPolicy::kHttpToo, now, rng_);
  if (!endpoint) return std::unexpected(endpoint.error());
  const auto delivery = webhooks::send_test(tx, own, endpoint->view.id, now, rng_);
  if (!delivery) return std::unexpected(delivery.error());
  world.things["endpoint"] = endpoint->view.id.text();
  world.things["delivery"] = delivery->id.text();
  world.things["external"] = "app-user-" + std::to_string(worlds_);
  const auto external = identity::put_external_user(tx, {.external_id = world.things["external"]}, now, rng_);
  if (!external) return std::unexpected(external.error());
  return {};
}

Outcome<void> WorldTest::furnish(Tx& tx, World& world) {
  const WallTime now = store::read_wall_clock();
  const Acting a(UserId(world.things["owner"]), now, rng_);
  const auto who = [&](const char* name) { return UserId(world.things.at(name)); };
  std::optional<product::Problem> wrong;
  const auto made = [&](auto outcome) {
    if (outcome) return std::move(*outcome);
    wrong = std::move(outcome.error());
    return typename decltype(outcome)::value_type{};
  };
  const product::CommunityId community = made(create_community(tx, a, {.name = Name("c")})).id;
  const auto category = made(create_channel(tx, a, community, {.name = Name("c"), .kind = ChannelKind::kCategory}));
  const auto channel = made(create_channel(tx, a, community, {.name = Name("t"), .parent_id = category.id}));
  const auto voice = made(create_channel(tx, a, community, {.name = Name("v"), .kind = ChannelKind::kVoice}));
  const PermissionMask all = PermissionMask::everything().without(PermissionMask::of(Permission::kAdministrator));
  const auto high = made(create_role(tx, a, community, {.name = Name("high")}));
  const auto low = made(create_role(tx, a, community, {.name = Name("low"), .permissions = json::Mask{all.bits()}}));
  const auto invite = made(create_invite(tx, a, community, {}));
  for (const char* name : {"senior", "junior", "silenced", "member"})
    made(accept_invite(tx, Acting(who(name), now, rng_), invite.code));
  assign_role(tx, a, community, who("senior"), high.id);
  for (const char* name : {"junior", "silenced"}) assign_role(tx, a, community, who(name), low.id);
  for (const OverrideTarget& target : {OverrideTarget(high.id), OverrideTarget(who("senior"))})
    set_override(tx, a, channel.id, target, {.deny = {}, .allow = {PermissionMask::of(Permission::kSend).bits()}});
  time_out(tx, a, community, who("silenced"), TimeDelta::seconds(3600));
  ban_user(tx, a, community, who("banned"), {});
  const auto report = made(
      create_report(tx, a, community,
                    {.target_id = json::Text<1, 128>(world.things["senior"]), .reason = json::Block<1, 1000>("r")}));
  const files::Uploading owner{.user = a.user, .now = now, .rng = rng_};
  const auto upload = made(files::begin_upload(tx, owner, {.name = files::FileName("u"), .size = 10}, {}));
  const auto file = made(files::begin_upload(tx, owner, {.name = files::FileName("f")}, {}));
  const auto job = files::claim_next(tx, now);
  files::Content content{.id = product::make_id<files::ContentId>(now, rng_), .sha256 = file.id.text()};
  content.forms = {{.role = files::FormRole::kOriginal, .blob_key = "files/" + file.id.text(), .content_type = "a/b"}};
  if (!job || !files::finish_new(tx, *job, content, now)) return product::refuse(product::ProblemCode::kInternal);
  chat::NewMessage saying{.text = chat::Body("text")};
  saying.attachments = json::List<product::FileId, chat::kMaxFiles>{file.id};
  const auto message = made(chat::send_message(tx, a, product::ConversationId(channel.id.text()), saying));
  chat::NewGroup people;
  people.user_ids = {who("senior"), who("junior"), who("silenced"), who("member")};
  const auto group = made(chat::create_group(tx, a, people));
  if (wrong) return std::unexpected(std::move(*wrong));
  world.things.insert({{"community", community.text()},
                       {"message", message.message.id.text()},
                       {"file", file.id.text()},
                       {"upload", upload.id.text()},
                       {"emoji", "%F0%9F%91%8D"},
                       {"group", group.id.text()},
                       {"category", category.id.text()},
                       {"channel", channel.id.text()},
                       {"voice", voice.id.text()},
                       {"high", high.id.text()},
                       {"invite", invite.id.text()},
                       {"code", invite.code},
                       {"report", report.id.text()}});
  return {};
}

}  // namespace parley::security

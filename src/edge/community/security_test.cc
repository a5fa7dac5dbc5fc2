// Every route, tried by everyone who should not get through, and by those who should.
#include <algorithm>
#include <set>

#include "edge/community/test_community_api.h"
#include "product/community/reports.h"

namespace parley::community_api {
namespace {

using product::Outcome;
using product::Tx;
using product::UserId;
using product::access::PermissionMask;
using namespace product::community;  // NOLINT(google-build-using-namespace): the world is built with its operations.

/// What a route asks of its caller.
enum class Needs : unsigned char {
  kNothing,     ///< Anyone, signed in or not.
  kUser,        ///< Any user.
  kMembership,  ///< Also of one who is timed out.
  kDefault,     ///< A permission that every member has.
  kRight,       ///< A permission that a plain member has not.
  kOwner,
};

struct Row {
  const char* id;
  const char* line;  ///< With names of things of the world in braces.
  Needs needs = Needs::kRight;
  bool is_ranked = false;  ///< What it acts on ranks above the one who has every permission but a low rank.
  const char* body = "";
  std::string_view owner_code = {};       ///< What refuses even the owner.
  std::string_view foreign_is_fine = {};  ///< A thing that may be of elsewhere.
};

constexpr auto kRows = std::to_array<Row>({
    {"createCommunity", "POST /api/v1/communities", Needs::kUser, false, R"({"name":"n"})"},
    {"listCommunities", "GET /api/v1/communities", Needs::kUser},
    {"getCommunity", "GET /api/v1/communities/{community}", Needs::kMembership},
    {"updateCommunity", "PATCH /api/v1/communities/{community}", Needs::kRight, false, R"({"name":"n"})"},
    {"deleteCommunity", "DELETE /api/v1/communities/{community}", Needs::kOwner},
    {"transferCommunity", "POST /api/v1/communities/{community}/transfer", Needs::kOwner, false,
     R"({"userId":"{senior}"})"},
    {"lockCommunity", "PUT /api/v1/communities/{community}/lockdown", Needs::kRight, false, R"({"isLockedDown":true})"},
    {"createChannel", "POST /api/v1/communities/{community}/channels", Needs::kRight, false,
     R"({"name":"n","kind":"text","parentId":"{category}"})"},
    {"listChannels", "GET /api/v1/communities/{community}/channels", Needs::kMembership},
    {"reorderChannels", "PUT /api/v1/communities/{community}/channels/order", Needs::kRight, false,
     R"({"channels":[{"id":"{channel}"},{"id":"{voice}","parentId":"{category}"}]})"},
    {"getChannel", "GET /api/v1/channels/{channel}", Needs::kMembership},
    {"updateChannel", "PATCH /api/v1/channels/{channel}", Needs::kRight, false, R"({"name":"n"})"},
    {"deleteChannel", "DELETE /api/v1/channels/{channel}"},
    {"lockChannel", "PUT /api/v1/channels/{channel}/lockdown", Needs::kRight, false, R"({"isLockedDown":true})"},
    {"explainPermission",
     "GET /api/v1/channels/{channel}/permissions/explain?permission=send&user={senior}",
     Needs::kRight,
     false,
     "",
     {},
     "senior"},
    {"listOverrides", "GET /api/v1/channels/{channel}/overrides", Needs::kMembership},
    {"setRoleOverride", "PUT /api/v1/channels/{channel}/overrides/roles/{high}", Needs::kRight, true,
     R"({"deny":"2","allow":"0"})"},
    {"removeRoleOverride", "DELETE /api/v1/channels/{channel}/overrides/roles/{high}", Needs::kRight, true},
    {"setMemberOverride", "PUT /api/v1/channels/{channel}/overrides/members/{senior}", Needs::kRight, true,
     R"({"deny":"2","allow":"0"})"},
    {"removeMemberOverride", "DELETE /api/v1/channels/{channel}/overrides/members/{senior}", Needs::kRight, true},
    {"syncChannel", "POST /api/v1/channels/{channel}/sync", Needs::kRight, true},
    {"listRoles", "GET /api/v1/communities/{community}/roles", Needs::kMembership},
    {"createRole", "POST /api/v1/communities/{community}/roles", Needs::kRight, false, R"({"name":"n"})"},
    {"reorderRoles", "PUT /api/v1/communities/{community}/roles/order", Needs::kRight, true, R"({"roles":["{high}"]})"},
    {"updateRole", "PATCH /api/v1/communities/{community}/roles/{high}", Needs::kRight, true, R"({"name":"n"})"},
    {"deleteRole", "DELETE /api/v1/communities/{community}/roles/{high}", Needs::kRight, true},
    {"assignRole", "PUT /api/v1/communities/{community}/members/{member}/roles/{high}", Needs::kRight, true},
    {"removeRole", "DELETE /api/v1/communities/{community}/members/{senior}/roles/{high}", Needs::kRight, true},
    {"listMembers", "GET /api/v1/communities/{community}/members?search=s", Needs::kMembership},
    {"getMember", "GET /api/v1/communities/{community}/members/{senior}", Needs::kMembership},
    {"updateMember", "PATCH /api/v1/communities/{community}/members/{senior}", Needs::kRight, true,
     R"({"nickname":"n"})"},
    {"leaveCommunity", "DELETE /api/v1/communities/{community}/membership", Needs::kMembership, false, "", "conflict"},
    {"kickMember", "DELETE /api/v1/communities/{community}/members/{senior}", Needs::kRight, true},
    {"timeOutMember", "PUT /api/v1/communities/{community}/members/{senior}/timeout", Needs::kRight, true,
     R"({"seconds":60})"},
    {"endTimeout", "DELETE /api/v1/communities/{community}/members/{silenced}/timeout", Needs::kRight, true},
    {"restrictVoice", "PATCH /api/v1/communities/{community}/members/{senior}/voice", Needs::kRight, true,
     R"({"serverMuted":true,"serverDeafened":true})"},
    {"moveMember", "POST /api/v1/communities/{community}/members/{senior}/move", Needs::kRight, true,
     R"({"channelId":"{voice}"})"},
    {"disconnectMember", "POST /api/v1/communities/{community}/members/{senior}/disconnect", Needs::kRight, true},
    {"listBans", "GET /api/v1/communities/{community}/bans"},
    {"banUser", "PUT /api/v1/communities/{community}/bans/{senior}", Needs::kRight, true, "{}", {}, "senior"},
    {"unbanUser", "DELETE /api/v1/communities/{community}/bans/{banned}"},
    {"createInvite", "POST /api/v1/communities/{community}/invites", Needs::kDefault, false,
     R"({"channelId":"{channel}"})"},
    {"listInvites", "GET /api/v1/communities/{community}/invites"},
    {"revokeInvite", "DELETE /api/v1/communities/{community}/invites/{invite}"},
    {"previewInvite", "GET /api/v1/invites/{code}", Needs::kNothing, false, "", {}, "code"},
    {"acceptInvite", "POST /api/v1/invites/{code}/accept", Needs::kUser, false, "", {}, "code"},
    {"listAuditLog", "GET /api/v1/communities/{community}/audit-log"},
    {"createReport", "POST /api/v1/communities/{community}/reports", Needs::kMembership, false,
     R"({"targetKind":"user","targetId":"{senior}","reason":"r"})"},
    {"listReports", "GET /api/v1/communities/{community}/reports?state=open"},
    {"resolveReport", "PATCH /api/v1/communities/{community}/reports/{report}", Needs::kRight, false,
     R"({"state":"resolved"})"},
});

/// Ids of things and people of one community by name. The id of a user is his token, too.
using World = std::map<std::string, std::string>;

/// `text` with the names in braces replaced by what they stand for; one of them taken from another world.
std::string fill(std::string text, const World& world, const World* other = nullptr, const std::string& taken = {}) {
  for (const auto& [name, value] : world) {
    const std::string place = "{" + name + "}";
    const std::string& put = other && name == taken ? other->at(name) : value;
    for (size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + put.size()))
      text.replace(at, place.size(), put);
  }
  return text;
}

class CommunitySecurityTest : public CommunityApiTest {
 protected:
  /// A community with all that a route could be about, and one of each kind of people.
  World build() {
    ++worlds_;
    std::map<std::string, UserId> who;
    for (const char* name : {"owner", "senior", "junior", "silenced", "member", "banned", "stranger"})
      who[name] = user(std::string(name) + "@" + std::to_string(worlds_));
    for (const auto& [name, id] : who) tokens_.add(id.text(), id);
    World world;
    const auto built = act(who["owner"], [&](Tx& tx, const Acting& a) -> Outcome<void> {
      world.clear();
      for (const auto& [name, id] : who) world[name] = id.text();
      return furnish(tx, a, world);
    });
    EXPECT_TRUE(built) << built.error().detail;
    return world;
  }

  static Outcome<void> furnish(Tx& tx, const Acting& a, World& world) {
    const product::CommunityId community = create_community(tx, a, {.name = Name("c")})->id;
    const auto category = create_channel(tx, a, community, {.name = Name("c"), .kind = ChannelKind::kCategory});
    const auto channel = create_channel(tx, a, community, {.name = Name("t"), .parent_id = category->id});
    const auto voice = create_channel(tx, a, community, {.name = Name("v"), .kind = ChannelKind::kVoice});
    const PermissionMask all = PermissionMask::everything().without(PermissionMask::of(Permission::kAdministrator));
    const auto high = create_role(tx, a, community, {.name = Name("high")});
    const auto low = create_role(tx, a, community, {.name = Name("low"), .permissions = json::Mask{all.bits()}});
    const auto invite = create_invite(tx, a, community, {});
    for (const char* name : {"senior", "junior", "silenced", "member"}) {
      const auto joined = accept_invite(tx, Acting(UserId(world[name]), a.now, a.rng), invite->code);
      if (!joined) return std::unexpected(joined.error());
    }
    assign_role(tx, a, community, UserId(world["senior"]), high->id);
    for (const char* name : {"junior", "silenced"}) assign_role(tx, a, community, UserId(world[name]), low->id);
    for (const OverrideTarget& target : {OverrideTarget(high->id), OverrideTarget(UserId(world["senior"]))})
      set_override(tx, a, channel->id, target, {.deny = {}, .allow = {PermissionMask::of(Permission::kSend).bits()}});
    time_out(tx, a, community, UserId(world["silenced"]), TimeDelta::seconds(3600));
    ban_user(tx, a, community, UserId(world["banned"]), {});
    const auto report = create_report(
        tx, a, community, {.target_id = json::Text<1, 128>(world["senior"]), .reason = json::Block<1, 1000>("r")});
    world.insert({{"community", community.text()},
                  {"category", category->id.text()},
                  {"channel", channel->id.text()},
                  {"voice", voice->id.text()},
                  {"high", high->id.text()},
                  {"invite", invite->id.text()},
                  {"code", invite->code},
                  {"report", report->id.text()}});
    return {};
  }

  /// All that any change leaves behind.
  int64_t traces() { return count("outbox") + count("audit_log"); }

  /// "" for success, else the problem's code.
  static std::string result(const api::TestAnswer& answer) {
    if (answer.status >= 200 && answer.status < 300) return {};
    return answer.code();
  }
  std::string try_as(const std::string& token, const Row& row, const World& world) {
    return result(call(token, fill(row.line, world), fill(row.body, world)));
  }

  /// Refused with this code, and without a trace.
  void expect_refused(const Row& row, const World& world, const std::string& token, std::string_view code) {
    const int64_t before = traces();
    EXPECT_EQ(try_as(token, row, world), code) << row.id << " as " << token;
    EXPECT_EQ(traces(), before) << row.id << " as " << token;
  }
  /// In a world of its own.
  void expect_result(const Row& row, const char* name, std::string_view code) {
    const World world = build();
    if (!code.empty()) return expect_refused(row, world, world.at(name), code);
    EXPECT_EQ(try_as(world.at(name), row, world), "") << row.id << " as " << name;
  }

  int worlds_ = 0;
};

TEST_P(CommunitySecurityTest, TheTableHasEveryRouteAndNoOther) {
  api::RouteTable table;
  add_community_routes(table);
  std::set<std::string> routes;
  for (const auto& route : table.routes()) {
    routes.insert(route->info.id);
    const auto row = std::ranges::find(kRows, route->info.id, &Row::id);
    ASSERT_NE(row, kRows.end()) << route->info.id << " is not in the table";
    EXPECT_EQ(route->info.access == api::Access::kAnyone, row->needs == Needs::kNothing) << row->id;
    EXPECT_EQ(route->has_body, *row->body != '\0') << row->id;
    const std::string line(row->line);
    const size_t space = line.find(' ');
    const std::string path = line.substr(space + 1, line.find('?') - space - 1);
    const auto match = table.find(line.substr(0, space), path);
    EXPECT_EQ(match.route, route.get()) << row->id;
  }
  EXPECT_EQ(routes.size(), kRows.size());
}

TEST_P(CommunitySecurityTest, NobodyGetsInWithoutAGoodToken) {
  const World world = build();
  for (const Row& row : kRows) {
    if (row.needs == Needs::kNothing) continue;
    expect_refused(row, world, "", "unauthenticated");
    expect_refused(row, world, "old", "token_expired");
    expect_refused(row, world, "forged", "token_invalid");
  }
}

TEST_P(CommunitySecurityTest, ForStrangersTheBannedAndMembersOfOthersNothingIsThere) {
  const World elsewhere = build();
  const World world = build();
  for (const Row& row : kRows) {
    if (row.needs <= Needs::kUser) continue;
    for (const std::string& who : {world.at("stranger"), world.at("banned"), elsewhere.at("owner")})
      expect_refused(row, world, who, "not_found");
  }
}

TEST_P(CommunitySecurityTest, ABannedUserDoesNotComeBackByAnInvite) {
  const World world = build();
  const std::string accept = fill("POST /api/v1/invites/{code}/accept", world);
  EXPECT_EQ(result(call(world.at("banned"), accept)), "banned");
  EXPECT_EQ(result(call(world.at("stranger"), accept)), "");
}

TEST_P(CommunitySecurityTest, APlainMemberDoesWhatNeedsNoSpecialRight) {
  for (const Row& row : kRows) expect_result(row, "member", row.needs >= Needs::kRight ? "forbidden" : "");
}

TEST_P(CommunitySecurityTest, OneWhoIsTimedOutIsRefusedWhatTakesAnyRight) {
  for (const Row& row : kRows) {
    const bool takes_right = row.needs == Needs::kRight || row.needs == Needs::kDefault;
    expect_result(row, "silenced", takes_right ? "timed_out" : row.needs == Needs::kOwner ? "forbidden" : "");
  }
}

TEST_P(CommunitySecurityTest, OneOfALowerRoleActsOnNothingAboveHimWhateverHisRights) {
  for (const Row& row : kRows)
    expect_result(row, "junior", row.is_ranked ? "hierarchy" : row.needs == Needs::kOwner ? "forbidden" : "");
}

TEST_P(CommunitySecurityTest, TheOwnerGetsThroughEverywhere) {
  for (const Row& row : kRows) expect_result(row, "owner", row.owner_code);
}

TEST_P(CommunitySecurityTest, ThingsOfOtherCommunitiesAreNotFoundInThisOne) {
  const World elsewhere = build();
  const World world = build();
  int tried = 0;
  for (const Row& row : kRows) {
    for (const auto& [name, value] : world) {
      const std::string place = "{" + name + "}";
      const bool is_used = std::string_view(row.line).contains(place) || std::string_view(row.body).contains(place);
      if (!is_used || row.foreign_is_fine == name) continue;
      const int64_t before = traces();
      const auto answer =
          call(world.at("owner"), fill(row.line, world, &elsewhere, name), fill(row.body, world, &elsewhere, name));
      EXPECT_EQ(result(answer), "not_found") << row.id << " with a foreign " << name;
      EXPECT_EQ(traces(), before) << row.id << " with a foreign " << name;
      ++tried;
    }
  }
  EXPECT_GT(tried, 60);
}

TEST_P(CommunitySecurityTest, FieldsThatAreNotOffersAreRefusedInEveryBody) {
  const World world = build();
  for (const Row& row : kRows) {
    std::string body = fill(row.body, world);
    if (body.empty()) continue;
    for (const char* field : {"ownerId", "id", "communityId", "uses", "position", "isEveryone", "createdAt"}) {
      std::string more = body;
      more.insert(1, "\"" + std::string(field) + (body == "{}" ? "\":\"x\"" : "\":\"x\","));
      const int64_t before = traces();
      EXPECT_EQ(result(call(world.at("owner"), fill(row.line, world), more)), "invalid_request") << row.id << field;
      EXPECT_EQ(traces(), before) << row.id;
    }
  }
}

PARLEY_ON_BOTH_DATABASES(CommunitySecurityTest);

}  // namespace
}  // namespace parley::community_api

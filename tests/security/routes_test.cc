// Every route of the product, tried by everybody, and with ids that are somebody else's or nobody's.
#include <algorithm>
#include <map>
#include <set>

#include "base/base64.h"
#include "media/livekit/token.h"
#include "security/route_rows.h"
#include "security/world.h"

namespace parley::security {
namespace {

/// Rows that share a world without spending anybody's bucket of writes.
constexpr size_t kRowsPerWorld = 20;

class RouteSecurityTest : public WorldTest {
 protected:
  /// Those of headers_of(), and what is forged.
  static std::string headers(const World& world, const std::string& who) {
    const auto bearer = [](const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; };
    std::string token = world.tokens.at("owner");
    if (who == "altered") {
      token.back() = token.back() == 'A' ? 'B' : 'A';
      return bearer(token);
    }
    if (who == "made up") return bearer("pa_" + std::string(43, 'x'));
    if (who == "made up key") return bearer("pk_" + std::string(43, 'x'));
    if (who == "user for another") return bearer(token) + "Parley-User: " + world.things.at("senior") + "\r\n";
    if (who.starts_with("room ticket")) return bearer(room_ticket(world, who));
    return headers_of(world, who);
  }
  /// Signed by what LiveKit's tokens are signed with: good in a room, and nowhere else.
  static std::string room_ticket(const World& world, const std::string& which) {
    livekit::Claims claims;
    claims.identity = world.things.at("owner");
    claims.video = livekit::VideoGrant{.room_join = true, .room_admin = true, .room = "r"};
    const bool is_of_another = which.ends_with("of another key");
    const livekit::ApiKey key{std::string(kRoomKey),
                              Redacted(is_of_another ? std::string(40, 'x') : std::string(kRoomSecret))};
    const std::string token = livekit::make_token(claims, key, store::read_wall_clock(), TimeDelta::seconds(3600));
    const size_t first = token.find('.');
    const size_t second = token.find('.', first + 1);
    if (which.ends_with("altered claims")) {
      return token.substr(0, first + 1) + base64url(R"({"sub":")" + world.things.at("admin") + R"(","iss":"rooms"})") +
             token.substr(second);
    }
    if (which.ends_with("without a signature"))
      return base64url(R"({"alg":"none","typ":"JWT"})") + token.substr(first, second - first) + ".";
    return token;
  }
  static std::string base64url(const std::string& text) { return base64url_encode(as_bytes(text)); }

  /// How many of the path's segments there are, and those that are no parameters.
  static std::string shape(std::string path) {
    for (size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1))
      path.erase(at + 1, path.find('}', at) - at - 1);
    return path;
  }

  /// The row's line with `id` for the parameter that begins at `at` of the template.
  static std::string with_id(const Row& row, std::string_view path, size_t at, const std::string& id) {
    const auto index = std::ranges::count(path.substr(0, at), '/');
    std::string line(row.line);
    size_t begin = line.find('/');
    for (std::ptrdiff_t i = 1; i < index; ++i) begin = line.find('/', begin + 1);
    const size_t end = std::min(line.find_first_of("/?", begin + 1), line.size());
    return line.replace(begin + 1, end - begin - 1, id);
  }

  void expect_refused(const Row& row, const std::string& who, std::string_view code, const Ask& ask) {
    const int64_t before = traces();
    const auto answer = call(ask);
    EXPECT_EQ(result(answer), code) << row.id << " as " << who << ": " << ask.line << " " << answer.body;
    EXPECT_EQ(traces(), before) << row.id << " as " << who << " left something behind";
  }
  /// What is refused, or only reads, leaves `shared` as it is; the rest happens in a world of its own.
  void expect_code(const Row& row, const GoodActor& actor, const World& elsewhere, const World& shared) {
    const std::string name(actor.name);
    const bool is_of_another = name == "owner of another";
    const std::string_view code = expected_code(row, actor);
    const bool changes = code.empty() && row.method() != "GET";
    const World own = changes ? build() : World();
    const World& world = changes ? own : shared;
    const World one_more = changes && is_of_another ? build() : World();
    const World& there = changes && is_of_another ? one_more : elsewhere;
    const std::string who = name.starts_with("key for ") ? name.substr(8) : name;
    // The sessions of elsewhere's owner are there, too.
    const Fill fill = is_of_another ? Fill{world, "owner", &there, "session"} : Fill{.world = world, .who = who};
    const std::string as = is_of_another ? headers(there, "owner") : headers(world, name);
    const Ask ask = ask_of(row, fill, as);
    if (!code.empty()) return expect_refused(row, name, code, ask);
    const auto answer = call(ask);
    EXPECT_EQ(result(answer), "") << row.id << " as " << name << ": " << ask.line << " " << answer.body;
  }
};

TEST_P(RouteSecurityTest, TheTableHasEveryRouteOfTheProductAndNoOther) {
  std::map<std::string, Operation> offered;
  for (Operation& operation : operations()) offered.emplace(operation.id, std::move(operation));
  std::set<std::string> known;
  for (const Row& row : route_rows()) {
    EXPECT_TRUE(known.insert(row.id).second) << row.id << " is in the table twice";
    const auto operation = offered.find(row.id);
    if (operation == offered.end()) {
      ADD_FAILURE() << row.id << " is in the table and not in the product";
      continue;
    }
    EXPECT_EQ(row.method(), operation->second.method) << row.id;
    EXPECT_EQ(shape(row.path()), shape(operation->second.path)) << row.id;
    EXPECT_EQ(operation->second.description.contains("requestBody"), *row.body != '\0') << row.id;
    const auto& security = operation->second.description.at("security").as_array();
    EXPECT_EQ(security.front().as_object().empty(), row.needs == Needs::kNothing) << row.id;
  }
  for (const auto& [id, operation] : offered) EXPECT_TRUE(known.contains(id)) << id << " is not in route_rows.cc";
}

TEST_P(RouteSecurityTest, BadCredentialsOpenNothing) {
  World world;
  size_t count = 0;
  for (const Row& row : route_rows()) {
    if (count++ % kRowsPerWorld == 0) world = build();
    for (const BadActor& actor : bad_actors()) {
      const Fill fill{.world = world};
      const std::string name(actor.name);
      const std::string_view code = expected_code(row, actor);
      const Ask ask = ask_of(row, fill, headers(world, name));
      if (!code.empty()) {
        expect_refused(row, name, code, ask);
      } else {
        EXPECT_EQ(result(call(ask)), "") << row.id << " as " << name;
      }
    }
  }
}

TEST_P(RouteSecurityTest, EverybodyDoesWhatHisStandingAllowsAndNothingElse) {
  World elsewhere;
  size_t count = 0;
  for (const Row& row : route_rows()) {
    if (count++ % kRowsPerWorld == 0) elsewhere = build();
    const World shared = build();
    for (const GoodActor& actor : good_actors()) expect_code(row, actor, elsewhere, shared);
  }
}

TEST_P(RouteSecurityTest, ThingsOfElsewhereAreNotFoundHere) {
  const World elsewhere = build();
  int tried = 0;
  for (const Row& row : route_rows()) {
    // Administrators see all there is.
    if (row.needs == Needs::kNothing || row.needs == Needs::kAdmin) continue;
    const std::string who = best_caller(row);
    const World world = build();
    std::vector<std::string> names{"session"};
    for (const auto& [name, id] : world.things) names.push_back(name);
    for (const std::string& name : names) {
      const std::string place = "{" + name + "}";
      const bool is_used = std::string_view(row.line).contains(place) || std::string_view(row.body).contains(place);
      if (!is_used || row.foreign == name) continue;
      const Fill fill{.world = world, .other = &elsewhere, .taken = name};
      expect_refused(row, who + ", with a foreign " + name, "not_found", ask_of(row, fill, headers(world, who)));
      ++tried;
    }
  }
  EXPECT_GT(tried, 60);
}

/// What could be put in an id's place.
std::vector<std::string> strange_ids() {
  return {"0198c0de-0000-7000-8000-000000000000",
          "0",
          "-1",
          "null",
          "me%2F..%2F..",
          "%2e%2e",
          "%00",
          "%FF%FE",
          "'%20or%20'1'='1",
          "%3Cscript%3E",
          std::string(129, 'a'),
          std::string(2000, 'a')};
}

TEST_P(RouteSecurityTest, IdsThatNameNothingFindNothing) {
  int tried = 0;
  for (Operation& operation : operations()) {
    const auto row = std::ranges::find(route_rows(), operation.id, &Row::id);
    ASSERT_NE(row, route_rows().end()) << operation.id;
    for (size_t at = operation.path.find('{'); at != std::string::npos; at = operation.path.find('{', at + 1)) {
      const std::string name = operation.path.substr(at + 1, operation.path.find('}', at) - at - 1);
      if (row->unknown == name) continue;
      const World world = build();
      const std::string as = row->needs == Needs::kNothing ? "owner" : best_caller(*row);
      for (const std::string& id : strange_ids()) {
        const Fill fill{.world = world};
        Ask ask = ask_of(*row, fill, headers(world, as));
        ask.line = fill(with_id(*row, operation.path, at, id));
        const auto answer = call(ask);
        const std::string code = result(answer);
        const bool is_refused = code == "not_found" || code == "invalid_request" || code == "invite_invalid" ||
                                (id == "%00" && code == "bad_request");
        EXPECT_TRUE(is_refused) << row->id << " with " << name << " = " << id << ": " << code << " " << answer.head;
        ++tried;
      }
    }
  }
  EXPECT_GT(tried, 600);
}

PARLEY_ON_BOTH_DATABASES(RouteSecurityTest);

}  // namespace
}  // namespace parley::security

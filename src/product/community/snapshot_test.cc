// Random actions of random users: what the events say is what happened, and nobody's rights change unsaid.
#include "product/community/snapshot.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "json/reader.h"
#include "product/community/audit.h"
#include "product/community/events.h"
#include "product/community/reports.h"
#include "product/community/test_community.h"

namespace parley::product::community {
namespace {

/// Lets a unit of work through and keeps its events.
class RecordingTx : public Tx {
 public:
  explicit RecordingTx(Tx& tx) : tx_(tx) {}
  SqlRows run(std::string_view sql, std::span<const SqlValue> arguments) override { return tx_.run(sql, arguments); }
  void emit(OutboxEvent event) override {
    events.push_back(event);
    tx_.emit(std::move(event));
  }
  bool is_broken() const override { return tx_.is_broken(); }
  std::vector<OutboxEvent> events;

 private:
  Tx& tx_;
};

using Action = std::function<Outcome<void>(Tx&, const Acting&)>;
using Masks = std::map<std::pair<ChannelId, UserId>, PermissionMask>;

template <class T>
Outcome<void> drop(const Outcome<T>& outcome) {
  if (!outcome) return std::unexpected(outcome.error());
  return {};
}

/// Random arguments for all of the operations, of things that exist, that are gone or that never were.
class Chaos {
 public:
  Chaos(Rng& rng, std::vector<UserId> users, CommunityId community)
      : rng_(rng), users_(std::move(users)), community_(std::move(community)) {}

  void look(const CommunitySnapshot& now) {
    roles_.assign(1, RoleId("nothing"));
    channels_.assign(1, ChannelId("nothing"));
    for (const auto& [id, role] : now.roles) roles_.emplace_back(id);
    categories_ = channels_;
    for (const auto& [id, held] : now.channels) {
      channels_.emplace_back(id);
      if (held.channel.kind == ChannelKind::kCategory) categories_.emplace_back(id);
    }
  }

  const UserId& user() { return pick(users_); }
  Action action() {
    using Make = Action (Chaos::*)();
    static constexpr Make kMakes[] = {
        &Chaos::structure, &Chaos::structure,  &Chaos::override_one, &Chaos::override_one, &Chaos::roles,
        &Chaos::roles,     &Chaos::membership, &Chaos::membership,   &Chaos::moderation,   &Chaos::community,
    };
    return (this->*kMakes[rng_.below(std::size(kMakes))])();
  }

 private:
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[rng_.below(from.size())];
  }
  bool coin() { return rng_.below(2) == 0; }
  json::Mask mask() {
    // Bits that most hold, so that much of it succeeds; administrators rarely, because they hide the rest.
    const uint64_t bits = rng_.next_u64() & rng_.next_u64() & PermissionMask::everything().bits();
    return {rng_.below(12) == 0 ? bits : bits & ~PermissionMask::of(Permission::kAdministrator).bits()};
  }
  std::optional<ChannelId> maybe_channel() { return coin() ? std::optional(pick(channels_)) : std::nullopt; }

  Action create_structure() {
    NewChannel wanted{.name = Name("c"), .kind = static_cast<ChannelKind>(rng_.below(3)), .parent_id = {}};
    if (wanted.kind != ChannelKind::kCategory || rng_.below(10) == 0) wanted.parent_id = pick(categories_);
    if (rng_.below(5) == 0) wanted.parent_id = maybe_channel();
    return [=, this](Tx& tx, const Acting& a) { return drop(create_channel(tx, a, community_, wanted)); };
  }
  Action structure() {
    const ChannelId channel = pick(channels_);
    switch (rng_.below(10)) {
      case 0:
        return [=](Tx& tx, const Acting& a) { return delete_channel(tx, a, channel); };
      case 1:
        return [=](Tx& tx, const Acting& a) { return drop(sync_channel(tx, a, channel)); };
      case 2:
        return [=, lock = coin()](Tx& tx, const Acting& a) { return drop(lock_channel(tx, a, channel, lock)); };
      case 3:
        return [=](Tx& tx, const Acting& a) { return drop(update_channel(tx, a, channel, {.topic = Topic("a\nb")})); };
      case 4:
      case 5:
      case 6:
        return move_channels();
      default:
        return create_structure();
    }
  }
  Action move_channels() {
    ChannelOrder order;
    for (uint64_t i = rng_.below(3) + 1; i > 0; --i) {
      ChannelPlace place{.id = pick(channels_), .parent_id = {}};
      if (coin()) place.parent_id = json::Patch<ChannelId>(pick(coin() ? categories_ : channels_));
      if (rng_.below(4) == 0) place.parent_id = json::Patch<ChannelId>::null();
      order.channels.push_back(std::move(place));
    }
    return [=, this](Tx& tx, const Acting& a) { return drop(reorder_channels(tx, a, community_, order)); };
  }
  Action override_one() {
    const ChannelId channel = pick(channels_);
    const OverrideTarget target = coin() ? OverrideTarget(pick(roles_)) : OverrideTarget(user());
    if (rng_.below(3) == 0) return [=](Tx& tx, const Acting& a) { return remove_override(tx, a, channel, target); };
    OverrideChange change{.deny = mask(), .allow = mask()};
    change.allow.bits &= ~change.deny.bits;
    return [=](Tx& tx, const Acting& a) { return drop(set_override(tx, a, channel, target, change)); };
  }
  Action roles() {
    const RoleId role = pick(roles_);
    const UserId whom = user();
    switch (rng_.below(9)) {
      case 0:
        return [=, this, bits = mask()](Tx& tx, const Acting& a) {
          return drop(create_role(tx, a, community_, {.name = Name("r"), .permissions = bits}));
        };
      case 1:
        return [=, this, bits = mask()](Tx& tx, const Acting& a) {
          return drop(update_role(tx, a, community_, role, {.permissions = bits}));
        };
      case 2: {
        RoleOrder order;
        order.roles = {pick(roles_), pick(roles_)};
        return [=, this](Tx& tx, const Acting& a) { return drop(reorder_roles(tx, a, community_, order)); };
      }
      case 3:
        return [=, this](Tx& tx, const Acting& a) { return delete_role(tx, a, community_, role); };
      case 4:
        return [=, this](Tx& tx, const Acting& a) { return drop(remove_role(tx, a, community_, whom, role)); };
      default:
        return [=, this](Tx& tx, const Acting& a) { return drop(assign_role(tx, a, community_, whom, role)); };
    }
  }
  Action membership() {
    const UserId whom = user();
    switch (rng_.below(6)) {
      case 0:
        return
            [=, this](Tx& tx, const Acting& a) { return drop(set_nickname(tx, a, community_, whom, Nickname("n"))); };
      case 1:
        return [=, this](Tx& tx, const Acting& a) { return leave_community(tx, a, community_); };
      case 2:
        return [](Tx& tx, const Acting& a) -> Outcome<void> {
          end_temporary_memberships(tx, a);
          return {};
        };
      default:
        return [=, this, is_temporary = rng_.below(4) == 0, channel = maybe_channel()](Tx& tx, const Acting& a) {
          return join(tx, Acting(whom, a.now, a.rng), {.channel_id = channel, .is_temporary = is_temporary});
        };
    }
  }
  /// By an invite of somebody's who may.
  Outcome<void> join(Tx& tx, const Acting& acting, const NewInvite& wanted) const {
    for (const UserId& inviter : users_) {
      const auto invite = create_invite(tx, Acting(inviter, acting.now, acting.rng), community_, wanted);
      if (invite) return drop(accept_invite(tx, acting, invite->code));
    }
    return refuse(ProblemCode::kForbidden);
  }
  Action moderation() {
    const UserId whom = user();
    const TimeDelta duration = TimeDelta::seconds(static_cast<int64_t>(rng_.below(4000)) + 1);
    switch (rng_.below(8)) {
      case 0:
        return [=, this](Tx& tx, const Acting& a) { return kick_member(tx, a, community_, whom); };
      case 1:
        return [=, this](Tx& tx, const Acting& a) {
          return drop(ban_user(tx, a, community_, whom, {.expires_in_seconds = json::Number<60, 315'360'000>(600)}));
        };
      case 2:
        return [=, this](Tx& tx, const Acting& a) { return unban_user(tx, a, community_, whom); };
      case 3:
        return [=, this](Tx& tx, const Acting& a) { return drop(time_out(tx, a, community_, whom, duration)); };
      case 4:
        return [=, this](Tx& tx, const Acting& a) { return drop(end_timeout(tx, a, community_, whom)); };
      case 5:
        return [=, this, muted = coin()](Tx& tx, const Acting& a) {
          return drop(restrict_voice(tx, a, community_, whom, {.server_muted = muted}));
        };
      case 6:
        return [=, this, to = pick(channels_)](Tx& tx, const Acting& a) {
          return request_move(tx, a, community_, whom, to);
        };
      default:
        return [=, this](Tx& tx, const Acting& a) {
          return drop(create_report(
              tx, a, community_, {.target_id = json::Text<1, 128>(whom.text()), .reason = json::Block<1, 1000>("r")}));
        };
    }
  }
  Action community() {
    const UserId whom = user();
    switch (rng_.below(3)) {
      case 0:
        return [=, this](Tx& tx, const Acting& a) {
          return drop(update_community(tx, a, community_, {.name = Name("Another")}));
        };
      case 1:
        return
            [=, this, lock = coin()](Tx& tx, const Acting& a) { return drop(set_lockdown(tx, a, community_, lock)); };
      default:
        return [=, this](Tx& tx, const Acting& a) { return drop(transfer_community(tx, a, community_, whom)); };
    }
  }

  Rng& rng_;
  const std::vector<UserId> users_;
  const CommunityId community_;
  std::vector<RoleId> roles_;
  std::vector<ChannelId> channels_;
  std::vector<ChannelId> categories_;  ///< Or nothing.
};

/// What is true of every community at any time.
void expect_sound(const CommunitySnapshot& snapshot) {
  std::set<int64_t> positions;
  for (const auto& [id, role] : snapshot.roles) {
    EXPECT_TRUE(positions.insert(role.position).second) << "two roles of one rank";
    EXPECT_EQ(role.position == 0, role.is_everyone);
  }
  for (const auto& [id, held] : snapshot.channels) {
    const Channel& channel = held.channel;
    if (channel.is_synced) {
      EXPECT_TRUE(channel.parent_id.has_value() && held.overrides.empty());
    }
    if (channel.parent_id) {
      const auto parent = snapshot.channels.find(channel.parent_id->text());
      ASSERT_TRUE(parent != snapshot.channels.end());
      EXPECT_EQ(parent->second.channel.kind, ChannelKind::kCategory);
      EXPECT_NE(channel.kind, ChannelKind::kCategory);
    }
    for (const Override& o : held.overrides) {
      EXPECT_TRUE(o.role_id ? snapshot.roles.contains(o.role_id->text())
                            : snapshot.members.contains(o.user_id->text()));
    }
  }
  for (const auto& [id, member] : snapshot.members) {
    for (const RoleId& role : member.roles) EXPECT_TRUE(snapshot.roles.contains(role.text()));
  }
  if (snapshot.community) {
    EXPECT_TRUE(snapshot.members.contains(snapshot.community->owner_id.text()));
  }
}

bool bears(const CommunitySnapshot& snapshot, const UserId& user, const RoleId& role) {
  const auto member = snapshot.members.find(user.text());
  return member != snapshot.members.end() &&
         std::ranges::find(member->second.roles, role) != member->second.roles.end();
}

bool is_inside(const CommunitySnapshot& snapshot, const ChannelId& channel, const ChannelId& category) {
  const auto at = snapshot.channels.find(channel.text());
  return at != snapshot.channels.end() && at->second.channel.parent_id && *at->second.channel.parent_id == category;
}

class SnapshotTest : public CommunityTest {
 protected:
  struct Step {
    CommunitySnapshot before;
    CommunitySnapshot after;
    Masks masks_before;
    Masks masks_after;
    std::vector<OutboxEvent> events;
    int64_t audited = 0;  ///< Rows that the log has gained.
  };

  Masks masks(Tx& tx, const CommunitySnapshot& channels_of) {
    Masks out;
    for (const auto& [id, channel] : channels_of.channels) {
      const std::vector<Standing> standings = access_of_all(tx, ChannelId(id), users_, now_);
      for (const Standing& standing : standings) out[{ChannelId(id), standing.user}] = standing.mask;
    }
    return out;
  }

  static int64_t logged(Tx& tx) { return one<int64_t>(tx, "select count(*) from audit_log").value_or(0); }

  /// nullopt when the action was refused.
  std::optional<Step> run(const UserId& who, const Action& action) {
    std::optional<Step> out;
    const auto done = store_->write(soon(), [&](Tx& store_tx) -> Outcome<void> {
      RecordingTx tx(store_tx);
      Step step{.before = load_snapshot(tx, community_)};
      step.masks_before = masks(tx, step.before);
      step.audited = -logged(tx);
      if (const auto acted = action(tx, Acting(who, now_, rng_)); !acted) return acted;
      step.after = load_snapshot(tx, community_);
      step.masks_after = masks(tx, step.before);
      step.audited += logged(tx);
      step.events = std::move(tx.events);
      out = std::move(step);
      return {};
    });
    if (!done) EXPECT_LT(info(done.error().code).status, 500) << done.error().detail;
    return done ? std::move(out) : std::nullopt;
  }

  static void expect_told(const Step& step) {
    CommunitySnapshot applied = step.before;
    for (const OutboxEvent& event : step.events) {
      ASSERT_NE(apply(applied, event.type, event.payload), Applied::kMalformed) << event.type << event.payload;
    }
    ASSERT_EQ(json::to_json(applied), json::to_json(step.after));
    EXPECT_TRUE(step.events.empty() || step.audited > 0) << "told, but not in the log: " << step.events[0].type;
  }

  static bool is_announced(const Step& step, const ChannelId& channel, const UserId& user) {
    return std::ranges::any_of(step.events, [&](const OutboxEvent& event) {
      if (event.type != "access.changed") return false;
      const auto told = json::parse<AccessChanged>(event.payload);
      if (!told) return false;
      const bool is_here = !told->channel_id || *told->channel_id == channel ||
                           is_inside(step.before, channel, *told->channel_id) ||
                           is_inside(step.after, channel, *told->channel_id);
      const bool is_bearer =
          !told->role_id || bears(step.before, user, *told->role_id) || bears(step.after, user, *told->role_id);
      return is_here && is_bearer && (!told->user_id || *told->user_id == user);
    });
  }

  static void expect_announced(const Step& step) {
    for (const auto& [where, mask] : step.masks_before) {
      if (step.masks_after.at(where) == mask) continue;
      std::string types;
      for (const OutboxEvent& event : step.events) types += event.type + " " + event.payload + "\n";
      ASSERT_TRUE(is_announced(step, where.first, where.second)) << types;
    }
  }

  std::vector<UserId> users_{user("u0"), user("u1"), user("u2"), user("u3")};
  CommunityId community_ = make_community(users_[0]);
};

TEST_P(SnapshotTest, EventsAppliedToWhatWasGiveWhatIsAndNoRightChangesUnannounced) {
  Chaos chaos(rng_, users_, community_);
  std::map<std::string, int> seen;
  int done = 0;
  for (int i = 0; i < 1'200 && !HasFatalFailure(); ++i) {
    SCOPED_TRACE(i);
    chaos.look(read([&](Tx& tx) { return load_snapshot(tx, community_); }));
    now_.unix_us += static_cast<int64_t>(rng_.below(600'000'000));
    // The owner acts often, or little would get done.
    const UserId owner = read([&](Tx& tx) { return find_community(tx, community_)->owner_id; });
    const UserId who = rng_.below(2) == 0 ? owner : chaos.user();
    const auto step = run(who, chaos.action());
    if (!step) continue;
    ++done;
    for (const OutboxEvent& event : step->events) ++seen[event.type];
    expect_told(*step);
    expect_announced(*step);
    expect_sound(step->after);
  }
  EXPECT_GT(done, 300);
  for (const char* type :
       {"ban.added", "ban.removed", "channel.created", "channel.deleted", "channel.overrides_changed",
        "channel.updated", "channels.reordered", "community.updated", "member.joined", "member.left", "member.updated",
        "role.created", "role.deleted", "role.updated", "roles.reordered"})
    EXPECT_TRUE(seen.contains(type)) << type << " never came up";
  const auto last = run(read([&](Tx& tx) { return find_community(tx, community_)->owner_id; }),
                        [&](Tx& tx, const Acting& a) { return delete_community(tx, a, community_); });
  ASSERT_TRUE(last);
  expect_told(*last);
  expect_announced(*last);
}

TEST_P(SnapshotTest, TheFirstEventsMakeACommunityOutOfNothing) {
  CommunitySnapshot applied;
  const UserId founder = users_[0];
  const auto made = store_->write(soon(), [&](Tx& store_tx) -> Outcome<CommunitySnapshot> {
    RecordingTx tx(store_tx);
    const auto community = create_community(tx, Acting(founder, now_, rng_), {.name = Name("New")});
    if (!community) return std::unexpected(community.error());
    applied = {};
    for (const OutboxEvent& event : tx.events) {
      EXPECT_EQ(event.resource, "community:" + community->id.text());
      EXPECT_EQ(apply(applied, event.type, event.payload), Applied::kChanged);
    }
    return load_snapshot(tx, community->id);
  });
  EXPECT_EQ(json::to_json(applied), json::to_json(made.value()));
}

TEST(SnapshotEvents, OfAnotherKindOrWithoutSenseAreToldApart) {
  CommunitySnapshot snapshot;
  EXPECT_EQ(apply(snapshot, "message.created", "{}"), Applied::kMalformed);
  EXPECT_EQ(apply(snapshot, "role.created", "{}"), Applied::kMalformed);
  EXPECT_EQ(apply(snapshot, "role.deleted", "{"), Applied::kMalformed);
  EXPECT_EQ(apply(snapshot, "access.changed", "{}"), Applied::kNothing);
  EXPECT_EQ(apply(snapshot, "channels.reordered",
                  R"({"communityId":"c","channels":[{"id":"x","parentId":null,"position":1}],"version":2})"),
            Applied::kChanged);
  EXPECT_TRUE(snapshot.channels.empty());
}

PARLEY_ON_BOTH_DATABASES(SnapshotTest);

}  // namespace
}  // namespace parley::product::community

#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "adapters/store/test_store.h"
#include "base/fold.h"
#include "product/community/channels.h"
#include "product/community/communities.h"
#include "product/community/invites.h"
#include "product/community/members.h"
#include "product/community/moderation.h"
#include "product/community/overrides.h"
#include "product/community/roles.h"
#include "product/community/rows.h"

namespace parley::product::community {

using access::Permission;
using access::PermissionMask;

/// A database with some users, whom each test lets act.
class CommunityTest : public store::OnBothDatabases {
 protected:
  UserId user(const std::string& name) {
    return store_
        ->write(soon(),
                [&](Tx& tx) -> Outcome<UserId> {
                  UserId id = make_id<UserId>(now_, rng_);
                  execute(tx,
                          "insert into users (id, username, username_fold, created_at, updated_at) "
                          "values ($1, $2, $3, $4, $4)",
                          id, name, fold(name), now_);
                  return id;
                })
        .value();
  }

  /// One unit of work in which `who` acts: `work` is Outcome<T>(Tx&, const Acting&).
  template <class F>
  auto act(const UserId& who, F&& work, const std::string& reason = {}) {
    return store_->write(soon(), [&](Tx& tx) { return work(tx, Acting(who, now_, rng_, reason)); });
  }
  template <class F>
  auto read(F&& work) {
    std::optional<decltype(work(std::declval<Tx&>()))> out;
    const auto done = store_->run_read(soon(), [&](Tx& tx) {
      out = work(tx);
      return true;
    });
    EXPECT_TRUE(done) << done.error().detail;
    return std::move(*out);
  }
  template <class T>
  static ProblemCode code_of(const Outcome<T>& outcome) {
    EXPECT_FALSE(outcome.has_value());
    return outcome ? ProblemCode::kInternal : outcome.error().code;
  }

  CommunityId make_community(const UserId& owner) {
    return act(owner, [](Tx& tx, const Acting& a) { return create_community(tx, a, {.name = Name("Parley")}); })
        .value()
        .id;
  }
  ChannelId make_channel(const UserId& who, const CommunityId& community, NewChannel wanted) {
    const auto made = act(who, [&](Tx& tx, const Acting& a) { return create_channel(tx, a, community, wanted); });
    EXPECT_TRUE(made) << made.error().detail;
    return made ? made->id : ChannelId();
  }
  ChannelId make_channel(const UserId& who, const CommunityId& community, ChannelKind kind = ChannelKind::kText) {
    return make_channel(who, community, {.name = Name("general"), .kind = kind});
  }
  RoleId make_role(const UserId& who, const CommunityId& community, PermissionMask permissions) {
    const auto made = act(who, [&](Tx& tx, const Acting& a) {
      return create_role(tx, a, community, {.name = Name("role"), .permissions = json::Mask{permissions.bits()}});
    });
    EXPECT_TRUE(made) << made.error().detail;
    return made ? made->id : RoleId();
  }
  /// A new user who has joined by an invite of the owner's.
  UserId make_member(const std::string& name, const UserId& owner, const CommunityId& community) {
    const UserId who = user(name);
    const auto invite = act(owner, [&](Tx& tx, const Acting& a) { return create_invite(tx, a, community, {}); });
    EXPECT_TRUE(invite);
    const auto joined = act(who, [&](Tx& tx, const Acting& a) { return accept_invite(tx, a, invite->code); });
    EXPECT_TRUE(joined) << joined.error().detail;
    return who;
  }
  void give_role(const UserId& owner, const CommunityId& community, const UserId& to, const RoleId& role) {
    const auto done = act(owner, [&](Tx& tx, const Acting& a) { return assign_role(tx, a, community, to, role); });
    EXPECT_TRUE(done) << done.error().detail;
  }
  void override_for(const UserId& owner, const ChannelId& channel, const OverrideTarget& target, PermissionMask deny,
                    PermissionMask allow) {
    const auto done = act(owner, [&](Tx& tx, const Acting& a) {
      return set_override(tx, a, channel, target, {.deny = {deny.bits()}, .allow = {allow.bits()}});
    });
    EXPECT_TRUE(done) << done.error().detail;
  }
  RoleId everyone(const CommunityId& community) {
    return read([&](Tx& tx) { return roles_of(tx, community).back().id; });
  }
  PermissionMask mask_of(const UserId& who, const ChannelId& channel) {
    return read([&](Tx& tx) { return access_of(tx, who, channel, now_).mask; });
  }
  int64_t count(const std::string& table) {
    return read([&](Tx& tx) { return one<int64_t>(tx, "select count(*) from " + table).value_or(-1); });
  }
  /// The types of the events that are pending, and no longer.
  std::vector<std::string> take_events() {
    std::vector<std::string> types;
    std::vector<int64_t> ids;
    const auto pending = store_->outbox().fetch(soon(), 10'000);
    for (const auto& event : pending.value()) {
      types.push_back(event.type);
      ids.push_back(event.id);
    }
    EXPECT_TRUE(store_->outbox().remove(soon(), ids));
    return types;
  }
  void advance(TimeDelta delta) { now_.unix_us += delta.us(); }

  static SeenVersion seen(int64_t version) { return SeenVersion::value_type(version); }

  WallTime now_{1'800'000'000'000'000};
  SeededRng rng_{20'26};
};

}  // namespace parley::product::community

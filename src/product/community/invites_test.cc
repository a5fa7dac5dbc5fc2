#include "product/community/invites.h"

#include <barrier>
#include <thread>

#include "product/community/test_community.h"

namespace parley::product::community {
namespace {

using enum access::Permission;

class InvitesTest : public CommunityTest {
 protected:
  Outcome<Invite> invite(const UserId& who, const NewInvite& wanted = {}) {
    return act(who, [&](Tx& tx, const Acting& a) { return create_invite(tx, a, community_, wanted); });
  }
  Outcome<Joined> accept(const UserId& who, const std::string& code) {
    return act(who, [&](Tx& tx, const Acting& a) { return accept_invite(tx, a, code); });
  }
  Outcome<void> revoke(const UserId& who, const InviteId& id) {
    return act(who, [&](Tx& tx, const Acting& a) { return revoke_invite(tx, a, community_, id); });
  }
  Outcome<InvitePreview> preview(const std::string& code) {
    return store_->read(soon(), [&](Tx& tx) { return preview_invite(tx, code, now_); });
  }
  static NewInvite for_uses(int64_t uses) { return {.max_uses = json::Number<0, 10'000>(uses)}; }

  UserId owner_ = user("owner");
  CommunityId community_ = make_community(owner_);
  UserId member_ = make_member("member", owner_, community_);
  ChannelId channel_ = make_channel(owner_, community_);
};

TEST_P(InvitesTest, LeadWhereTheySayWithWhoInvited) {
  const auto made = invite(member_, {.channel_id = channel_, .is_temporary = true});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->code.size(), kInviteCode);
  const auto seen = preview(made->code);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->community_name, "Parley");
  EXPECT_EQ(seen->channel_name.value(), "general");
  EXPECT_EQ(seen->inviter_name, "member");
  EXPECT_EQ(seen->members, 2);
  const auto joined = accept(user("guest"), made->code);
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->channel_id.value(), channel_);
  EXPECT_EQ(joined->member.invited_by.value(), member_);
  EXPECT_TRUE(joined->member.is_temporary);
}

TEST_P(InvitesTest, DeadOnesAreAllAlike) {
  const auto expiring = invite(owner_, {.expires_in_seconds = json::Number<60, 31'536'000>(60)});
  const auto used = invite(owner_, for_uses(1));
  const auto revoked = invite(owner_);
  ASSERT_TRUE(accept(user("first"), used->code));
  ASSERT_TRUE(revoke(owner_, revoked->id));
  advance(TimeDelta::seconds(60));
  const UserId guest = user("guest");
  for (const std::string& code : {expiring->code, used->code, revoked->code, std::string("unknown")}) {
    const auto seen = preview(code);
    const auto joined = accept(guest, code);
    EXPECT_EQ(code_of(seen), ProblemCode::kInviteInvalid);
    EXPECT_EQ(code_of(joined), ProblemCode::kInviteInvalid);
    EXPECT_TRUE(seen.error().detail.empty() && joined.error().detail.empty());
  }
}

TEST_P(InvitesTest, OfADeletedCommunityAreDead) {
  const auto made = invite(owner_);
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return delete_community(tx, a, community_); }));
  EXPECT_EQ(code_of(preview(made->code)), ProblemCode::kInviteInvalid);
  EXPECT_EQ(code_of(accept(user("guest"), made->code)), ProblemCode::kInviteInvalid);
}

TEST_P(InvitesTest, AMemberUsesNoneUp) {
  const auto made = invite(owner_, for_uses(1));
  ASSERT_TRUE(accept(member_, made->code));
  EXPECT_TRUE(accept(user("guest"), made->code));
}

TEST_P(InvitesTest, NobodyJoinsDuringALockdown) {
  const auto made = invite(owner_);
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return set_lockdown(tx, a, community_, true); }));
  EXPECT_EQ(code_of(accept(user("guest"), made->code)), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(invite(member_)), ProblemCode::kForbidden);
}

TEST_P(InvitesTest, NeedTheRightWhereTheyLead) {
  EXPECT_EQ(code_of(invite(user("stranger"))), ProblemCode::kNotFound);
  override_for(owner_, channel_, everyone(community_), PermissionMask::of(kInvite), {});
  EXPECT_EQ(code_of(invite(member_, {.channel_id = channel_})), ProblemCode::kForbidden);
  override_for(owner_, channel_, everyone(community_), PermissionMask::of(kView), {});
  EXPECT_EQ(code_of(invite(member_, {.channel_id = channel_})), ProblemCode::kNotFound);
  const CommunityId other = make_community(owner_);
  EXPECT_EQ(code_of(invite(owner_, {.channel_id = make_channel(owner_, other)})), ProblemCode::kNotFound);
  const ChannelId category = make_channel(owner_, community_, ChannelKind::kCategory);
  EXPECT_EQ(code_of(invite(owner_, {.channel_id = category})), ProblemCode::kInvalidRequest);
}

TEST_P(InvitesTest, AreRevokedByTheirMakerOrAManager) {
  const auto made = invite(owner_);
  EXPECT_EQ(code_of(revoke(member_, made->id)), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(revoke(member_, InviteId("unknown"))), ProblemCode::kForbidden);
  const auto own = invite(member_);
  EXPECT_TRUE(revoke(member_, own->id));
  EXPECT_EQ(code_of(revoke(owner_, own->id)), ProblemCode::kNotFound);
}

TEST_P(InvitesTest, AreListedForManagersWhileTheyWork) {
  const auto list = [&](const UserId& who) {
    return act(who, [&](Tx& tx, const Acting& a) { return list_invites(tx, a, community_, {}); });
  };
  EXPECT_EQ(code_of(list(member_)), ProblemCode::kForbidden);
  const size_t before = list(owner_)->items.size();
  const auto made = invite(owner_);
  EXPECT_EQ(list(owner_)->items.size(), before + 1);
  ASSERT_TRUE(revoke(owner_, made->id));
  EXPECT_EQ(list(owner_)->items.size(), before);
}

TEST_P(InvitesTest, CodesStandNeitherInTheLogNorInEvents) {
  const auto made = invite(owner_);
  ASSERT_TRUE(revoke(owner_, made->id));
  const auto hits = read([&](Tx& tx) {
    const std::string pattern = "%" + made->code + "%";
    return one<int64_t>(tx,
                        "select (select count(*) from outbox where cast(payload as text) like $1) + (select count(*) "
                        "from audit_log where cast(before_json as text) like $1 or cast(after_json as text) like $1)",
                        pattern);
  });
  EXPECT_EQ(hits, 0);
}

TEST_P(InvitesTest, AreLimited) {
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) -> Outcome<void> {
    while (true) {
      const auto made = create_invite(tx, a, community_, for_uses(1));
      if (!made) return {};
    }
  }));
  EXPECT_EQ(code_of(invite(owner_)), ProblemCode::kLimitReached);
  EXPECT_EQ(count("invites"), kMaxInvites);
}

TEST_P(InvitesTest, TwentyAtOnceGetNoMoreThanTheFiveUses) {
  const auto made = invite(owner_, for_uses(5));
  std::vector<UserId> users;
  for (int i = 0; i < 20; ++i) users.push_back(user("guest" + std::to_string(i)));
  std::atomic<int> joined = 0;
  std::atomic<int> refused = 0;
  std::barrier start(20);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&, i] {
      SeededRng rng(static_cast<uint64_t>(i));
      start.arrive_and_wait();
      const auto done = store_->write(soon(), [&](Tx& tx) {
        return accept_invite(tx, Acting(users[static_cast<size_t>(i)], now_, rng), made->code);
      });
      if (done) {
        ++joined;
      } else if (done.error().code == ProblemCode::kInviteInvalid) {
        ++refused;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(joined, 5);
  EXPECT_EQ(refused, 15);
  EXPECT_EQ(count("members"), 2 + 5);
}

PARLEY_ON_BOTH_DATABASES(InvitesTest);

}  // namespace
}  // namespace parley::product::community

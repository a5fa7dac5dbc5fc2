#include "product/community/communities.h"

#include "product/community/audit.h"
#include "product/community/reports.h"
#include "product/community/test_community.h"

namespace parley::product::community {
namespace {

using enum access::Permission;

class CommunitiesTest : public CommunityTest {
 protected:
  Outcome<Community> change(const UserId& who, const CommunityChange& wanted) {
    return act(who, [&](Tx& tx, const Acting& a) { return update_community(tx, a, community_, wanted); });
  }
  Outcome<Community> transfer(const UserId& who, const UserId& to) {
    return act(who, [&](Tx& tx, const Acting& a) { return transfer_community(tx, a, community_, to); });
  }
  Outcome<Listing<AuditEntry>> log_as(const UserId& who, const AuditFilter& filter = {}, PagePlace place = {}) {
    return act(who, [&](Tx& tx, const Acting& a) { return list_audit(tx, a, community_, filter, place); });
  }

  UserId owner_ = user("owner");
  CommunityId community_ = make_community(owner_);
  UserId member_ = make_member("member", owner_, community_);
};

TEST_P(CommunitiesTest, TheMakerOwnsItAndEveryoneHasTheDefaultPermissions) {
  const auto view = act(member_, [&](Tx& tx, const Acting& a) { return get_community(tx, a, community_); });
  ASSERT_TRUE(view);
  EXPECT_EQ(view->owner_id, owner_);
  EXPECT_EQ(view->permissions.bits, access::kDefaultPermissions.bits());
}

TEST_P(CommunitiesTest, DoesNotExistForStrangers) {
  const UserId stranger = user("stranger");
  EXPECT_EQ(code_of(act(stranger, [&](Tx& tx, const Acting& a) { return get_community(tx, a, community_); })),
            ProblemCode::kNotFound);
  EXPECT_EQ(code_of(change(stranger, {})), ProblemCode::kNotFound);
  EXPECT_TRUE(read([&](Tx& tx) { return list_communities(tx, stranger); }).empty());
}

TEST_P(CommunitiesTest, ChangesWithTheRightOnly) {
  EXPECT_EQ(code_of(change(member_, {.name = Name("Mine")})), ProblemCode::kForbidden);
  give_role(owner_, community_, member_, make_role(owner_, community_, PermissionMask::of(kManageServer)));
  EXPECT_EQ(change(member_, {.name = Name("Ours")})->name, "Ours");
}

TEST_P(CommunitiesTest, AChangeOfAnOlderVersionIsAConflict) {
  const int64_t version = change(owner_, {.name = Name("One")})->version;
  EXPECT_TRUE(change(owner_, {.name = Name("Two"), .version = seen(version)}));
  EXPECT_EQ(code_of(change(owner_, {.name = Name("Three"), .version = seen(version)})), ProblemCode::kConflict);
}

TEST_P(CommunitiesTest, IconsAreLinksThatCannotRun) {
  EXPECT_EQ(code_of(change(owner_, {.icon_url = IconUrl("javascript:alert(1)")})), ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(change(owner_, {.icon_url = IconUrl("//elsewhere/x")})), ProblemCode::kInvalidRequest);
  EXPECT_TRUE(change(owner_, {.icon_url = IconUrl("https://a.example/x.png")}));
  EXPECT_TRUE(change(owner_, {.icon_url = IconUrl("")}));
}

TEST_P(CommunitiesTest, BlankNamesAreRefused) {
  EXPECT_EQ(code_of(change(owner_, {.name = Name("  ")})), ProblemCode::kInvalidRequest);
}

TEST_P(CommunitiesTest, OnlyTheOwnerTransfersAndOnlyToAMember) {
  give_role(owner_, community_, member_, make_role(owner_, community_, PermissionMask::of(kAdministrator)));
  EXPECT_EQ(code_of(transfer(member_, member_)), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(transfer(owner_, user("stranger"))), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(transfer(owner_, owner_)), ProblemCode::kNotFound);
  EXPECT_EQ(transfer(owner_, member_)->owner_id, member_);
  EXPECT_EQ(code_of(transfer(owner_, member_)), ProblemCode::kForbidden);
}

TEST_P(CommunitiesTest, OnlyTheOwnerDeletesAndThenItIsGone) {
  give_role(owner_, community_, member_, make_role(owner_, community_, PermissionMask::of(kAdministrator)));
  EXPECT_EQ(code_of(act(member_, [&](Tx& tx, const Acting& a) { return delete_community(tx, a, community_); })),
            ProblemCode::kForbidden);
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return delete_community(tx, a, community_); }));
  EXPECT_TRUE(read([&](Tx& tx) { return list_communities(tx, member_); }).empty());
  EXPECT_EQ(code_of(change(owner_, {})), ProblemCode::kNotFound);
}

TEST_P(CommunitiesTest, AUserIsInSoManyAtMost) {
  for (int64_t i = 1; i < kMaxCommunitiesPerUser; ++i) make_community(owner_);
  EXPECT_EQ(code_of(act(owner_, [](Tx& tx, const Acting& a) { return create_community(tx, a, {.name = Name("x")}); })),
            ProblemCode::kLimitReached);
  const UserId other = user("other");
  const CommunityId theirs = make_community(other);
  const auto invite = act(other, [&](Tx& tx, const Acting& a) { return create_invite(tx, a, theirs, {}); });
  const auto join = [&] {
    return act(owner_, [&](Tx& tx, const Acting& a) { return accept_invite(tx, a, invite->code); });
  };
  EXPECT_EQ(code_of(join()), ProblemCode::kLimitReached);
  ASSERT_TRUE(act(owner_, [&](Tx& tx, const Acting& a) { return delete_community(tx, a, community_); }));
  EXPECT_TRUE(join());
}

TEST_P(CommunitiesTest, TheLogSaysWhoDidWhatAndWhy) {
  advance(TimeDelta::millis(1));
  ASSERT_TRUE(act(
      owner_, [&](Tx& tx, const Acting& a) { return update_community(tx, a, community_, {.name = Name("New")}); },
      "it was time"));
  const auto log = log_as(owner_);
  ASSERT_TRUE(log);
  const AuditEntry& entry = log->items.front();
  EXPECT_EQ(entry.action, "community.update");
  EXPECT_EQ(entry.actor_id, owner_);
  EXPECT_EQ(entry.target_id, community_.text());
  EXPECT_EQ(entry.reason, "it was time");
  EXPECT_TRUE(entry.before->text.contains("\"Parley\""));
  EXPECT_TRUE(entry.after->text.contains("\"New\""));
}

TEST_P(CommunitiesTest, TheLogIsReadWithTheRightFilteredAndInPages) {
  EXPECT_EQ(code_of(log_as(member_)), ProblemCode::kForbidden);
  for (int i = 0; i < 5; ++i) {
    advance(TimeDelta::seconds(1));
    make_channel(owner_, community_);
  }
  const AuditFilter filter{.actor_id = owner_, .action = json::Text<1, 64>("channel.create"), .target_id = {}};
  size_t seen = 0;
  PagePlace place{.after = {}, .limit = 2};
  std::string last = "\x7f";
  while (true) {
    const auto page = log_as(owner_, filter, place);
    ASSERT_TRUE(page);
    for (const AuditEntry& entry : page->items) {
      EXPECT_EQ(entry.action, "channel.create");
      EXPECT_LT(entry.id.text(), last);
      last = entry.id.text();
      ++seen;
    }
    if (!page->next) break;
    place.after = *page->next;
  }
  EXPECT_EQ(seen, 5u);
  EXPECT_EQ(log_as(owner_, {.actor_id = member_})->items.size(), 1u);
}

TEST_P(CommunitiesTest, ReportsAreMadeByMembersAndClosedOnceByModerators) {
  const auto report = [&](const UserId& who, const NewReport& wanted) {
    return act(who, [&](Tx& tx, const Acting& a) { return create_report(tx, a, community_, wanted); });
  };
  const NewReport wanted{.target_kind = ReportTarget::kUser,
                         .target_id = json::Text<1, 128>(owner_.text()),
                         .reason = json::Block<1, 1000>("rude\nvery")};
  EXPECT_EQ(code_of(report(user("stranger"), wanted)), ProblemCode::kNotFound);
  const auto made = report(member_, wanted);
  ASSERT_TRUE(made);
  const auto resolve = [&](const UserId& who, ReportState state) {
    return act(who, [&](Tx& tx, const Acting& a) { return resolve_report(tx, a, community_, made->id, {state, {}}); });
  };
  EXPECT_EQ(code_of(resolve(member_, ReportState::kResolved)), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(resolve(owner_, ReportState::kOpen)), ProblemCode::kInvalidRequest);
  EXPECT_EQ(resolve(owner_, ReportState::kDismissed)->resolved_by.value(), owner_);
  EXPECT_EQ(code_of(resolve(owner_, ReportState::kResolved)), ProblemCode::kConflict);
  const auto open =
      act(owner_, [&](Tx& tx, const Acting& a) { return list_reports(tx, a, community_, ReportState::kOpen, {}); });
  EXPECT_TRUE(open->items.empty());
}

TEST_P(CommunitiesTest, AMemberCannotFloodTheQueueNorReportWhatHeMayNotSee) {
  const ChannelId hidden = make_channel(owner_, community_);
  override_for(owner_, hidden, everyone(community_), PermissionMask::of(kView), {});
  const auto report = [&](ReportTarget kind, const std::string& target) {
    return act(member_, [&](Tx& tx, const Acting& a) {
      return create_report(
          tx, a, community_,
          {.target_kind = kind, .target_id = json::Text<1, 128>(target), .reason = json::Block<1, 1000>("x")});
    });
  };
  EXPECT_EQ(code_of(report(ReportTarget::kChannel, hidden.text())), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(report(ReportTarget::kUser, user("stranger").text())), ProblemCode::kNotFound);
  for (int64_t i = 0; i < kMaxOpenReports; ++i) ASSERT_TRUE(report(ReportTarget::kMessage, "m"));
  EXPECT_EQ(code_of(report(ReportTarget::kMessage, "m")), ProblemCode::kLimitReached);
}

PARLEY_ON_BOTH_DATABASES(CommunitiesTest);

}  // namespace
}  // namespace parley::product::community

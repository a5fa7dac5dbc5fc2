#include "product/chat/conversations.h"

#include "product/chat/test_chat.h"

namespace parley::product::chat {
namespace {

class ConversationsTest : public ChatTest {
 protected:
  Outcome<ConversationView> try_direct(const UserId& a, const UserId& b) {
    return act(a, [&](Tx& tx, const Acting& acting) { return open_direct(tx, acting, b); });
  }
  Outcome<void> add(const UserId& who, const ConversationId& where, const UserId& whom) {
    return act(who, [&](Tx& tx, const Acting& acting) { return add_person(tx, acting, where, whom); });
  }
  Outcome<void> take_out(const UserId& who, const ConversationId& where, const UserId& whom) {
    return act(who, [&](Tx& tx, const Acting& acting) { return remove_person(tx, acting, where, whom); });
  }
  std::vector<ConversationId> list(const UserId& who) {
    const auto page = act(who, [&](Tx& tx, const Acting& acting) { return list_conversations(tx, acting, {}); });
    std::vector<ConversationId> out;
    for (const ConversationView& item : page->items) out.push_back(item.id);
    return out;
  }

  UserId ada_ = user("ada");
  UserId bora_ = user("bora");
  UserId cem_ = user("cem");
};

TEST_P(ConversationsTest, TwoPeopleHaveOneDirectConversation) {
  const ConversationId talk = direct(ada_, bora_);
  EXPECT_EQ(direct(bora_, ada_), talk);
  EXPECT_NE(direct(ada_, cem_), talk);
  EXPECT_EQ(code_of(try_direct(ada_, ada_)), ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(try_direct(ada_, UserId("nobody"))), ProblemCode::kNotFound);
}

TEST_P(ConversationsTest, WhoIsBlockedOrNotWantedOpensNone) {
  ASSERT_TRUE(block(bora_, ada_));
  EXPECT_EQ(code_of(try_direct(ada_, bora_)), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(try_direct(bora_, ada_)), ProblemCode::kForbidden);
  set_privacy(cem_, {.messages_from = identity::Audience::kNobody});
  EXPECT_EQ(try_direct(ada_, cem_).error().detail, try_direct(ada_, bora_).error().detail) << "which, is not told";
  set_privacy(cem_, {.messages_from = identity::Audience::kSharedCommunities});
  EXPECT_EQ(code_of(try_direct(ada_, cem_)), ProblemCode::kForbidden);
  const CommunityId community = make_community(ada_);
  const auto joined = act(cem_, [&](Tx& tx, const Acting& a) {
    const auto invite = community::create_invite(tx, Acting(ada_, now_, rng_), community, {});
    return community::accept_invite(tx, a, invite->code);
  });
  ASSERT_TRUE(joined);
  EXPECT_TRUE(try_direct(ada_, cem_));
}

TEST_P(ConversationsTest, ABlockEndsTheTalkAndLeavesWhatWasSaid) {
  const ConversationId talk = direct(ada_, bora_);
  const MessageId said = say(ada_, talk, "hello").id;
  ASSERT_TRUE(block(bora_, ada_));
  EXPECT_EQ(code_of(try_send(ada_, talk, "hello?")), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(try_send(bora_, talk, "no")), ProblemCode::kForbidden);
  EXPECT_EQ(code_of(react(ada_, said, "👍")), ProblemCode::kForbidden);
  EXPECT_EQ(history(ada_, talk)->items.size(), 1u);
  EXPECT_EQ(direct(ada_, bora_), talk);
}

TEST_P(ConversationsTest, AGroupIsItsMembers) {
  const ConversationId talk = group(ada_, {bora_, bora_, ada_});
  EXPECT_EQ(look(bora_, talk).people.size(), 2u);
  EXPECT_EQ(code_of(try_send(cem_, talk, "let me in")), ProblemCode::kNotFound);
  ASSERT_TRUE(add(bora_, talk, cem_));
  ASSERT_TRUE(add(bora_, talk, cem_)) << "again is no mistake";
  say(cem_, talk, "thanks");
  EXPECT_EQ(code_of(take_out(bora_, talk, cem_)), ProblemCode::kForbidden);
  ASSERT_TRUE(take_out(ada_, talk, cem_));
  EXPECT_EQ(code_of(history(cem_, talk)), ProblemCode::kNotFound);
  EXPECT_EQ(history(bora_, talk)->items.size(), 1u);
}

TEST_P(ConversationsTest, WhoIsAddedHasNothingUnreadOfBefore) {
  const ConversationId talk = group(ada_, {bora_});
  for (int i = 0; i < 3; ++i) say(ada_, talk, "text");
  EXPECT_EQ(look(bora_, talk).unread, 3);
  ASSERT_TRUE(add(ada_, talk, cem_));
  EXPECT_EQ(look(cem_, talk).unread, 0);
  say(ada_, talk, "welcome");
  EXPECT_EQ(look(cem_, talk).unread, 1);
}

TEST_P(ConversationsTest, AGroupThatItsOwnerLeavesGoesToTheEldest) {
  const ConversationId talk = group(ada_, {});
  advance(TimeDelta::seconds(1));
  ASSERT_TRUE(add(ada_, talk, cem_));
  advance(TimeDelta::seconds(1));
  ASSERT_TRUE(add(ada_, talk, bora_));
  ASSERT_TRUE(take_out(ada_, talk, ada_));
  EXPECT_EQ(look(bora_, talk).owner_id, cem_);
  ASSERT_TRUE(take_out(cem_, talk, bora_));
  ASSERT_TRUE(take_out(cem_, talk, cem_));
  EXPECT_EQ(code_of(history(cem_, talk)), ProblemCode::kNotFound);
  EXPECT_TRUE(list(ada_).empty());
}

TEST_P(ConversationsTest, OnlyTheOwnerRenamesAndHandsOver) {
  const ConversationId talk = group(ada_, {bora_});
  const auto change = [&](const UserId& who, const GroupChange& wanted) {
    return act(who, [&](Tx& tx, const Acting& a) { return change_group(tx, a, talk, wanted); });
  };
  EXPECT_EQ(code_of(change(bora_, {.name = ConversationName("ours")})), ProblemCode::kForbidden);
  EXPECT_EQ(change(ada_, {.name = ConversationName("mine")})->name, "mine");
  EXPECT_EQ(code_of(change(ada_, {.name = ConversationName("x"), .version = seen(1)})), ProblemCode::kConflict);
  EXPECT_EQ(code_of(change(ada_, {.owner_id = cem_})), ProblemCode::kInvalidRequest);
  EXPECT_EQ(change(ada_, {.owner_id = bora_})->owner_id, bora_);
  EXPECT_EQ(code_of(change(ada_, {.name = ConversationName("again")})), ProblemCode::kForbidden);
}

TEST_P(ConversationsTest, NobodyIsPutIntoAGroupByWhomHeHasBlocked) {
  ASSERT_TRUE(block(cem_, ada_));
  NewGroup wanted;
  wanted.user_ids = {bora_, cem_};
  EXPECT_EQ(code_of(act(ada_, [&](Tx& tx, const Acting& a) { return create_group(tx, a, wanted); })),
            ProblemCode::kForbidden);
  EXPECT_EQ(code_of(add(ada_, group(ada_, {bora_}), cem_)), ProblemCode::kForbidden);
}

TEST_P(ConversationsTest, TheLastActiveComesFirstAndPagesDoNotOverlap) {
  std::vector<ConversationId> made;
  for (int i = 0; i < 5; ++i) {
    made.push_back(direct(ada_, user("u" + std::to_string(i))));
    advance(TimeDelta::seconds(1));
  }
  say(ada_, made[1], "up");
  const std::vector<ConversationId> wanted{made[1], made[4], made[3], made[2], made[0]};
  EXPECT_EQ(list(ada_), wanted);
  std::vector<ConversationId> paged;
  PagePlace place{.after = "", .limit = 2};
  for (bool has_more = true; has_more;) {
    const auto page = act(ada_, [&](Tx& tx, const Acting& a) { return list_conversations(tx, a, place); });
    for (const ConversationView& item : page->items) paged.push_back(item.id);
    has_more = page->next.has_value();
    place.after = page->next.value_or("");
  }
  EXPECT_EQ(paged, wanted);
}

TEST_P(ConversationsTest, AThreadHasItsOwnSeqAndItsParentsPeople) {
  const ConversationId talk = group(ada_, {bora_});
  const MessageId parent = say(ada_, talk, "topic").id;
  const auto open = [&](const UserId& who, const MessageId& about) {
    return act(who,
               [&](Tx& tx, const Acting& a) { return open_thread(tx, a, about, {.name = ConversationName("t")}); });
  };
  const auto thread = open(bora_, parent);
  ASSERT_TRUE(thread);
  EXPECT_EQ(open(ada_, parent)->id, thread->id);
  EXPECT_EQ(thread->parent_message_id, parent);
  EXPECT_EQ(history(ada_, talk)->items.at(0).thread_id, thread->id);
  const MessageView inside = say(bora_, thread->id, "inside");
  EXPECT_EQ(inside.seq, 1);
  EXPECT_EQ(look(ada_, thread->id).unread, 1) << "who wrote the parent takes part";
  EXPECT_EQ(code_of(history(cem_, thread->id)), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(open(ada_, inside.id)), ProblemCode::kInvalidRequest);
  const auto threads = act(ada_, [&](Tx& tx, const Acting& a) { return list_threads(tx, a, talk, {}); });
  EXPECT_EQ(threads->items.size(), 1u);
}

PARLEY_ON_BOTH_DATABASES(ConversationsTest);

}  // namespace
}  // namespace parley::product::chat

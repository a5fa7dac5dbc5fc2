// What several do at once ends as if they had done it one after the other.
#include <barrier>
#include <set>
#include <thread>

#include "product/community/test_community.h"

namespace parley::product::community {
namespace {

class ConcurrencyTest : public CommunityTest {
 protected:
  static constexpr int kThreads = 8;

  /// Lets `work` run on all threads at once, each with its number and its acting as the owner; returns what came.
  template <class F>
  std::vector<ProblemCode> all_at_once(F work) {
    std::vector<ProblemCode> codes(kThreads, ProblemCode::kInternal);
    std::barrier start(kThreads);
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        SeededRng rng(static_cast<uint64_t>(i) + 1000);
        start.arrive_and_wait();
        const auto done = store_->write(soon(), [&](Tx& tx) { return work(tx, Acting(owner_, now_, rng), i); });
        codes[static_cast<size_t>(i)] = done ? kDone : done.error().code;
      });
    }
    threads.clear();
    return codes;
  }
  /// Stands for success among codes that the operations here do not have.
  static constexpr ProblemCode kDone = ProblemCode::kNotConfigured;

  UserId owner_ = user("owner");
  CommunityId community_ = make_community(owner_);
};

TEST_P(ConcurrencyTest, OfManyTransfersOneTakesPlace) {
  std::vector<UserId> heirs;
  for (int i = 0; i < kThreads; ++i) heirs.push_back(make_member("heir" + std::to_string(i), owner_, community_));
  const auto codes = all_at_once([&](Tx& tx, const Acting& a, int i) {
    return transfer_community(tx, a, community_, heirs[static_cast<size_t>(i)]);
  });
  EXPECT_EQ(std::ranges::count(codes, kDone), 1);
  EXPECT_EQ(std::ranges::count(codes, ProblemCode::kForbidden), kThreads - 1);
  const auto winner = static_cast<size_t>(std::ranges::find(codes, kDone) - codes.begin());
  EXPECT_EQ(read([&](Tx& tx) { return find_community(tx, community_)->owner_id; }), heirs[winner]);
}

TEST_P(ConcurrencyTest, OfManyOrdersOfTheSameStateOneIsTaken) {
  std::vector<ChannelId> channels;
  for (int i = 0; i < 4; ++i) channels.push_back(make_channel(owner_, community_));
  const int64_t version = read([&](Tx& tx) { return find_community(tx, community_)->version; });
  const auto codes = all_at_once([&](Tx& tx, const Acting& a, int i) {
    ChannelOrder order;
    order.channels = {{channels[3], {}}, {channels[static_cast<size_t>(i) % 3], {}}};
    order.version = seen(version);
    return reorder_channels(tx, a, community_, order);
  });
  EXPECT_EQ(std::ranges::count(codes, kDone), 1);
  EXPECT_EQ(std::ranges::count(codes, ProblemCode::kConflict), kThreads - 1);
}

TEST_P(ConcurrencyTest, OrdersWithoutAVersionLeaveEveryChannelAPlaceOfItsOwn) {
  std::vector<ChannelId> channels;
  for (int i = 0; i < 6; ++i) channels.push_back(make_channel(owner_, community_));
  const auto codes = all_at_once([&](Tx& tx, const Acting& a, int i) {
    ChannelOrder order;
    for (size_t j = 0; j < 4; ++j)
      order.channels.push_back({channels[(static_cast<size_t>(i) + j * 5) % channels.size()], {}});
    return reorder_channels(tx, a, community_, order);
  });
  EXPECT_EQ(std::ranges::count(codes, kDone), kThreads);
  std::set<int64_t> places;
  for (const Channel& channel : read([&](Tx& tx) { return channels_of(tx, community_); }))
    places.insert(channel.position);
  EXPECT_EQ(places, (std::set<int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST_P(ConcurrencyTest, RolesMadeAtOnceHaveARankEach) {
  const auto codes = all_at_once([&](Tx& tx, const Acting& a, int i) {
    return create_role(tx, a, community_, {.name = Name("r" + std::to_string(i))});
  });
  EXPECT_EQ(std::ranges::count(codes, kDone), kThreads);
  std::set<int64_t> ranks;
  for (const Role& role : read([&](Tx& tx) { return roles_of(tx, community_); })) ranks.insert(role.position);
  EXPECT_EQ(ranks.size(), size_t{kThreads} + 1);
}

TEST_P(ConcurrencyTest, TheSameInviteAcceptedTwiceByOneUserCountsOnce) {
  const auto invite = act(owner_, [&](Tx& tx, const Acting& a) { return create_invite(tx, a, community_, {}); });
  const UserId guest = user("guest");
  const auto codes = all_at_once(
      [&](Tx& tx, const Acting& a, int /*i*/) { return accept_invite(tx, Acting(guest, a.now, a.rng), invite->code); });
  EXPECT_EQ(std::ranges::count(codes, kDone), kThreads);
  EXPECT_EQ(read([&](Tx& tx) { return one<int64_t>(tx, "select uses from invites where id = $1", invite->id); }), 1);
}

PARLEY_ON_BOTH_DATABASES(ConcurrencyTest);

}  // namespace
}  // namespace parley::product::community

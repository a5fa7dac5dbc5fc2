// Senders that succeed, fail, come late and die, in any order, from a seed: nothing is lost, and what is delivered
// first is delivered in the order of its resource.
#include <algorithm>
#include <set>

#include "product/webhooks/test_webhooks.h"

namespace parley::product::webhooks {
namespace {

class WebhookOrder : public WebhookTest {
 protected:
  static constexpr int kEvents = 60;
  static constexpr int kResources = 4;

  /// Two endpoints, each its own world.
  struct Receiver {
    HookId id;
    std::map<std::string, std::vector<int64_t>> received;  ///< First arrivals, by resource.
    std::set<int64_t> seen;
  };

  void receive(Receiver& receiver, const Claimed& claimed) {
    const int64_t event = number(claimed);
    if (receiver.seen.insert(event).second) receiver.received[resource(event)].push_back(event);
  }
  static std::string resource(int64_t event) { return "user:" + std::to_string(event % kResources); }

  /// One pass of one of the senders.
  void pass(Receiver& receiver, SeededRng& chance, bool is_kind) {
    for (const Claimed& claimed : take(receiver.id, 1 + static_cast<int64_t>(chance.below(3)))) {
      const uint64_t luck = is_kind ? 0 : chance.below(5);
      if (luck <= 2) receive(receiver, claimed);
      if (luck == 2 || luck == 3) continue;  // Dies: after the POST, or before it.
      answer(claimed, luck <= 1 ? 200 : 500);
    }
  }

  void run(uint64_t seed) {
    SeededRng chance(seed);
    std::vector<Receiver> receivers{{make_endpoint(), {}, {}}, {make_endpoint(), {}, {}}};
    int64_t told = 0;
    int64_t steps = 0;
    const auto is_done = [&] {
      return told == kEvents &&
             std::ranges::all_of(receivers, [](const Receiver& r) { return r.seen.size() == kEvents; });
    };
    while (!is_done()) {
      ASSERT_LT(++steps, 5000) << "something is never delivered";
      if (told < kEvents && chance.below(3) == 0) {
        // The relay may tell again what it has told.
        std::vector<OutboxRecord> batch;
        const int64_t from = std::max<int64_t>(1, told - 1);
        told = std::min<int64_t>(kEvents, told + 1 + static_cast<int64_t>(chance.below(5)));
        for (int64_t i = from; i <= told; ++i) batch.push_back(event(base_ + i, resource(base_ + i)));
        tell(batch);
      }
      pass(receivers[chance.below(2)], chance, steps > 400);
      advance(TimeDelta::seconds(static_cast<int64_t>(chance.below(steps > 400 ? 4000 : 15))));
    }
    for (const Receiver& receiver : receivers) {
      for (const auto& [name, events] : receiver.received) EXPECT_TRUE(std::ranges::is_sorted(events)) << name;
      ASSERT_TRUE(write([&](Tx& tx) { return delete_endpoint(tx, {}, receiver.id); }));
    }
    base_ += kEvents;
  }

  int64_t base_ = 0;
};
PARLEY_ON_BOTH_DATABASES(WebhookOrder);

TEST_P(WebhookOrder, HoldsWhateverBecomesOfTheSenders) {
  for (uint64_t seed = 1; seed <= 12 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    run(seed);
  }
}

}  // namespace
}  // namespace parley::product::webhooks

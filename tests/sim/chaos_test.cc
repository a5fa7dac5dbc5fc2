// Everything at once, in random order: whatever happened, once the network is good and nobody touches anything any
// more, everyone receives exactly what is published and wanted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "sim/world.h"

namespace parley::sim {
namespace {

using client::ClientOutputs;
using client::Publication;
using client::PublishSpec;
using testing::IsEmpty;

constexpr size_t kMaxSeats = 6;

class Chaos : public testing::TestWithParam<int> {
 protected:
  struct Person {
    Seat* seat;
    std::set<std::string> unwanted;  ///< Tracks it unsubscribed from.
    std::set<std::string> disabled;
    bool is_here = true;
  };

  const uint64_t seed = run_seed(static_cast<uint64_t>(1000 + GetParam()));
  World world{seed};
  SeededRng rng{seed + 1};
  std::deque<Person> people;

  bool one_in(uint64_t n) { return rng.below(n) == 0; }

  LinkOptions random_link() {
    LinkOptions link;
    if (one_in(2)) link.loss = 0.1 * rng.unit();
    if (one_in(4)) link.burst = 1 + 6 * rng.unit();
    if (one_in(3)) link.jitter = TimeDelta::millis(static_cast<int64_t>(rng.below(60)));
    if (one_in(4)) link.reorder = 0.1 * rng.unit();
    if (one_in(6)) link.duplicate = 0.05;
    link.delay = TimeDelta::millis(2 + static_cast<int64_t>(rng.below(one_in(5) ? 150 : 40)));
    return link;
  }

  void arrive() {
    SeatOptions options{.identity = "p" + std::to_string(people.size())};
    options.up = random_link();
    options.down = random_link();
    options.signal_delay = options.up.delay + TimeDelta::millis(5);
    options.client.mode = one_in(2) ? ConnectionMode::kSingle : ConnectionMode::kDual;
    options.client.dialect = one_in(2) ? client::Dialect::kChromium : client::Dialect::kFirefox;
    options.client.offers_in_join_request = one_in(2);
    options.client.opens_publisher_at_once = one_in(2);
    if (!one_in(4)) options.client.publish.push_back(PublishSpec::microphone());
    if (!one_in(4)) {
      options.client.publish.push_back(one_in(2) ? PublishSpec::camera_simulcast()
                                                 : PublishSpec::camera_single_layer());
    }
    people.push_back({.seat = &world.join(options)});
    people.back().seat->rejoins_by_itself = true;
  }

  Person* pick() {
    std::vector<Person*> here;
    for (Person& person : people) {
      if (person.is_here && person.seat->client->state() != client::ClientState::kNew) here.push_back(&person);
    }
    return here.empty() ? nullptr : here[rng.below(here.size())];
  }

  /// A track of the person's that is still published.
  std::optional<size_t> pick_track(const Person& person) {
    std::vector<size_t> live;
    const auto& publications = person.seat->client->publications();
    for (size_t i = 0; i < publications.size(); ++i) {
      if (!publications[i]->is_ended() && !publications[i]->info().sid().empty()) live.push_back(i);
    }
    if (live.empty()) return std::nullopt;
    return live[rng.below(live.size())];
  }

  std::optional<std::string> pick_received(const Person& person) {
    const auto& receptions = person.seat->client->receiving().receptions();
    if (receptions.empty()) return std::nullopt;
    auto it = receptions.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(rng.below(receptions.size())));
    return it->first;
  }

  void disturb(Person& person) {
    Seat& seat = *person.seat;
    switch (rng.below(6)) {
      case 0:
        return world.cut_signal(seat);
      case 1:
        return world.act(seat, [](Client& client, ClientOutputs& out) { client.restart_ice(out); });
      case 2:
        return world.rebind(seat);
      case 3:
        return world.set_links(seat, random_link(), random_link());
      case 4:
        return world.act(
            seat, [](Client& client, ClientOutputs& out) { client.send_data(pb::DataPacket::RELIABLE, "hello", out); });
      default:
        return world.set_links(seat, {}, {});
    }
  }

  void change_published(Person& person) {
    Seat& seat = *person.seat;
    const auto track = pick_track(person);
    if (one_in(3) || !track) {
      if (seat.client->publications().size() > 12) return;
      const bool is_audio = one_in(2);
      const PublishSpec spec = is_audio ? PublishSpec::microphone() : PublishSpec::camera_simulcast();
      return world.act(seat, [&](Client& client, ClientOutputs& out) { client.publish(spec, out); });
    }
    const Publication& publication = *seat.client->publications()[*track];
    if (one_in(3)) {
      return world.act(seat, [&](Client& client, ClientOutputs& out) { client.unpublish(*track, out); });
    }
    if (one_in(2) && !publication.is_audio()) {
      return seat.client->set_layer_active(*track, static_cast<int>(rng.below(3)), one_in(2));
    }
    const bool muted = !publication.is_muted();
    world.act(seat, [&](Client& client, ClientOutputs& out) { client.set_muted(*track, muted, out); });
  }

  void change_wishes(Person& person) {
    const auto track = pick_received(person);
    if (!track) return;
    if (one_in(2)) {
      person.unwanted.insert(*track);
      return world.act(*person.seat, [&](Client& client, ClientOutputs& out) { client.subscribe(*track, false, out); });
    }
    const bool disabled = one_in(2);
    const auto quality = static_cast<pb::VideoQuality>(rng.below(3));
    if (disabled) person.disabled.insert(*track);
    if (!disabled) person.disabled.erase(*track);
    world.act(*person.seat, [&](Client& client, ClientOutputs& out) {
      client.set_track_wish(*track, {.disabled = disabled, .quality = quality}, out);
    });
  }

  void wish_back(Person& person) {
    if (person.unwanted.empty()) return;
    const std::string track = *person.unwanted.begin();
    person.unwanted.erase(track);
    world.act(*person.seat, [&](Client& client, ClientOutputs& out) { client.subscribe(track, true, out); });
  }

  void come_or_go() {
    const auto here = std::ranges::count_if(people, &Person::is_here);
    if (here < 2 || (static_cast<size_t>(here) < kMaxSeats && one_in(2))) return arrive();
    Person* person = pick();
    if (!person) return;
    person->is_here = false;
    if (one_in(3)) {
      world.vanish(*person->seat);
    } else {
      world.leave(*person->seat);
    }
  }

  void act_at_random() {
    if (one_in(12)) return come_or_go();
    Person* person = pick();
    if (!person) return;
    switch (rng.below(5)) {
      case 0:
      case 1:
        return disturb(*person);
      case 2:
        return change_published(*person);
      case 3:
        return change_wishes(*person);
      default:
        return wish_back(*person);
    }
  }

  void expect_stream(const Person& viewer, const Person& publisher, const Publication& publication) {
    const std::string& sid = publication.info().sid();
    const auto& receptions = viewer.seat->client->receiving().receptions();
    const auto found = receptions.find(sid);
    const std::string who = viewer.seat->identity() + " of " + publisher.seat->identity() + "'s " + sid;
    if (viewer.unwanted.contains(sid) || publication.is_ended()) {
      EXPECT_TRUE(found == receptions.end()) << who << " comes unwanted";
      return;
    }
    ASSERT_TRUE(found != receptions.end()) << who << " is missing";
    if (publication.is_muted() || viewer.disabled.contains(sid)) return;
    EXPECT_TRUE(found->second->has_packets()) << who << " has no packets";
    if (publication.is_audio()) return;
    EXPECT_TRUE(found->second->video()->has_picture()) << who << " has no picture";
    EXPECT_LT(found->second->video()->standing(world.now()).ms(), 200) << who << " stands";
  }
};

TEST_P(Chaos, WhateverHappenedTheCallIsWholeAfterwards) {
  SCOPED_TRACE("PARLEY_SEED=" + std::to_string(seed));
  for (int i = 0; i < 3; ++i) arrive();
  for (int i = 0; i < 300; ++i) {
    act_at_random();
    world.run_for(TimeDelta::millis(static_cast<int64_t>(rng.below(400))));
  }
  world.set_all_links(LinkOptions::clean());
  for (Person& person : people) {
    // Every layer flows again, so that each has something to give.
    for (size_t i = 0; i < person.seat->client->publications().size(); ++i) {
      for (const int layer : {0, 1, 2}) person.seat->client->set_layer_active(i, layer, true);
    }
  }
  world.run_for(TimeDelta::seconds(25));
  size_t here = 0;
  for (const Person& viewer : people) {
    if (!viewer.is_here) continue;
    ++here;
    // Only a session whose signal connection broke before its media was up has to begin anew.
    EXPECT_FALSE(viewer.seat->was_sent_away_active)
        << viewer.seat->identity() << " was sent away: " << viewer.seat->sent_away.back().ShortDebugString();
    EXPECT_EQ(viewer.seat->client->state(), client::ClientState::kActive) << viewer.seat->identity();
    for (const Person& publisher : people) {
      if (&publisher == &viewer || !publisher.is_here) continue;
      for (const auto& publication : publisher.seat->client->publications()) {
        if (!publication->info().sid().empty()) expect_stream(viewer, publisher, *publication);
      }
    }
  }
  EXPECT_EQ(world.engine().participant_count(), here);
  EXPECT_THAT(world.violations(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, Chaos, testing::Range(0, 12));

}  // namespace
}  // namespace parley::sim

#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "media/transport/sctp.h"
#include "media/transport/virtual_clock.h"

namespace parley::transport::test {

struct SctpPairOptions {
  unsigned loss_percent = 0;
  uint64_t seed = 1;
  TimeDelta one_way = TimeDelta::millis(20);
  /// When set, another thread drives the stack's timers, once for each that is added here.
  std::atomic<int>* wanted_ticks = nullptr;
};

/// Two associations of one stack on an impaired link without DTLS, in virtual time.
class SctpPair {
 public:
  struct End {
    std::unique_ptr<SctpAssociation> association;
    PacketBatch packets{0};
    std::vector<SctpEvent> events;
    SctpOutputs outputs() { return {packets, events}; }

    std::vector<const SctpEvent*> of(SctpEvent::Kind kind) const {
      std::vector<const SctpEvent*> found;
      for (const SctpEvent& event : events) {
        if (event.kind == kind) found.push_back(&event);
      }
      return found;
    }
    /// Messages of one channel, as text.
    std::vector<std::string> messages(DataChannelId channel) const {
      std::vector<std::string> texts;
      for (const SctpEvent* event : of(SctpEvent::Kind::kMessage)) {
        if (event->channel == channel) texts.emplace_back(as_text(event->payload));
      }
      return texts;
    }
  };

  SctpPair(SctpStack& stack, SctpPairOptions with = {}) : options(with), stack_(stack), rng_(with.seed) {
    client.association = stack.make_association(DtlsRole::kClient, nullptr, 1);
    server.association = stack.make_association(DtlsRole::kServer, nullptr, 2);
  }

  void start() {
    for (End* end : {&client, &server}) {
      SctpOutputs out = end->outputs();
      end->association->start(out);
    }
    flush();
  }
  void connect() {
    start();
    run_until([&] { return client.association->is_connected() && server.association->is_connected(); });
  }

  DataChannelId open(End& end, const DataChannelParameters& parameters) {
    SctpOutputs out = end.outputs();
    const auto id = end.association->open_channel(parameters, out);
    PARLEY_CHECK(id.has_value());
    flush();
    return *id;
  }
  std::expected<void, SctpSendError> send(End& end, DataChannelId channel, std::string_view text,
                                          DataKind kind = DataKind::kString) {
    SctpOutputs out = end.outputs();
    const auto result = end.association->send(channel, kind, as_bytes(text), out);
    flush();
    return result;
  }
  void close(End& end, DataChannelId channel) {
    SctpOutputs out = end.outputs();
    end.association->close_channel(channel, out);
    flush();
  }

  void run_for(TimeDelta time) {
    const Timestamp end = now + time;
    while (now < end) tick();
  }
  /// Until `done`, two minutes at most.
  template <class F>
  bool run_until(F&& done) {
    const Timestamp end = now + TimeDelta::seconds(120);
    while (now < end) {
      if (done()) return true;
      tick();
    }
    return false;
  }

  SctpPairOptions options;
  End client;
  End server;
  Timestamp now;
  size_t largest_packet = 0;
  ByteVector last_packet_to_server;

 private:
  struct InFlight {
    Timestamp at;
    End* to;
    ByteVector bytes;
  };

  void tick() {
    now += kSctpTimerPeriod;
    while (!in_flight_.empty() && in_flight_.front().at <= now) {
      const InFlight arrived = std::move(in_flight_.front());
      in_flight_.pop_front();
      SctpOutputs out = arrived.to->outputs();
      arrived.to->association->on_packet(arrived.bytes, out);
      flush();
    }
    if (options.wanted_ticks != nullptr) {
      ++*options.wanted_ticks;
    } else {
      advance_virtual_clock(kSctpTimerPeriod);
      stack_.on_timer(kSctpTimerPeriod);
    }
    for (End* end : {&client, &server}) {
      SctpOutputs out = end->outputs();
      end->association->collect(out);
    }
    flush();
  }
  void flush() {
    put_on_link(client, server);
    put_on_link(server, client);
  }
  void put_on_link(End& from, End& to) {
    for (const auto& entry : from.packets.entries()) {
      largest_packet = std::max<size_t>(largest_packet, entry.size);
      if (rng_.below(100) < options.loss_percent) continue;
      const ByteView bytes = from.packets.datagram(entry);
      if (&to == &server) last_packet_to_server.assign(bytes.begin(), bytes.end());
      in_flight_.push_back({now + options.one_way, &to, ByteVector(bytes.begin(), bytes.end())});
    }
    from.packets.clear();
  }

  SctpStack& stack_;
  SeededRng rng_;
  std::deque<InFlight> in_flight_;
};

}  // namespace parley::transport::test

#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/packet_batch.h"
#include "base/rng.h"
#include "media/transport/dtls.h"

namespace parley::transport::test {

/// 2026-01-01.
inline constexpr WallTime kTestWallTime{1'767'225'600'000'000};

inline std::unique_ptr<DtlsContext> make_dtls_context() {
  auto context = DtlsContext::make(kTestWallTime);
  PARLEY_CHECK(context.has_value());
  return std::move(*context);
}

struct DtlsPairOptions {
  unsigned loss_percent = 0;
  uint64_t seed = 1;
  TimeDelta one_way = TimeDelta::millis(20);
  bool server_knows_fingerprint = true;
  bool duplicate_everything = false;
};

/// A client and a server endpoint on an impaired link, in virtual time.
class DtlsPair {
 public:
  explicit DtlsPair(DtlsPairOptions with = {}) : options(with), rng_(with.seed) {
    client.set_remote_fingerprint(server_context->fingerprint());
    if (options.server_knows_fingerprint) server.set_remote_fingerprint(client_context->fingerprint());
    DtlsOutput out = client_output();
    client.start(now_, out);
    flush();
  }

  TimeDelta elapsed() const { return now_ - Timestamp(); }

  void run_for(TimeDelta time) {
    const Timestamp end = now_ + time;
    while (step(end)) {
    }
    now_ = end;
  }
  /// Until both are connected, or a minute has passed.
  void run_until_connected() {
    const Timestamp end = now_ + TimeDelta::seconds(60);
    while ((server.state() != DtlsState::kConnected || client.state() != DtlsState::kConnected) && step(end)) {
    }
  }

  bool send_from_client(std::string_view text) {
    DtlsOutput out = client_output();
    const bool sent = client.send(as_bytes(text), out);
    flush();
    return sent;
  }
  bool send_from_server(std::string_view text) {
    DtlsOutput out = server_output();
    const bool sent = server.send(as_bytes(text), out);
    flush();
    return sent;
  }
  void close_client() {
    DtlsOutput out = client_output();
    client.close(out);
    flush();
  }
  void inject_to_server(ByteView datagram) {
    DtlsOutput out = server_output();
    server.on_datagram(datagram, now_, out);
    flush();
  }

  DtlsPairOptions options;
  std::unique_ptr<DtlsContext> server_context = make_dtls_context();
  std::unique_ptr<DtlsContext> client_context = make_dtls_context();
  DtlsEndpoint server{*server_context, DtlsRole::kServer};
  DtlsEndpoint client{*client_context, DtlsRole::kClient};
  std::vector<std::string> server_received;
  std::vector<std::string> client_received;
  std::vector<int64_t> client_sent_at_ms;
  size_t largest_datagram = 0;
  size_t datagrams = 0;

 private:
  struct InFlight {
    Timestamp at;
    DtlsEndpoint* to;
    ByteVector bytes;
  };

  DtlsOutput client_output() { return {client_out_, path_, client_application_}; }
  DtlsOutput server_output() { return {server_out_, path_, server_application_}; }

  /// To the next thing that happens, if it happens until `end`.
  bool step(Timestamp end) {
    Timestamp next = earlier(server.next_deadline(), client.next_deadline());
    for (const InFlight& f : in_flight_) next = earlier(next, f.at);
    if (next > end) return false;
    now_ = std::max(now_, next);
    const auto due = std::ranges::find_if(in_flight_, [&](const InFlight& f) { return f.at <= now_; });
    if (due != in_flight_.end()) {
      const InFlight arrived = std::move(*due);
      in_flight_.erase(due);
      DtlsOutput out = arrived.to == &client ? client_output() : server_output();
      arrived.to->on_datagram(arrived.bytes, now_, out);
    } else {
      DtlsOutput for_client = client_output();
      client.on_timer(now_, for_client);
      DtlsOutput for_server = server_output();
      server.on_timer(now_, for_server);
    }
    flush();
    return true;
  }

  void flush() {
    if (!client_out_.empty()) client_sent_at_ms.push_back(now_.ms());
    put_on_link(client_out_, server);
    put_on_link(server_out_, client);
    move_application(client_application_, client_received);
    move_application(server_application_, server_received);
  }
  void put_on_link(PacketBatch& batch, DtlsEndpoint& to) {
    for (const auto& entry : batch.entries()) {
      ++datagrams;
      largest_datagram = std::max<size_t>(largest_datagram, entry.size);
      const ByteView bytes = batch.datagram(entry);
      for (int copy = 0; copy < (options.duplicate_everything ? 2 : 1); ++copy) {
        if (rng_.below(100) < options.loss_percent) continue;
        in_flight_.push_back({now_ + options.one_way, &to, ByteVector(bytes.begin(), bytes.end())});
      }
    }
    batch.clear();
  }
  static void move_application(PacketBatch& from, std::vector<std::string>& to) {
    for (const auto& entry : from.entries()) to.emplace_back(as_text(from.datagram(entry)));
    from.clear();
  }

  SeededRng rng_;
  Timestamp now_;
  Path path_;
  PacketBatch client_out_, server_out_, client_application_, server_application_;
  std::deque<InFlight> in_flight_;
};

}  // namespace parley::transport::test

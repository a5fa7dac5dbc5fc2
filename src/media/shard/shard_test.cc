#include "media/shard/shard.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "media/shard/clock.h"
#include "media/shard/sockaddr.h"
#include "media/wire/stun.h"

namespace parley::shard {
namespace {

constexpr uint32_t kLoopback = 0x7f000001;

/// A plain socket of a client, blocking with a deadline so that a lost packet fails the test instead of hanging it.
class ClientSocket {
 public:
  explicit ClientSocket(int type, SocketAddress server) : fd_(::socket(AF_INET, type, 0)) {
    const timeval patience{5, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_storage to{};
    const socklen_t size = to_sockaddr(server, false, to);
    is_connected_ = ::connect(fd_.get(), as_sockaddr(to), size) == 0;
  }
  bool is_connected() const { return is_connected_; }
  void send(ByteView bytes) { EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), 0), std::ssize(bytes)); }
  ByteVector receive(size_t max = 65'536) {
    ByteVector buffer(max);
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    buffer.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return buffer;
  }
  SocketAddress local() const { return SocketAddress::v4(kLoopback, bound_port(fd_.get())); }

 private:
  Fd fd_;
  bool is_connected_ = false;
};

/// Answers every datagram with itself.
class Echo : public ShardDriver {
 public:
  void on_datagrams(std::span<const Datagram> datagrams, Now) override {
    for (const Datagram& datagram : datagrams) {
      batch_.append(datagram.from, datagram.bytes);
      ++seen;
    }
  }
  void end_pass(Now) override {}
  void on_timer(Now) override {
    deadline_ = Timestamp::never();
    timer_fired.set_value();
  }
  Timestamp next_deadline() const override { return deadline_; }
  PacketBatch& packets() override { return batch_; }
  void set_deadline(Timestamp at) { deadline_ = at; }

  std::atomic<int> seen{0};
  std::promise<void> timer_fired;

 private:
  PacketBatch batch_;
  Timestamp deadline_ = Timestamp::never();
};

struct Running {
  std::vector<std::unique_ptr<Shard>> shards;
  std::vector<Echo*> echoes;
  uint16_t udp = 0;
  uint16_t tcp = 0;

  explicit Running(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      auto udp_socket = UdpSocket::bind(udp);
      auto acceptor = TcpAcceptor::bind(tcp, i);
      PARLEY_CHECK(udp_socket && acceptor);
      udp = (*udp_socket)->port();
      tcp = (*acceptor)->port();
      auto driver = std::make_unique<Echo>();
      echoes.push_back(driver.get());
      shards.push_back(std::make_unique<Shard>(i, count, Shard::Sockets{std::move(*udp_socket), std::move(*acceptor)},
                                               std::move(driver)));
    }
    Shard::connect(shards);
    for (const auto& shard : shards) shard->start();
  }
  ~Running() {
    for (const auto& shard : shards) shard->stop();
  }
};

ByteVector check_for(std::string_view ufrag) {
  const wire::StunMessage message =
      wire::make_binding_request({.username = std::string(ufrag) + ":client", .priority = 1});
  ByteVector bytes(wire::kStunMaxSize);
  bytes.resize(wire::serialize_stun(message, as_bytes("password"), bytes));
  return bytes;
}

TEST(UdpSocket, SendsRunsOfEqualSizeAsOneMessageAndKeepsTheirBoundaries) {
  const auto out = UdpSocket::bind(0);
  const auto in = UdpSocket::bind(0);
  ASSERT_TRUE(out && in);
  const Path path{SocketAddress::v4(kLoopback, (*in)->port())};
  PacketBatch batch;
  for (uint8_t i = 0; i < 6; ++i) batch.append(path, ByteVector(i == 5 ? 400 : 1000, i));
  batch.append(path, ByteVector(900, 6));
  (*out)->send(batch);
  std::vector<ByteVector> received;
  while (true) {
    const auto datagrams = (*in)->receive();
    if (datagrams.empty()) break;
    for (const Datagram& datagram : datagrams) received.emplace_back(datagram.bytes.begin(), datagram.bytes.end());
  }
  ASSERT_EQ(received.size(), 7u);
  for (uint8_t i = 0; i < 7; ++i) EXPECT_EQ(received[i], ByteVector(i == 5 ? 400 : i == 6 ? 900 : 1000, i));
  EXPECT_EQ((*out)->counters().sent_datagrams, 7u);
  if ((*out)->is_segmenting()) EXPECT_EQ((*out)->counters().sent_messages, 2u);
}

TEST(UdpSocket, SharesItsPortWithSiblings) {
  const auto first = UdpSocket::bind(0);
  ASSERT_TRUE(first);
  const auto second = UdpSocket::bind((*first)->port());
  ASSERT_TRUE(second);
  EXPECT_EQ((*first)->port(), (*second)->port());
}

TEST(UdpSocket, ReachesBothFamilies) {
  const auto out = UdpSocket::bind(0);
  const auto in = UdpSocket::bind(0);
  ASSERT_TRUE(out && in);
  PacketBatch batch;
  batch.append(Path{SocketAddress::v4(kLoopback, (*in)->port())}, ByteVector{4});
  const bool has_v6 = std::system("test -e /proc/net/if_inet6 && grep -q ' lo$' /proc/net/if_inet6") == 0;
  if (has_v6) batch.append(Path{*SocketAddress::parse("::1", (*in)->port())}, ByteVector{6});
  (*out)->send(batch);
  std::vector<std::pair<bool, uint8_t>> received;
  for (const Datagram& datagram : (*in)->receive())
    received.emplace_back(datagram.from.remote.is_v4(), datagram.bytes[0]);
  ASSERT_EQ(received.size(), has_v6 ? 2u : 1u);
  for (const auto& [is_v4, value] : received) EXPECT_EQ(value, is_v4 ? 4 : 6);
}

TEST(Steering, FollowsTheCheckOfATuple) {
  Steering steering(0, 2);
  const Path path{SocketAddress::v4(kLoopback, 1000)};
  const ByteVector rtp(20, 0x80);
  EXPECT_EQ(steering.decide_owner(path, rtp, {}), 0u) << "nothing is known yet";
  EXPECT_EQ(steering.decide_owner(path, check_for("1abc"), {}), 1u);
  EXPECT_EQ(steering.decide_owner(path, rtp, {}), 1u);
  EXPECT_EQ(steering.decide_owner(path, check_for("0abc"), {}), 0u) << "the tuple has a new owner";
  EXPECT_EQ(steering.decide_owner(path, rtp, {}), 0u);
  EXPECT_EQ(steering.decide_owner(path, check_for("9abc"), {}), 0u) << "there is no shard 9";
}

TEST(Steering, NeverHoldsMoreThanItsBound) {
  Steering steering(0, 2);
  const ByteVector check = check_for("1abc");
  for (uint32_t i = 0; i < Steering::kMaxEntries + 100; ++i) {
    steering.decide_owner(Path{SocketAddress::v4(0x0a000000 + i, 1)}, check, {});
  }
  EXPECT_EQ(steering.size(), Steering::kMaxEntries);
}

TEST(Shard, AnswersOverUdp) {
  Running running(1);
  ClientSocket client(SOCK_DGRAM, SocketAddress::v4(kLoopback, running.udp));
  client.send(ByteVector{1, 2, 3});
  EXPECT_EQ(client.receive(), (ByteVector{1, 2, 3}));
}

TEST(Shard, AnswersOverTcpWithFrames) {
  Running running(1);
  ClientSocket client(SOCK_STREAM, SocketAddress::v4(kLoopback, running.tcp));
  ASSERT_TRUE(client.is_connected());
  client.send(ByteVector{0, 3, 7, 8, 9, 0, 1});
  EXPECT_EQ(client.receive(5), (ByteVector{0, 3, 7, 8, 9}));
  client.send(ByteVector{5});
  EXPECT_EQ(client.receive(3), (ByteVector{0, 1, 5}));
}

TEST(Shard, ClosesATcpConnectionThatAnnouncesAnEndlessFrame) {
  Running running(1);
  ClientSocket client(SOCK_STREAM, SocketAddress::v4(kLoopback, running.tcp));
  client.send(ByteVector{0xff, 0xff, 1, 2});
  EXPECT_TRUE(client.receive().empty()) << "end of stream";
}

TEST(Shard, HandsWhatIsNotItsOwnToTheOwner) {
  Running running(2);
  // Tuples land on either shard; whichever it is, the owner named by the check must see both datagrams.
  for (int i = 0; i < 16; ++i) {
    ClientSocket client(SOCK_DGRAM, SocketAddress::v4(kLoopback, running.udp));
    const int before = running.echoes[1]->seen;
    const ByteVector check = check_for("1abc");
    client.send(check);
    EXPECT_EQ(client.receive(), check);
    client.send(ByteVector(20, 0x80));
    EXPECT_EQ(client.receive(), ByteVector(20, 0x80));
    EXPECT_EQ(running.echoes[1]->seen, before + 2);
  }
  EXPECT_EQ(running.echoes[0]->seen, 0);
}

TEST(Shard, AnswersOverTheTcpConnectionOfAnotherShard) {
  Running running(2);
  for (int i = 0; i < 8; ++i) {
    ClientSocket client(SOCK_STREAM, SocketAddress::v4(kLoopback, running.tcp));
    const ByteVector check = check_for("1abc");
    ByteVector frame{0, static_cast<uint8_t>(check.size())};
    frame.insert(frame.end(), check.begin(), check.end());
    client.send(frame);
    EXPECT_EQ(client.receive(frame.size()), frame);
  }
  EXPECT_EQ(running.echoes[0]->seen, 0);
}

TEST(Shard, RunsTasksAndTimersOnItsThread) {
  Running running(1);
  auto fired = running.echoes[0]->timer_fired.get_future();
  std::promise<std::thread::id> id;
  ASSERT_TRUE(running.shards[0]->post([&](Now now) {
    id.set_value(std::this_thread::get_id());
    running.echoes[0]->set_deadline(now.mono + TimeDelta::millis(5));
  }));
  EXPECT_NE(id.get_future().get(), std::this_thread::get_id());
  EXPECT_EQ(fired.wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST(Shard, RunsWhatWasPostedBeforeItStops) {
  Running running(1);
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(running.shards[0]->post([&ran](Now) { ++ran; }));
  running.shards[0]->stop();
  EXPECT_EQ(ran, 100);
}

}  // namespace
}  // namespace parley::shard

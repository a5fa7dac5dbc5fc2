#include "edge/gateway/gateway.h"

#include <thread>

#include "edge/gateway/test_gateway.h"

namespace parley::gateway {
namespace {

TEST_F(GatewayTest, ConnectsAndCarriesEventsBothWays) {
  options_.recovery_window = TimeDelta::zero();
  start();
  TestClient client(port());
  const std::string welcome = client.connect(R"({"token":"t"})");
  const SocketPtr socket = owner_.sockets.take();
  EXPECT_EQ(welcome, R"(40{"sid":")" + socket->id() + "\"}");
  client.send(R"(427["ask",{"a":1}])");
  Happened asked = owner_.events.take();
  EXPECT_EQ(asked.event.name, "ask");
  EXPECT_EQ(asked.event.arguments.values, std::vector<std::string>{R"({"a":1})"});
  asked.event.ack({"true"}, {});
  asked.event.ack({"false"}, {});
  EXPECT_EQ(client.next(), "437[true]");
  socket->emit({.name = "told", .arguments = {"1"}});
  EXPECT_EQ(client.next(), R"(42["told",1])");
}

TEST_F(GatewayTest, CarriesBinaryBothWays) {
  options_.recovery_window = TimeDelta::zero();
  start();
  TestClient client(port());
  client.connect();
  client.send(R"(451-["b",{"_placeholder":true,"num":0}])");
  client.send_binary("\1\2");
  const Happened got = owner_.events.take();
  EXPECT_EQ(got.event.arguments.attachments, std::vector<std::string>{"\1\2"});
  got.socket->emit({.name = "b", .arguments = {R"({"_placeholder":true,"num":0})"}, .attachments = {"\3"}});
  EXPECT_EQ(client.next(), R"(451-["b",{"_placeholder":true,"num":0}])");
  EXPECT_EQ(client.next(), "\3");
}

TEST_F(GatewayTest, LetsTheOwnerDecideLaterOnAnotherThread) {
  owner_.holds_requests = true;
  start();
  TestClient client(port());
  client.send(R"(40{"token":"t"})");
  const auto request = owner_.requests.take();
  EXPECT_EQ(request->auth(), R"({"token":"t"})");
  EXPECT_FALSE(request->is_recovered());
  SocketPtr socket;
  std::thread([&] { socket = request->accept({}); }).join();
  ASSERT_TRUE(socket);
  EXPECT_TRUE(client.next().starts_with(R"(40{"sid":")"));
  EXPECT_EQ(request->accept({}), nullptr) << "once";
}

TEST_F(GatewayTest, RefusesWithAMessageAndData) {
  owner_.holds_requests = true;
  start();
  TestClient client(port());
  client.send("40");
  owner_.requests.take()->refuse("no", R"({"code":"unauthenticated"})");
  EXPECT_EQ(client.next(), R"(44{"message":"no","data":{"code":"unauthenticated"}})");
  client.send("40");
  EXPECT_TRUE(owner_.requests.take()->accept({})) << "it may try again";
}

TEST_F(GatewayTest, RefusesWhomTheOwnerForgot) {
  owner_.holds_requests = true;
  start();
  TestClient client(port());
  client.send("40");
  owner_.requests.take().reset();
  EXPECT_EQ(client.next(), R"(44{"message":"Unavailable"})");
}

TEST_F(GatewayTest, HasNoSocketForAClientThatLeftBeforeTheDecision) {
  owner_.holds_requests = true;
  start();
  TestClient client(port());
  client.send("40");
  const auto request = owner_.requests.take();
  client.drop();
  ASSERT_TRUE(wait_until([&] { return gateway_->stats().engine.connections_now == 0; }));
  EXPECT_EQ(request->accept({}), nullptr);
  EXPECT_EQ(gateway_->stats().sockets_now, 0u);
}

TEST_F(GatewayTest, ServesOnlyItsNamespaces) {
  options_.namespaces = {"/", "/support"};
  start();
  TestClient client(port());
  client.send("40/nobody,");
  EXPECT_EQ(client.next(), R"(44/nobody,{"message":"Invalid namespace"})");
  client.send("40/support,");
  EXPECT_TRUE(client.next().starts_with("40/support,{"));
  client.send("40");
  EXPECT_TRUE(client.next().starts_with("40{"));
  EXPECT_EQ(owner_.sockets.take()->namespace_name(), "/support");
}

TEST_F(GatewayTest, ClosesClientsThatBreakTheProtocol) {
  start();
  for (const char* packet : {"4abc", "42{}", R"(42["early"])", R"(4511-["bomb"])", "4/", "4"}) {
    TestClient client(port());
    client.send(packet);
    EXPECT_EQ(client.next(), "closed 1000") << packet;
  }
  TestClient twice(port());
  twice.connect();
  twice.send("40");
  EXPECT_EQ(twice.next(), "closed 1000");
  EXPECT_EQ(owner_.left.take().reason, DisconnectReason::kParseError);
}

TEST_F(GatewayTest, ClosesAnAttachmentThatNobodyAnnouncedAndTextInsteadOfOne) {
  start();
  TestClient unannounced(port());
  unannounced.connect();
  unannounced.send_binary("x");
  EXPECT_EQ(unannounced.next(), "closed 1000");
  TestClient missing(port());
  missing.connect();
  missing.send(R"(451-["b",{"_placeholder":true,"num":0}])");
  missing.send(R"(42["x"])");
  EXPECT_EQ(missing.next(), "closed 1000");
}

TEST_F(GatewayTest, ClosesAMessageOverTheLimit) {
  options_.engine.max_payload = 1000;
  start();
  TestClient client(port());
  client.connect();
  client.send("42[\"" + std::string(1000, 'x') + "\"]");
  EXPECT_EQ(client.next(), "closed 1009");
  client.drop();
  EXPECT_EQ(owner_.left.take().reason, DisconnectReason::kTransportError);
}

TEST_F(GatewayTest, GivesASocketsEventsOneAtATime) {
  start();
  TestClient client(port());
  client.connect();
  for (int i = 0; i < 3; ++i) client.send("42[\"e\"," + std::to_string(i) + "]");
  for (int i = 0; i < 3; ++i) {
    const Happened happened = owner_.events.take();
    EXPECT_EQ(happened.event.arguments.values[0], std::to_string(i));
    client.send(R"(42["e",9])");
    EXPECT_TRUE(owner_.events.is_empty()) << "its turn has not ended";
  }
}

TEST_F(GatewayTest, TellsOfTheEndAfterTheLastEvent) {
  start();
  TestClient client(port());
  client.connect();
  client.send(R"(42["a"])");
  client.send(R"(42["b"])");
  client.send("41");
  {
    const Happened first = owner_.events.take();
    ASSERT_TRUE(wait_until([&] { return !first.socket->is_connected(); }));
    EXPECT_TRUE(owner_.left.is_empty());
  }
  EXPECT_EQ(owner_.events.take().event.name, "b");
  EXPECT_EQ(owner_.left.take().reason, DisconnectReason::kClientNamespaceDisconnect);
}

TEST_F(GatewayTest, ClosesAClientThatFloods) {
  options_.waiting_events = 10;
  start();
  TestClient client(port());
  client.connect();
  client.send(R"(42["first"])");
  const Happened held = owner_.events.take();
  for (int i = 0; i < 11; ++i) client.send(R"(42["e"])");
  EXPECT_EQ(client.next(), "closed 1000");
  const_cast<Happened&>(held).event.turn.end();
  EXPECT_EQ(owner_.left.take().reason, DisconnectReason::kFlood);
  EXPECT_TRUE(owner_.events.is_empty()) << "what waited is dropped";
}

TEST_F(GatewayTest, WaitsForAClientsAcknowledgement) {
  start();
  TestClient client(port());
  client.connect();
  const SocketPtr socket = owner_.sockets.take();
  Happenings<std::optional<Arguments>> answers;
  const auto ask = [&](TimeDelta timeout) {
    socket->emit_with_ack({.name = "q"}, timeout,
                          [&](std::optional<Arguments> answer) { answers.add(std::move(answer)); });
  };
  ask(TimeDelta::seconds(60));
  EXPECT_EQ(client.next(), R"(420["q"])");
  client.send(R"(430["yes",2])");
  EXPECT_EQ(answers.take()->values, (std::vector<std::string>{R"("yes")", "2"}));
  client.send("430[]");
  ask(TimeDelta::millis(1));
  EXPECT_FALSE(answers.take()) << "timed out";
  ask(TimeDelta::seconds(60));
  client.drop();
  EXPECT_FALSE(answers.take()) << "gone";
}

TEST_F(GatewayTest, DisconnectsASocketAndLeavesTheConnection) {
  options_.namespaces = {"/", "/support"};
  start();
  TestClient client(port());
  client.connect();
  const SocketPtr socket = owner_.sockets.take();
  client.send("40/support,");
  client.next();
  socket->disconnect(CloseTransport::kNo);
  EXPECT_EQ(client.next(), "41");
  EXPECT_EQ(owner_.left.take().reason, DisconnectReason::kServerNamespaceDisconnect);
  client.send(R"(42["late"])");
  client.send(R"(42/support,["still"])");
  EXPECT_EQ(owner_.events.take().event.name, "still");
}

TEST_F(GatewayTest, DisconnectsASocketWithItsConnection) {
  start();
  TestClient client(port());
  client.connect();
  owner_.sockets.take()->disconnect(CloseTransport::kYes);
  EXPECT_EQ(client.next(), "41");
  EXPECT_EQ(client.next(), "closed 1000");
}

TEST_F(GatewayTest, ClosesAConnectionWithoutASocketInTime) {
  options_.connect_timeout = TimeDelta::millis(30);
  options_.engine.upgrade_timeout = TimeDelta::millis(100);  // Makes the timer look often.
  start();
  TestClient client(port());
  EXPECT_EQ(client.next(), "closed 1000");
}

TEST_F(GatewayTest, EndsEveryConnectionWhenItStops) {
  start();
  TestClient client(port());
  client.connect();
  const std::string sid = member(body_of(talk("GET", "EIO=4&transport=polling")), "sid");
  net::TestSocket poll(port());
  poll.send("GET /socket.io/?EIO=4&transport=polling&sid=" + sid + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto is_waiting = [&] { return handled_ == 3; };
  ASSERT_TRUE(wait_until(is_waiting));
  gateway_->stop();
  EXPECT_EQ(client.next(), "closed 1000");
  EXPECT_TRUE(poll.read_all().ends_with("\r\n\r\n1"));
  EXPECT_EQ(owner_.left.take().reason, DisconnectReason::kServerShuttingDown);
  EXPECT_TRUE(talk("GET", "EIO=4&transport=polling").starts_with("HTTP/1.1 503 "));
}

TEST_F(GatewayTest, DropsAReaderThatIsTooSlow) {
  options_.engine.slow_bytes = 200'000;
  start();
  TestClient client(port(), "", 4096);
  client.connect();
  const SocketPtr socket = owner_.sockets.take();
  const std::string big = "\"" + std::string(50'000, 'x') + "\"";
  for (int i = 0; i < 400 && socket->is_connected(); ++i) socket->emit({.name = "e", .arguments = {big}});
  EXPECT_EQ(owner_.left.take().reason, DisconnectReason::kSlowConsumer);
  EXPECT_EQ(gateway_->stats().slow_consumers, 1u);
}

TEST_F(GatewayTest, DropsVolatileEventsForThoseWhoCannotTakeThem) {
  options_.recovery_window = TimeDelta::zero();
  start();
  const std::string sid = member(body_of(talk("GET", "EIO=4&transport=polling")), "sid");
  const std::string own = "EIO=4&transport=polling&sid=" + sid;
  EXPECT_EQ(body_of(talk("POST", own, "", "40")), "ok");
  const SocketPtr socket = owner_.sockets.take();
  EXPECT_TRUE(body_of(talk("GET", own)).starts_with("40{"));
  socket->emit({.name = "typing", .delivery = OutgoingEvent::Delivery::kVolatile});
  socket->emit({.name = "message"});
  EXPECT_EQ(body_of(talk("GET", own)), R"(42["message"])");
  EXPECT_EQ(gateway_->stats().volatile_dropped, 1u);
}

TEST_F(GatewayTest, KeepsTheHandshake) {
  start();
  TestClient client(port(), "&a=b%20c");
  client.connect();
  const SocketPtr socket = owner_.sockets.take();
  EXPECT_EQ(socket->handshake().query.at("a"), "b c");
  EXPECT_EQ(socket->handshake().remote_address, "127.0.0.1");
  EXPECT_FALSE(socket->handshake().headers.has("Upgrade")) << "only what was asked for";
}

TEST_F(GatewayTest, CompressesLargePacketsForThoseWhoOfferIt) {
  options_.recovery_window = TimeDelta::zero();
  start();
  net::TestSocket client(port());
  client.send(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n");
  EXPECT_TRUE(client.read_until("\r\n\r\n").contains("\r\nSec-WebSocket-Extensions: permessage-deflate; "));
  net::WebSocketReader reader(net::WebSocketSide::kClient, 100'000, net::WebSocketCompression::kDeflate);
  std::vector<net::WebSocketEvent> events;
  size_t bytes = 0;
  const auto next = [&] {
    for (events.clear(); events.empty(); ++bytes) reader.consume(as_bytes(client.read(1)), events);
    return events.front().payload;
  };
  next();
  std::string connect;
  net::append_websocket_frame(connect, net::WebSocketOpcode::kText, "40", std::array<uint8_t, 4>{1, 2, 3, 4});
  client.send(connect);
  next();
  TestClient plain(port());
  plain.connect();
  const std::string big = "\"" + std::string(50'000, 'x') + "\"";
  bytes = 0;
  gateway_->emit("/", {}, {.name = "e", .arguments = {big}});
  EXPECT_EQ(next(), "42[\"e\"," + big + "]");
  EXPECT_LT(bytes, 500u);
  EXPECT_EQ(plain.next(), "42[\"e\"," + big + "]");
}

}  // namespace
}  // namespace parley::gateway

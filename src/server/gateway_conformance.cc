#include "server/gateway_conformance.h"

#include <algorithm>

#include "base/guarded.h"
#include "edge/gateway/engine_server.h"
#include "edge/gateway/gateway.h"
#include "json/reader.h"
#include "json/writer.h"
#include "net/loop.h"

namespace parley::server {
namespace {

using gateway::OutgoingEvent;
using gateway::PayloadKind;
using gateway::SocketPtr;

// ---- Engine.IO alone ----

enum class EngineProfile : uint8_t { kProtocol, kClient };

void send(gateway::EngineConnection& connection, PayloadKind kind, std::string_view data) {
  auto message = std::make_shared<gateway::EngineMessage>();
  if (kind == PayloadKind::kText) {
    message->add(gateway::EngineType::kMessage, data);
  } else {
    message->add_binary(data);
  }
  connection.send(message);
}

/// Sends every message back; for the client's suite it says "hi" first and knows three questions.
class Echo final : public gateway::EngineListener {
 public:
  Echo(gateway::EngineConnectionPtr connection, EngineProfile profile)
      : connection_(std::move(connection)), profile_(profile) {}

  void on_open() override {
    if (profile_ == EngineProfile::kClient) send(*connection_, PayloadKind::kText, "hi");
  }
  void on_message(PayloadKind kind, std::string data) override {
    if (profile_ == EngineProfile::kClient && kind == PayloadKind::kText && answer(data)) return;
    send(*connection_, kind, data);
  }
  void on_close(gateway::DisconnectReason /*reason*/) override {}

 private:
  bool answer(std::string_view question) {
    if (question == "give binary") {
      send(*connection_, PayloadKind::kBinary, {"\0\1\2\3\4", 5});
    } else if (question == "give utf8") {
      send(*connection_, PayloadKind::kText, "пойду спать всем спокойной ночи");
    } else if (question == "sendHeaders") {
      send(*connection_, PayloadKind::kText, json::to_json(last_headers()));
    } else {
      return false;
    }
    return true;
  }
  std::map<std::string, std::string> last_headers() const {
    std::map<std::string, std::string> headers;
    for (auto [name, value] : connection_->last_post_headers().fields()) {
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      headers[name] = value;
    }
    return headers;
  }

  const gateway::EngineConnectionPtr connection_;
  const EngineProfile profile_;
};

gateway::EngineOptions engine_options(EngineProfile profile) {
  gateway::EngineOptions options;
  options.path = "/engine.io/";
  if (profile == EngineProfile::kProtocol) {
    options.ping_interval = TimeDelta::millis(300);
    options.ping_timeout = TimeDelta::millis(200);
    return options;
  }
  options.ping_interval = TimeDelta::millis(500);
  options.max_payload = 100;
  options.kept_headers = {"*"};
  options.may_connect = [](const net::HttpRequest& request) { return !request.query.contains("deny"); };
  options.handshake_cookies = {"1=1; Max-Age=86400", "2=2; Path=/; HttpOnly; Secure; SameSite=Strict", "3=3; Max-Age=0",
                               "4=4; Expires=Thu, 01 Jan 1970 00:00:00 GMT"};
  return options;
}

class EngineConformance final : public GatewayConformance, gateway::EngineHandler {
 public:
  EngineConformance(EngineProfile profile, Rng& rng)
      : profile_(profile), server_(engine_options(profile), *this, rng) {}

  bool handle(const std::shared_ptr<net::HttpExchange>& exchange) override {
    if (!server_.owns(exchange->request().path)) return false;
    server_.handle(exchange);
    return true;
  }
  void stop() override { server_.stop(); }

 private:
  std::unique_ptr<gateway::EngineListener> make_listener(const gateway::EngineConnectionPtr& connection) override {
    return std::make_unique<Echo>(connection, profile_);
  }
  void on_tick(Timestamp /*now*/) override {}

  const EngineProfile profile_;
  gateway::EngineServer server_;
};

// ---- Socket.IO ----

using Texts = std::vector<std::string_view>;

void emit(const SocketPtr& socket, std::string_view name, const Texts& arguments = {}, const Texts& attachments = {}) {
  socket->emit({name, arguments, attachments, OutgoingEvent::Delivery::kReliable});
}

Texts views(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

/// As the reference shows it to its users, as far as the suite looks.
struct HandshakeView {
  std::map<std::string, std::string> headers;
  std::string address;
  std::string url;
  std::map<std::string, std::string> query;
  json::Raw auth;
};
BOOST_DESCRIBE_STRUCT(HandshakeView, (), (headers, address, url, query, auth))

std::string handshake_json(const gateway::Handshake& handshake, const std::string& auth) {
  HandshakeView view{{}, handshake.remote_address, handshake.target, handshake.query, {auth}};
  for (const auto& [name, value] : handshake.headers.fields()) view.headers[name] = value;
  return json::to_json(view);
}

/// The events of the protocol's own suite.
class ProtocolEvents final : public gateway::GatewayHandler {
 public:
  void on_connect(std::shared_ptr<gateway::ConnectRequest> request) override {
    if (const SocketPtr socket = request->accept({})) emit(socket, "auth", {request->auth()});
  }
  void on_event(const SocketPtr& socket, gateway::IncomingEvent event) override {
    const Texts values = views(event.arguments.values);
    const Texts attachments = views(event.arguments.attachments);
    if (event.name == "message") emit(socket, "message-back", values, attachments);
    if (event.name == "message-with-ack" && event.ack) event.ack(values, attachments);
  }
  void on_disconnect(const SocketPtr& /*socket*/, gateway::DisconnectReason /*reason*/) override {}
};

constexpr std::string_view kDate = R"("2026-01-02T03:04:05.678Z")";
constexpr std::string_view kPlaceholder = R"({"_placeholder":true,"num":0})";

bool is_binary(const gateway::IncomingEvent& event) {
  return event.arguments.attachments.size() == 1 && !event.arguments.values.empty() &&
         event.arguments.values[0].contains("_placeholder");
}

/// The events of the client's suite.
class ClientEvents final : public gateway::GatewayHandler {
 public:
  void on_connect(std::shared_ptr<gateway::ConnectRequest> request) override {
    const std::string& name = request->namespace_name();
    if (name == "/no") return request->refuse("Auth failed (custom namespace)", {});
    if (name == "/" && request->handshake().query.contains("fail")) {
      return request->refuse("Auth failed (main namespace)", {});
    }
    const std::string auth = request->auth();
    const SocketPtr socket = request->accept({{}, {}, std::make_shared<std::string>(auth)});
    if (socket && name == "/abc") emit(socket, "handshake", {handshake_json(socket->handshake(), auth)});
  }

  void on_event(const SocketPtr& socket, gateway::IncomingEvent event) override {
    if (answer_by_ack(socket, event) || answer_by_name(socket, event.name)) return;
    if (event.name == "ack") {
      socket->emit_with_ack({.name = "ack"}, TimeDelta::seconds(5), [socket](const auto& answer) {
        if (answer && answer->values.size() == 2 && answer->values[0] == "5") emit(socket, "got it");
      });
    } else if (event.name == "getUtf8") {
      for (const std::string_view text : {"てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"}) {
        emit(socket, "takeUtf8", {json::to_json(text)});
      }
    } else if (event.name == "doge" || event.name == "getbin") {
      emit(socket, event.name == "doge" ? "doge" : "takebin", {kPlaceholder}, {"asdfasdf"});
    } else {
      answer_binary(socket, event);
    }
  }
  void on_disconnect(const SocketPtr& /*socket*/, gateway::DisconnectReason /*reason*/) override {}

 private:
  static bool answer_by_ack(const SocketPtr& socket, const gateway::IncomingEvent& event) {
    if (!event.ack) return false;
    if (event.name == "echo") {
      Texts values = views(event.arguments.values);
      values.resize(std::min<size_t>(values.size(), 1));
      event.ack(values, views(event.arguments.attachments));
    } else if (event.name == "getAckDate") {
      event.ack({kDate}, {});
    } else if (event.name == "getId") {
      event.ack({json::to_json(socket->id())}, {});
    } else if (event.name == "getHandshake") {
      const auto auth = std::static_pointer_cast<std::string>(socket->data());
      event.ack({handshake_json(socket->handshake(), auth ? *auth : "{}")}, {});
    } else {
      return false;
    }
    return true;
  }

  static bool answer_by_name(const SocketPtr& socket, std::string_view name) {
    if (name == "hi") {
      emit(socket, "hi");
    } else if (name == "getDate") {
      emit(socket, "takeDate", {kDate});
    } else if (name == "getDateObj") {
      emit(socket, "takeDateObj", {R"({"date":)" + std::string(kDate) + "}"});
    } else if (name == "false") {
      emit(socket, "false", {"false"});
    } else {
      return false;
    }
    return true;
  }

  /// The last of a series answers, when all of it has the form it should have; order is kept by the gateway.
  static void answer_binary(const SocketPtr& socket, const gateway::IncomingEvent& event) {
    struct Answer {
      std::string_view event;
      std::string_view answer;
    };
    static constexpr Answer kAnswers[] = {
        {"buffa", "buffack"}, {"jsonbuff", "jsonbuff-ack"}, {"abuff2", "abuff2-ack"},
        {"blob", "back"},     {"jsonblob", "jsonblob-ack"}, {"blob3", "blob3-ack"},
    };
    for (const Answer& answer : kAnswers) {
      const bool may_be_plain = answer.event == "abuff2";
      if (answer.event == event.name && (may_be_plain || is_binary(event))) emit(socket, answer.answer);
    }
  }
};

gateway::GatewayOptions socket_options(bool is_client_suite) {
  gateway::GatewayOptions options;
  if (is_client_suite) {
    options.engine.ping_interval = TimeDelta::millis(2000);
    options.engine.kept_headers = {"*"};
    options.namespaces = {"/", "/foo", "/timeout_socket", "/valid", "/asd", "/abc", "/no"};
    return options;
  }
  options.engine.ping_interval = TimeDelta::millis(300);
  options.engine.ping_timeout = TimeDelta::millis(200);
  options.namespaces = {"/", "/custom"};
  options.recovery_window = TimeDelta::zero();
  return options;
}

/// Holds handshakes back for the 10 ms of the suite's own server: with less, a client that waits for 0 ms would now and
/// then be connected before it has given up.
class LateHandshakes final : public net::LoopMember {
 public:
  using Handle = std::function<void(std::shared_ptr<net::HttpExchange>)>;
  LateHandshakes(net::Loop& loop, Handle handle) : loop_(loop), handle_(std::move(handle)) {}

  void add(std::shared_ptr<net::HttpExchange> exchange) {
    waiting_.with([&](auto& list) { list.emplace_back(net::Loop::now() + kDelay, std::move(exchange)); });
  }
  void on_tick(Timestamp now) override {
    const auto due = waiting_.with([now](Waiting& list) {
      const auto later = std::ranges::find_if(list, [now](const auto& entry) { return entry.first > now; });
      Waiting found(std::make_move_iterator(list.begin()), std::make_move_iterator(later));
      list.erase(list.begin(), later);
      return found;
    });
    for (const auto& [time, exchange] : due) handle_(exchange);
  }
  void on_drain() override {}
  void abort() override { loop_.remove(*this); }

 private:
  using Waiting = std::vector<std::pair<Timestamp, std::shared_ptr<net::HttpExchange>>>;
  static constexpr TimeDelta kDelay = TimeDelta::millis(10);

  net::Loop& loop_;
  const Handle handle_;
  Guarded<Waiting> waiting_;
};

template <class Events>
class SocketConformance final : public GatewayConformance {
 public:
  explicit SocketConformance(Rng& rng) : gateway_(socket_options(kIsClientSuite), events_, rng) {
    loop_->start();
    loop_->post([loop = loop_.get(), late = late_] { loop->add(late); });
  }
  ~SocketConformance() override { loop_->stop(); }

  bool handle(const std::shared_ptr<net::HttpExchange>& exchange) override {
    if (!gateway_.owns(exchange->request().path)) return false;
    if (kIsClientSuite && !exchange->request().query.contains("sid")) {
      late_->add(exchange);
    } else {
      gateway_.handle(exchange);
    }
    return true;
  }
  void stop() override {
    loop_->stop();
    gateway_.stop();
  }

 private:
  static constexpr bool kIsClientSuite = std::is_same_v<Events, ClientEvents>;

  Events events_;
  gateway::Gateway gateway_;
  const std::shared_ptr<net::Loop> loop_ = std::make_shared<net::Loop>(TimeDelta::millis(5));
  const std::shared_ptr<LateHandshakes> late_ = std::make_shared<LateHandshakes>(
      *loop_, [this](std::shared_ptr<net::HttpExchange> exchange) { gateway_.handle(std::move(exchange)); });
};

}  // namespace

std::unique_ptr<GatewayConformance> make_gateway_conformance(std::string_view profile, Rng& rng) {
  if (profile == "engine.io") return std::make_unique<EngineConformance>(EngineProfile::kProtocol, rng);
  if (profile == "engine.io-client") return std::make_unique<EngineConformance>(EngineProfile::kClient, rng);
  if (profile == "socket.io") return std::make_unique<SocketConformance<ProtocolEvents>>(rng);
  if (profile == "socket.io-client") return std::make_unique<SocketConformance<ClientEvents>>(rng);
  return nullptr;
}

}  // namespace parley::server

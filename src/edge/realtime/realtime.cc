#include "edge/realtime/realtime.h"

#include <fmt/format.h>

#include "base/log.h"
#include "edge/api/problem_json.h"
#include "edge/api/request.h"
#include "edge/realtime/audience.h"
#include "edge/realtime/event_table.h"
#include "edge/realtime/known_fields.h"
#include "edge/realtime/own_events.h"
#include "json/reader.h"
#include "json/writer.h"
#include "net/clock.h"

namespace parley::realtime {
namespace {

namespace chat = product::chat;
namespace events = product::events;
using gateway::OutgoingEvent;
using product::Outcome;
using product::Problem;
using product::ProblemCode;
using product::refuse;
using product::Tx;
using product::UserId;

constexpr std::string_view kNamespace = "/";
constexpr std::string_view kLogChannel = "log";
/// Events told one by one to a client that was away; more are a matter for GET /sync (product.md 3.3).
constexpr int64_t kMaxMissed = 10'000;
/// Conversations that `ready` names; who has more asks GET /sync for all.
constexpr size_t kMaxListed = 5'000;
constexpr int64_t kSyncPage = 100;
constexpr TimeDelta kAnnounce = TimeDelta::seconds(60);

struct Auth {
  std::optional<Redacted<json::Text<1, 512>>> token;
  std::optional<json::Text<1, 32>> last_event_id;
};
BOOST_DESCRIBE_STRUCT(Auth, (), (token, last_event_id))

api::ProblemBody body_of(const Problem& problem, std::string_view language, std::string_view name) {
  return api::make_problem_body(problem, {.language = language, .path = name, .request_id = {}, .help_url = {}});
}

ConnectRefused refusal_of(const Problem& problem, std::string_view language, std::string_view name) {
  const auto& info = product::info(problem.code);
  ConnectRefused out{.error = body_of(problem, language, name), .code = std::string(info.name)};
  out.retry = info.status >= 500 || problem.code == ProblemCode::kRateLimited;
  if (problem.retry_after.us() > 0) out.after_ms = problem.retry_after.ms();
  return out;
}

void emit(gateway::Socket& socket, std::string_view name, const std::string& argument) {
  socket.emit({.name = name, .arguments = {argument}, .delivery = OutgoingEvent::Delivery::kOnce});
}

void refuse_connection(gateway::ConnectRequest& request, const Problem& problem) {
  // Ours to mend: the client tries again on its own.
  if (product::info(problem.code).status >= 500) return request.drop();
  const auto language = api::pick_language(request.handshake().headers.get("accept-language"));
  const ConnectRefused refusal = refusal_of(problem, language, "/socket.io/");
  request.refuse(refusal.code, json::to_json(refusal));
}

api::Credentials credentials_of(const gateway::Handshake& handshake, const Auth& auth, std::string_view cookie) {
  if (!auth.token) return api::credentials_in(handshake.headers, cookie);
  return {.kind = api::Credentials::Kind::kBearer,
          .secret = Redacted(std::string(auth.token->reveal().text())),
          .act_as = {},
          .act_as_external = {}};
}

/// The resources whose events are told in these rooms.
std::vector<std::string> resources_of(const std::set<std::string>& rooms) {
  constexpr std::string_view kConversation = "conversation:";
  std::vector<std::string> out;
  for (const std::string& room : rooms) {
    out.push_back(room);
    if (room.starts_with(kConversation)) out.push_back("channel:" + room.substr(kConversation.size()));
  }
  return out;
}

}  // namespace

struct Realtime::Entry {
  std::shared_ptr<Client> client;
  std::set<std::string> rooms;
  events::LogRange range;
  std::vector<chat::SyncItem> conversations;
  bool has_more = false;
  bool wants_missed = false;
  std::string resync;  ///< Why what was missed cannot be told one by one; empty: it can.
  std::vector<events::LoggedEvent> missed;
};

Result<std::unique_ptr<Realtime>> Realtime::make(RealtimeOptions options, RealtimePorts ports) {
  auto origins = api::Origins::parse(options.allowed_origins);
  if (!origins) return std::unexpected(origins.error());
  return std::unique_ptr<Realtime>(new Realtime(std::move(options), ports, std::move(*origins)));
}

Realtime::Realtime(RealtimeOptions options, RealtimePorts ports, api::Origins origins)
    : options_(std::move(options)),
      ports_(ports),
      origins_(std::move(origins)),
      gateway_([this] {
        gateway::GatewayOptions gateway = options_.gateway;
        gateway.engine.check_origin = [this](const net::HttpRequest& request) { return check_origin(request); };
        return std::make_unique<gateway::Gateway>(std::move(gateway), *this, ports_.rng);
      }()),
      delivery_(ports.store, *gateway_),
      typing_(*gateway_, ports.bus),
      presence_({.store = ports.store, .gateway = *gateway_, .bus = ports.bus, .rng = ports.rng}),
      pool_(options_.workers),
      watcher_([this](const std::stop_token& stop) { watch(stop); }) {
  // A hint that is lost is made up for by Delivery's own look.
  ports_.bus.subscribe(kLogChannel, [this](const product::Bus::Message&) { delivery_.wake(); });
  ports_.bus.on_joined([this] { delivery_.wake(); });
}

Realtime::~Realtime() { stop(); }

void Realtime::on_log_grown() {
  delivery_.wake();
  ports_.bus.publish(kLogChannel, {});
}

void Realtime::stop() {
  watcher_.request_stop();
  if (watcher_.joinable()) watcher_.join();
  gateway_->stop();
  pool_.stop();
  delivery_.stop();
}

gateway::OriginVerdict Realtime::check_origin(const net::HttpRequest& request) const {
  switch (origins_.source_of(request)) {
    case api::Origins::Source::kForeign:
      return gateway::OriginVerdict::kRefused;
    case api::Origins::Source::kAllowed:
      return gateway::OriginVerdict::kAllowed;
    case api::Origins::Source::kSame:
      return gateway::OriginVerdict::kSame;
    case api::Origins::Source::kUnknown:
      break;
  }
  // No browser of today hides where a page comes from; one that does must not bring somebody's cookie along.
  const bool has_cookie = !api::cookie_of(request.headers, options_.session_cookie).empty();
  return has_cookie ? gateway::OriginVerdict::kRefused : gateway::OriginVerdict::kSame;
}

void Realtime::on_connect(std::shared_ptr<gateway::ConnectRequest> request) {
  const Now now = net::read_clock();
  const Timestamp deadline = now.mono + options_.deadline;
  pool_.post(
      {.deadline = deadline,
       .run = [this, request, now, deadline] { look_up(request, now, deadline); },
       .refuse = [request](net::WorkerPool::Refusal why) { refuse_connection(*request, api::problem_of(why)); }});
}

void Realtime::look_up(const std::shared_ptr<gateway::ConnectRequest>& request, Now now, Timestamp deadline) {
  Outcome<Entry> entry = make_entry(*request, now, deadline);
  if (!entry) return refuse_connection(*request, entry.error());
  // What has happened up to here is in the entry; the socket comes in between that and the next event.
  const int64_t position = entry->range.last;
  delivery_.at(position, [this, request, entry = std::move(*entry)](int64_t reached) mutable {
    admit(*request, std::move(entry), reached);
  });
}

Outcome<Realtime::Entry> Realtime::make_entry(const gateway::ConnectRequest& request, Now now, Timestamp deadline) {
  const auto auth = parse_known<Auth>(request.auth());
  if (!auth) return std::unexpected(auth.error());
  const api::Credentials credentials = credentials_of(request.handshake(), *auth, options_.session_cookie);
  if (credentials.kind == api::Credentials::Kind::kNone) return refuse(ProblemCode::kUnauthenticated);
  const auto caller = ports_.authenticator.authenticate(credentials, now, deadline);
  if (!caller) return std::unexpected(caller.error());
  if (caller->user.is_empty()) return refuse(ProblemCode::kForbidden, "an API key connects for a user: mint a token");
  Entry made;
  made.client = std::make_shared<Client>();
  made.client->user = caller->user;
  made.client->session = caller->session;
  made.client->language = api::pick_language(request.handshake().headers.get("accept-language"));
  if (!caller->session.is_empty()) made.client->expires_at_us = caller->expires_at.unix_us;
  made.wants_missed = auth->last_event_id && !request.is_recovered();
  const auto last = made.wants_missed ? parse_event_id(auth->last_event_id->text()) : std::nullopt;
  return ports_.store.read(deadline, [&](Tx& tx) -> Outcome<Entry> {
    Entry entry = made;
    entry.range = events::range(tx);
    entry.rooms = rooms_of(tx, caller->user, now.wall);
    if (!caller->session.is_empty()) entry.rooms.insert(session_room(caller->session));
    const product::community::Acting acting{caller->user, now.wall, ports_.rng};
    for (std::optional<std::string> next = ""; next && entry.conversations.size() < kMaxListed;) {
      auto page = chat::sync(tx, acting, std::nullopt, {.after = *next, .limit = kSyncPage});
      if (!page) return std::unexpected(std::move(page.error()));
      std::ranges::move(page->items, std::back_inserter(entry.conversations));
      next = std::move(page->next);
      entry.has_more = next.has_value();
    }
    if (!entry.wants_missed) return entry;
    if (!last || *last > entry.range.last) {
      entry.resync = "unknown_event";
    } else if (*last < entry.range.first - 1) {
      entry.resync = "too_long_ago";
    } else {
      entry.missed = events::read_of(tx, {*last, entry.range.last}, resources_of(entry.rooms), kMaxMissed + 1);
      if (std::ssize(entry.missed) > kMaxMissed) entry.resync = "too_many_events";
    }
    return entry;
  });
}

Outcome<void> Realtime::catch_up(Entry& entry, Now now) {
  auto late = delivery_.since(entry.range.last, now);
  if (!late) return std::unexpected(late.error());
  const UserId& user = entry.client->user;
  if (std::ranges::any_of(*late, [&](const auto& event) { return Audience::concerns(event, user); })) {
    auto rooms = ports_.store.read(now.mono + options_.deadline, [&](Tx& tx) -> Outcome<std::set<std::string>> {
      return rooms_of(tx, user, now.wall);
    });
    if (!rooms) return std::unexpected(rooms.error());
    if (!entry.client->session.is_empty()) rooms->insert(session_room(entry.client->session));
    entry.rooms = std::move(*rooms);
  }
  for (events::LoggedEvent& event : *late) {
    if (event.type == "user.session_ended" && event.payload.contains(entry.client->session.text()))
      return refuse(ProblemCode::kSessionRevoked);
    if (entry.rooms.contains(room_of_resource(event.resource))) entry.missed.push_back(std::move(event));
  }
  return {};
}

void Realtime::admit(gateway::ConnectRequest& request, Entry entry, int64_t reached) {
  const Now now = net::read_clock();
  if (auto done = catch_up(entry, now); !done) return refuse_connection(request, done.error());
  gateway::ConnectRequest::Welcome welcome{
      .rooms = {entry.rooms.begin(), entry.rooms.end()}, .except_rooms = {}, .data = entry.client};
  for (const std::string& room : request.recovered_rooms()) {
    if (!entry.rooms.contains(room)) welcome.except_rooms.push_back(room);
  }
  const bool is_recovered = request.is_recovered();
  const gateway::SocketPtr socket = request.accept(std::move(welcome));
  if (!socket) return;
  presence_.set(entry.client->user, socket->id(), PresenceState::kActive);
  // It may have gone already, and nobody would take it out again.
  if (!socket->is_connected()) presence_.remove(entry.client->user, socket->id(), now.mono);
  const int64_t expires_at = entry.client->expires_at_us;
  Ready ready{.user_id = entry.client->user,
              .event_id = event_id(entry.wants_missed ? entry.range.last : reached),
              .server_time = now.wall,
              .recovered = is_recovered};
  if (expires_at != Client::kNever) ready.expires_at = WallTime{expires_at};
  ready.conversations = std::move(entry.conversations);
  ready.has_more = entry.has_more;
  emit(*socket, "ready", json::to_json(ready));
  if (is_recovered) return;
  tell_missed(*socket, entry);
  if (entry.wants_missed) ++(entry.resync.empty() ? resumed_ : resynced_);
}

void Realtime::tell_missed(gateway::Socket& socket, const Entry& entry) {
  if (!entry.resync.empty()) emit(socket, "resync", json::to_json(Resync{entry.resync}));
  for (const events::LoggedEvent& event : entry.missed) {
    // After a resync only what `ready` does not know yet.
    if (entry.resync.empty() || event.position > entry.range.last) Delivery::tell(socket, event);
  }
  if (entry.wants_missed && entry.resync.empty()) {
    const int64_t last = entry.missed.empty() ? entry.range.last : entry.missed.back().position;
    emit(socket, "resumed", json::to_json(Resumed{std::ssize(entry.missed), event_id(last)}));
  }
}

void Realtime::on_event(const gateway::SocketPtr& socket, gateway::IncomingEvent event) {
  const Now now = net::read_clock();
  const Timestamp deadline = now.mono + options_.deadline;
  auto shared = std::make_shared<gateway::IncomingEvent>(std::move(event));
  pool_.post({.deadline = deadline,
              .run =
                  [this, socket, shared, now, deadline] {
                    run_command(socket, *shared, now, deadline);
                    shared->turn.end();
                  },
              .refuse =
                  [socket, shared](net::WorkerPool::Refusal why) {
                    const auto client = client_of(*socket);
                    const std::string problem =
                        json::to_json(body_of(api::problem_of(why), client->language, shared->name));
                    if (shared->ack) shared->ack({R"({"ok":false,"error":)" + problem + "}"}, {});
                  }});
}

void Realtime::run_command(const gateway::SocketPtr& socket, const gateway::IncomingEvent& event, Now now,
                           Timestamp deadline) {
  const auto client = client_of(*socket);
  Outcome<std::string> answer = refuse(ProblemCode::kNotFound, "there is no such event");
  const CommandTable::Command* command = commands_.find(event.name);
  if (client->expires_at_us <= now.wall.unix_us && event.name != "auth:refresh") {
    answer = refuse(ProblemCode::kTokenExpired);
  } else if (command && event.arguments.values.size() != 1) {
    answer = refuse(ProblemCode::kInvalidRequest, "the event takes one object");
  } else if (command) {
    CommandContext context{.socket = *socket,
                           .client = *client,
                           .typing = typing_,
                           .presence = presence_,
                           .store = ports_.store,
                           .rates = ports_.rates,
                           .authenticator = ports_.authenticator,
                           .rng = ports_.rng,
                           .now = now,
                           .deadline = deadline};
    answer = command->run(context, event.arguments.values.front());
  }
  if (answer) {
    if (event.ack) event.ack({*answer}, {});
    return;
  }
  const std::string problem = json::to_json(body_of(answer.error(), client->language, event.name));
  if (event.ack) return event.ack({R"({"ok":false,"error":)" + problem + "}"}, {});
  // Who asks for no answer is told all the same, if he listens.
  const bool is_rate = answer.error().code == ProblemCode::kRateLimited;
  std::string argument = R"({"event":)";
  json::append_string(argument, event.name);
  emit(*socket, is_rate ? "rateLimited" : "problem", argument + R"(,"error":)" + problem + "}");
}

void Realtime::on_disconnect(const gateway::SocketPtr& socket, gateway::DisconnectReason /*reason*/) {
  if (const auto client = client_of(*socket)) presence_.remove(client->user, socket->id(), net::read_clock().mono);
}

void Realtime::watch(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  while (!stop.stop_requested()) {
    const Now now = net::read_clock();
    watch_tokens(now.wall);
    presence_.tell_changes(now);
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
  }
}

void Realtime::watch_tokens(WallTime now) {
  for (const gateway::SocketPtr& socket : gateway_->sockets(kNamespace, {})) {
    const auto client = client_of(*socket);
    if (!client) continue;
    const int64_t expires_at = client->expires_at_us;
    if (expires_at <= now.unix_us) {
      emit(*socket, "sessionEnded", R"({"reason":"token_expired"})");
      socket->disconnect(gateway::CloseTransport::kYes);
    } else if (expires_at - now.unix_us <= kAnnounce.us() && client->announced_us.exchange(expires_at) != expires_at) {
      emit(*socket, "auth:expiring", json::to_json(Expiring{WallTime{expires_at}}));
    }
  }
}

std::string Realtime::to_prometheus() const {
  const gateway::GatewayStats stats = gateway_->stats();
  const Delivery::Stats told = delivery_.stats();
  std::string out;
  const auto counter = [&](std::string_view name, std::string_view help, std::string_view type, auto value) {
    out += fmt::format("# HELP parley_gateway_{0} {1}\n# TYPE parley_gateway_{0} {2}\nparley_gateway_{0} {3}\n", name,
                       help, type, value);
  };
  counter("sockets", "Sockets connected now", "gauge", stats.sockets_now);
  counter("connected_total", "Sockets accepted", "counter", stats.connected);
  counter("refused_total", "Sockets refused", "counter", stats.refused);
  counter("recovered_total", "Sockets restored by Socket.IO", "counter", stats.recovered);
  counter("resumed_total", "Sockets told one by one what they missed", "counter", resumed_.load());
  counter("resynced_total", "Sockets that were away for too long", "counter", resynced_.load());
  counter("events_in_total", "Events from clients", "counter", stats.events_in);
  counter("deliveries_total", "Events times receivers", "counter", stats.deliveries);
  counter("slow_consumers_total", "Sockets closed because they did not read", "counter", stats.slow_consumers);
  counter("events_forgotten_total", "Events of the log that were gone before they were told", "counter", told.skipped);
  counter("log_position", "The last event of the log that was told", "gauge", told.position);
  return out;
}

}  // namespace parley::realtime

#include "adapters/store/pg_connection.h"

#include <poll.h>
#include <postgresql/libpq-fe.h>

#include <algorithm>
#include <array>

#include "adapters/store/clock.h"
#include "adapters/store/pg_result.h"

namespace parley::store {
namespace {

using product::SqlRows;
using product::SqlValue;

/// Prepared statements kept per connection. The product's are some hundred; more would only fill the server's memory.
constexpr size_t kMaxPrepared = 1000;
constexpr int kOldestServer = 140000;  ///< client_connection_check_interval.

struct ResultDeleter {
  void operator()(pg_result* result) const { PQclear(result); }
};
using ResultOwner = std::unique_ptr<pg_result, ResultDeleter>;

int wait_ms(Timestamp deadline) {
  const Timestamp at = read_clock();
  if (at >= deadline) return 0;
  constexpr int64_t kLongestMs = 3'600'000;
  return static_cast<int>(std::min((deadline - at).us() / 1000 + 1, kLongestMs));
}

/// Arguments in the form that libpq takes.
struct Texts {
  explicit Texts(std::span<const SqlValue> arguments) {
    texts.reserve(arguments.size());
    for (const SqlValue& argument : arguments) {
      texts.push_back(to_text(argument));
      pointers.push_back(std::holds_alternative<std::monostate>(argument) ? nullptr : texts.back().c_str());
    }
  }
  int size() const { return static_cast<int>(pointers.size()); }
  std::vector<std::string> texts;
  std::vector<const char*> pointers;
};

std::string quoted(std::string_view identifier) {
  std::string out = "\"";
  for (const char c : identifier) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace

Attempt<std::unique_ptr<PgConnection>> PgConnection::open(const DatabaseUrl& url, Timestamp deadline) {
  std::unique_ptr<PgConnection> connection(new PgConnection);
  if (auto done = connection->connect(url, deadline); !done) return std::unexpected(std::move(done.error()));
  if (auto done = connection->set_up(url, deadline); !done) return std::unexpected(std::move(done.error()));
  return connection;
}

PgConnection::~PgConnection() { PQfinish(handle_); }

Attempt<void> PgConnection::connect(const DatabaseUrl& url, Timestamp deadline) {
  const std::array<const char*, 4> keys{"dbname", "client_encoding", "fallback_application_name", nullptr};
  const std::array<const char*, 4> values{url.postgres.reveal().c_str(), "UTF8", "parley", nullptr};
  handle_ = PQconnectStartParams(keys.data(), values.data(), 1);
  if (!handle_) return lose(Cause::kResources, "out of memory");
  if (PQstatus(handle_) == CONNECTION_BAD) {
    // libpq's texts may quote the whole address, password included; this one names only the option.
    const std::string_view text = PQerrorMessage(handle_);
    if (text.starts_with("invalid URI query parameter")) return lose(Cause::kStatement, std::string(text));
    return lose(Cause::kLost, "the address is malformed or no server answers there");
  }
  // Notices ("already exists, skipping") would go to standard error.
  PQsetNoticeReceiver(handle_, [](void*, const pg_result*) {}, nullptr);
  for (;;) {
    switch (PQconnectPoll(handle_)) {
      case PGRES_POLLING_OK:
        if (PQsetnonblocking(handle_, 1) != 0 || PQenterPipelineMode(handle_) != 1)
          return lose(Cause::kLost, "the connection to PostgreSQL broke");
        return {};
      case PGRES_POLLING_READING:
        if (auto ready = wait_for_socket(POLLIN, deadline); !ready)
          return lose(Cause::kLost, "no answer from PostgreSQL");
        break;
      case PGRES_POLLING_WRITING:
        if (auto ready = wait_for_socket(POLLOUT, deadline); !ready)
          return lose(Cause::kLost, "no answer from PostgreSQL");
        break;
      default:
        return lose(Cause::kLost, std::string("PostgreSQL takes no connection: ") + PQerrorMessage(handle_));
    }
  }
}

Attempt<void> PgConnection::set_up(const DatabaseUrl& url, Timestamp deadline) {
  if (PQserverVersion(handle_) < kOldestServer) return lose(Cause::kStatement, "PostgreSQL 14 or newer is needed");
  const char* encoding = PQparameterStatus(handle_, "server_encoding");
  if (!encoding || std::string_view(encoding) != "UTF8")
    return lose(Cause::kStatement, "the database's encoding is not UTF8: create it with `encoding 'UTF8'`");
  const std::string path = quoted(url.schema);
  const std::array<SqlValue, 1> arguments{path};
  std::vector<PgStatement> statements{
      // The server gives up what it does for us within this time once we have closed the connection.
      {"select set_config('client_connection_check_interval', '500ms', false)", {}},
      // And what we have forgotten, should this process hang within a unit of work.
      {"select set_config('idle_in_transaction_session_timeout', '120s', false)", {}}};
  if (!url.schema.empty()) statements.push_back({"select set_config('search_path', $1, false)", arguments});
  if (auto done = run(statements, deadline, Plan::kOnce); !done) return std::unexpected(std::move(done.error()));
  return {};
}

bool PgConnection::is_in_transaction() const {
  const PGTransactionStatusType status = PQtransactionStatus(handle_);
  return status != PQTRANS_IDLE && status != PQTRANS_UNKNOWN;
}

std::unexpected<Failure> PgConnection::lose(Cause cause, std::string text) {
  is_lost_ = true;
  while (text.ends_with('\n')) text.pop_back();
  return failed(cause, std::move(text));
}

bool PgConnection::has_been_closed() {
  if (is_lost_) return true;
  pollfd wait{PQsocket(handle_), POLLIN, 0};
  if (::poll(&wait, 1, 0) <= 0) return false;
  return (wait.revents & (POLLHUP | POLLERR)) != 0 || PQconsumeInput(handle_) != 1 ||
         PQstatus(handle_) != CONNECTION_OK;
}

Attempt<void> PgConnection::wait_for_socket(short events, Timestamp deadline) {
  pollfd wait{PQsocket(handle_), events, 0};
  for (;;) {
    const int ready = ::poll(&wait, 1, wait_ms(deadline));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return lose(Cause::kLost, "the connection to PostgreSQL broke");
    if (read_clock() >= deadline) return lose(Cause::kDeadline, "PostgreSQL did not answer in time");
  }
}

std::string PgConnection::prepared_name(std::string_view sql, bool& is_new) {
  const auto known = prepared_.find(sql);
  is_new = known == prepared_.end();
  return is_new ? "s" + std::to_string(++names_) : known->second;
}

Attempt<void> PgConnection::send(const PgStatement& statement, Plan plan) {
  const Texts texts(statement.arguments);
  const std::string sql(statement.sql);
  bool is_sent = true;
  if (plan == Plan::kOnce) {
    is_sent =
        PQsendQueryParams(handle_, sql.c_str(), texts.size(), nullptr, texts.pointers.data(), nullptr, nullptr, 0) == 1;
  } else {
    bool is_new = false;
    const std::string name = prepared_name(sql, is_new);
    if (is_new) {
      is_sent = PQsendPrepare(handle_, name.c_str(), sql.c_str(), 0, nullptr) == 1;
      expected_.push_back(sql);
      prepared_.emplace(sql, name);
    }
    is_sent = is_sent &&
              PQsendQueryPrepared(handle_, name.c_str(), texts.size(), texts.pointers.data(), nullptr, nullptr, 0) == 1;
  }
  expected_.emplace_back();
  if (!is_sent) return lose(Cause::kLost, "the connection to PostgreSQL broke");
  return {};
}

Attempt<void> PgConnection::sync(Timestamp deadline) {
  if (PQpipelineSync(handle_) != 1) return lose(Cause::kLost, "the connection to PostgreSQL broke");
  for (;;) {
    const int left = PQflush(handle_);
    if (left == 0) return {};
    if (left < 0) return lose(Cause::kLost, "the connection to PostgreSQL broke");
    if (auto ready = wait_for_socket(POLLIN | POLLOUT, deadline); !ready) return ready;
    if (PQconsumeInput(handle_) != 1) return lose(Cause::kLost, "the connection to PostgreSQL broke");
  }
}

/// nullptr ends one command's results.
Attempt<pg_result*> PgConnection::next_result(Timestamp deadline) {
  while (PQisBusy(handle_)) {
    if (auto ready = wait_for_socket(POLLIN, deadline); !ready) return std::unexpected(std::move(ready.error()));
    if (PQconsumeInput(handle_) != 1) return lose(Cause::kLost, "the connection to PostgreSQL broke");
  }
  return PQgetResult(handle_);
}

Attempt<SqlRows> PgConnection::receive(Timestamp deadline) {
  Attempt<SqlRows> answer;
  for (bool is_first = true;; is_first = false) {
    const Attempt<pg_result*> next = next_result(deadline);
    if (!next) return std::unexpected(next.error());
    const ResultOwner result(*next);
    if (!result) {
      if (is_first) return lose(Cause::kLost, "the connection to PostgreSQL broke");
      return answer;
    }
    switch (PQresultStatus(result.get())) {
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
        answer = read_rows(result.get());
        // A transaction that has failed before "commits" as a rollback, without an error.
        if (std::string_view(PQcmdStatus(result.get())) == "ROLLBACK") answer->affected = -1;
        break;
      case PGRES_PIPELINE_ABORTED:
        answer = failed(Cause::kStatement, "skipped");
        break;
      default:
        answer = std::unexpected(failure(result.get()));
        if (is_lost_) return answer;
    }
  }
}

Failure PgConnection::failure(const pg_result* result) {
  Failure cause = read_failure(result);
  if (cause.cause == Cause::kLost || PQstatus(handle_) != CONNECTION_OK) {
    is_lost_ = true;
    cause.cause = Cause::kLost;
  }
  return cause;
}

Attempt<void> PgConnection::drain(Timestamp deadline) {
  const Attempt<pg_result*> next = next_result(deadline);
  if (!next) return std::unexpected(next.error());
  const ResultOwner result(*next);
  if (!result || PQresultStatus(result.get()) != PGRES_PIPELINE_SYNC)
    return lose(Cause::kLost, "the connection to PostgreSQL broke");
  return {};
}

void PgConnection::send_only(std::string_view sql) {
  if (is_lost_) return;
  expected_.clear();
  if (!send({sql, {}}, Plan::kOnce) || PQpipelineSync(handle_) != 1 || PQflush(handle_) < 0) is_lost_ = true;
  ++unread_;
}

Attempt<void> PgConnection::read_unread(Timestamp deadline) {
  for (; unread_ > 0; --unread_) {
    if (auto ignored = receive(deadline); !ignored && is_lost_) return std::unexpected(std::move(ignored.error()));
    if (auto drained = drain(deadline); !drained) return drained;
  }
  return {};
}

void PgConnection::make_room(std::span<const PgStatement> statements) {
  const auto is_new = [&](const PgStatement& statement) { return !prepared_.contains(statement.sql); };
  const auto added = static_cast<size_t>(std::ranges::count_if(statements, is_new));
  if (prepared_.empty() || prepared_.size() + added <= kMaxPrepared) return;
  prepared_.clear();
  // By itself: before a `begin` in the same pipeline it would already be the transaction's first statement.
  send_only("deallocate all");
}

Attempt<void> PgConnection::send_all(std::span<const PgStatement> statements, Timestamp deadline, Plan plan) {
  expected_.clear();
  for (const PgStatement& statement : statements)
    if (auto sent = send(statement, plan); !sent) return sent;
  return sync(deadline);
}

Attempt<std::vector<SqlRows>> PgConnection::run(std::span<const PgStatement> statements, Timestamp deadline,
                                                Plan plan) {
  if (is_lost_) return failed(Cause::kLost, "the connection to PostgreSQL is lost");
  make_room(statements);
  Attempt<void> step = read_unread(deadline);
  if (step) step = send_all(statements, deadline, plan);
  if (!step) return std::unexpected(std::move(step.error()));

  std::vector<SqlRows> answers;
  std::optional<Failure> first;
  for (const std::string& prepared : expected_) {
    Attempt<SqlRows> rows = receive(deadline);
    if (is_lost_) return std::unexpected(first ? *first : rows.error());
    if (!rows) {
      prepared_.erase(prepared);
      if (!first) first = std::move(rows.error());
    } else if (prepared.empty()) {
      answers.push_back(std::move(*rows));
    }
  }
  step = drain(deadline);
  if (!step) return std::unexpected(std::move(step.error()));
  if (first) return std::unexpected(std::move(*first));
  return answers;
}

}  // namespace parley::store

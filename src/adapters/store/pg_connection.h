#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/store/failure.h"
#include "adapters/store/url.h"
#include "base/time.h"

struct pg_conn;
struct pg_result;

namespace parley::store {

/// A statement and its arguments, which outlive the call.
struct PgStatement {
  std::string_view sql;
  std::span<const product::SqlValue> arguments;
};

/// One connection to PostgreSQL with its prepared statements. No call lasts beyond its deadline; where the server has
/// not answered by then, the connection is lost, because nobody can say what its next answer would belong to. The
/// server notices within half a second and gives up what it was doing. Used by one thread at a time.
///
/// One thing may block beyond the deadline: the resolver, when the address is a name and its DNS servers are silent.
class PgConnection {
 public:
  static Attempt<std::unique_ptr<PgConnection>> open(const DatabaseUrl& url, Timestamp deadline);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  enum class Plan : unsigned char { kPrepared, kOnce };
  /// Runs all in order, in one round trip. At the first failure the rest is skipped.
  Attempt<std::vector<product::SqlRows>> run(std::span<const PgStatement> statements, Timestamp deadline,
                                             Plan plan = Plan::kPrepared);
  /// Sends one that has no arguments and whose answer nobody needs; it is read before the next one's.
  void send_only(std::string_view sql);

  bool is_lost() const { return is_lost_; }
  /// As of the last answer that was waited for.
  bool is_in_transaction() const;
  /// Looks whether the server has closed an idle connection meanwhile.
  bool has_been_closed();

 private:
  PgConnection() = default;
  Attempt<void> connect(const DatabaseUrl& url, Timestamp deadline);
  Attempt<void> set_up(const DatabaseUrl& url, Timestamp deadline);
  Attempt<void> send(const PgStatement& statement, Plan plan);
  Attempt<void> read_unread(Timestamp deadline);
  /// Forgets all prepared statements when these would make too many.
  void make_room(std::span<const PgStatement> statements);
  Attempt<void> send_all(std::span<const PgStatement> statements, Timestamp deadline, Plan plan);
  Attempt<void> sync(Timestamp deadline);
  Attempt<void> drain(Timestamp deadline);
  Attempt<product::SqlRows> receive(Timestamp deadline);
  Attempt<pg_result*> next_result(Timestamp deadline);
  Attempt<void> wait_for_socket(short events, Timestamp deadline);
  std::unexpected<Failure> lose(Cause cause, std::string text);
  Failure failure(const pg_result* result);
  std::string prepared_name(std::string_view sql, bool& is_new);

  pg_conn* handle_ = nullptr;
  bool is_lost_ = false;
  int unread_ = 0;  ///< Round trips whose answers send_only() has left.
  /// What the server is to answer in this round trip: empty for a statement's rows, else the statement it prepares.
  std::vector<std::string> expected_;
  std::map<std::string, std::string, std::less<>> prepared_;  ///< SQL to name.
  uint64_t names_ = 0;
};

}  // namespace parley::store

#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "adapters/store/pg_connection.h"
#include "base/result.h"

namespace parley::store {

/// What a running server holds on its database, so that two do not use it that know nothing of each other. Ends with
/// the process, however that ends, at once.
///
/// PostgreSQL: an advisory lock of a connection of its own, on the schema, exclusive or shared; taken again when the
/// connection was lost. SQLite: a lock on the file PATH.lock, which is always exclusive.
class InstanceLock {
 public:
  enum class Company : unsigned char {
    kAlone,       ///< Nobody else may run.
    kWithOthers,  ///< Others may that say the same.
  };
  /// How often the connection is proven: a lost lock is taken again within this time.
  static constexpr TimeDelta kLookEvery = TimeDelta::seconds(2);

  /// Waits for at most `patience`: one that was just killed, or is just ending, may still hold it. kAlreadyExists:
  /// another instance does; kUnavailable: the database does not answer.
  static Result<std::unique_ptr<InstanceLock>> take(const std::string& url, Company company, TimeDelta patience);
  ~InstanceLock();
  InstanceLock(const InstanceLock&) = delete;
  InstanceLock& operator=(const InstanceLock&) = delete;

  /// False between the loss of the connection and the moment it is held again. Always true on SQLite.
  bool is_held() const { return is_held_; }

 private:
  InstanceLock(DatabaseUrl url, Company company) : url_(std::move(url)), company_(company) {}
  Result<void> take_file(Timestamp deadline);
  Result<void> take_advisory(Timestamp deadline);
  /// One attempt on the connection, which is made when there is none. False: somebody else holds it.
  Attempt<bool> try_advisory();
  void wait(TimeDelta time, const std::stop_token& stop);
  void keep(const std::stop_token& stop);
  void look();

  const DatabaseUrl url_;
  const Company company_;
  int file_ = -1;
  std::unique_ptr<PgConnection> connection_;  ///< Of the thread, once it runs.
  std::atomic<bool> is_held_ = false;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  ///< Last: it uses all the rest.
};

}  // namespace parley::store

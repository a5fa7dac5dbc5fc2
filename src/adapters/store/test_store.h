#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "adapters/store/maintenance.h"
#include "adapters/store/test_folder.h"
#include "adapters/store/test_postgres.h"

namespace parley::store {

/// An empty database of the wanted kind for one test, with the program's schema: a file in a temporary folder, or a
/// schema of its own in the test program's PostgreSQL. Gone with the object.
class TestStore {
 public:
  explicit TestStore(Engine engine = Engine::kSqlite, bool is_migrated = true) {
    static int count = 0;
    url_ = engine == Engine::kSqlite ? folder_.file("parley.db")
                                     : TestPostgres::shared().url() + "&schema=test_" + std::to_string(++count);
    open();
    if (is_migrated) {
      const auto done = migrate(*database_, after(TimeDelta::seconds(30)));
      if (!done) ADD_FAILURE() << done.error().message;
    }
  }

  Database& operator*() { return *database_; }
  Database* operator->() { return database_.get(); }
  const std::string& url() const { return url_; }
  const TestFolder& folder() const { return folder_; }

  /// Closes and opens again, as a restart of the server does.
  void reopen() {
    database_.reset();
    open();
  }
  void close() { database_.reset(); }
  /// Another store on the same database, as another process has it.
  std::unique_ptr<Database> open_another(size_t connections = 4) const {
    auto opened = open_store({.url = Redacted(url_), .connections = connections});
    if (!opened) ADD_FAILURE() << opened.error().message;
    PARLEY_CHECK(opened.has_value());
    return std::move(*opened);
  }

 private:
  void open() { database_ = open_another(8); }

  TestFolder folder_;
  std::string url_;
  std::unique_ptr<Database> database_;
};

/// Fixture for suites that hold on both databases: TEST_P(...), then PARLEY_ON_BOTH_DATABASES(Suite).
class OnBothDatabases : public testing::TestWithParam<Engine> {
 protected:
  /// Long enough for a loaded machine; a test that reaches it has failed.
  static Timestamp soon() { return after(TimeDelta::seconds(60)); }
  template <class F>
  auto read(F body) {
    return store_->read(soon(), body);
  }
  template <class F>
  auto write(F body) {
    return store_->write(soon(), body);
  }
  TestStore store_{GetParam()};
};

inline std::string engine_name(const testing::TestParamInfo<Engine>& info) {
  return info.param == Engine::kSqlite ? "Sqlite" : "Postgres";
}

}  // namespace parley::store

#define PARLEY_ON_BOTH_DATABASES(Suite)                                                                       \
  INSTANTIATE_TEST_SUITE_P(Store, Suite,                                                                      \
                           testing::Values(parley::store::Engine::kSqlite, parley::store::Engine::kPostgres), \
                           parley::store::engine_name)

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "adapters/store/maintenance.h"

namespace parley::store {
namespace {

using product::SqlRows;
using product::SqlValue;

/// Rows read at a time; at most kMaxParameters values go into one insert (PostgreSQL's limit is 65,535).
constexpr int64_t kRowsPerPage = 500;
constexpr size_t kMaxParameters = 20'000;

std::string quoted(const std::string& identifier) { return "\"" + identifier + "\""; }

struct Reference {
  std::string from;
  std::string to;
};
BOOST_DESCRIBE_STRUCT(Reference, (), (from, to))

struct Identity {
  std::string table;
  std::string column;
};
BOOST_DESCRIBE_STRUCT(Identity, (), (table, column))

/// The tables so that each comes after those it refers to. Those in a circle stay as they are; their references are
/// deferrable (schema.h).
std::vector<std::string> ordered(std::vector<std::string> tables, const std::vector<Reference>& references) {
  std::vector<std::string> out;
  while (!tables.empty()) {
    const auto is_free = [&](const std::string& table) {
      return std::ranges::none_of(references, [&](const Reference& reference) {
        return reference.from == table && reference.to != table &&
               std::ranges::find(tables, reference.to) != tables.end();
      });
    };
    auto next = std::ranges::find_if(tables, is_free);
    if (next == tables.end()) next = tables.begin();
    out.push_back(std::move(*next));
    tables.erase(next);
  }
  return out;
}

/// Copies within a unit of work on either side.
class Copier {
 public:
  Copier(product::Tx& from, product::Tx& to) : from_(from), to_(to) {}

  /// The problem's text, or empty.
  std::string run(CopyReport& report) {
    if (versions(from_) != versions(to_) || versions(to_).empty())
      return "the two databases are not at the same version: migrate both with this program first";
    // The target's tables: SQLite has more, where an extension keeps data of its own.
    auto tables = product::all<std::string>(
        to_,
        "select table_name from information_schema.tables where table_schema = current_schema() and "
        "table_type = 'BASE TABLE' and table_name <> 'schema_version' order by table_name");
    for (const std::string& table : tables)
      if (count(to_, table) != 0) return "the target is not empty: its table " + table + " has rows";
    const auto references = product::all<Reference>(
        from_,
        "select m.name, f.\"table\" from sqlite_master m, pragma_foreign_key_list(m.name) f where m.type = 'table'");
    tables = ordered(std::move(tables), references);
    to_.run("set constraints all deferred", {});
    for (const std::string& table : tables) {
      const int64_t rows = copy_table(table);
      if (to_.is_broken() || from_.is_broken()) return {};
      if (count(from_, table) != rows || count(to_, table) != rows)
        return fmt::format("table {} has other rows after copying: nothing was kept", table);
      report.tables.push_back({table, rows});
    }
    continue_numbers();
    return {};
  }

 private:
  static std::vector<std::string> versions(product::Tx& tx) {
    return product::all<std::string>(tx, "select name from schema_version order by version");
  }
  static int64_t count(product::Tx& tx, const std::string& table) {
    return product::one<int64_t>(tx, "select count(*) from " + quoted(table)).value_or(-1);
  }

  int64_t copy_table(const std::string& table) {
    const auto columns = product::all<std::string>(from_, "select name from pragma_table_info($1) order by cid", table);
    std::string names;
    for (const std::string& column : columns) names += (names.empty() ? "" : ", ") + quoted(column);
    const std::string page =
        fmt::format("select rowid, {} from {} where rowid > $1 order by rowid limit $2", names, quoted(table));
    int64_t copied = 0;
    int64_t last = std::numeric_limits<int64_t>::min();
    for (;;) {
      const SqlRows rows = product::run(from_, page, last, kRowsPerPage);
      if (rows.size() == 0 || to_.is_broken()) return copied;
      last = std::get<int64_t>(rows.values[(rows.size() - 1) * rows.width]);
      insert(fmt::format("insert into {} ({}) values ", quoted(table), names), rows);
      copied += static_cast<int64_t>(rows.size());
    }
  }

  /// The first column of `rows` is SQLite's row number, which stays behind.
  void insert(const std::string& head, const SqlRows& rows) {
    const size_t width = rows.width - 1;
    const size_t rows_per_insert = std::max<size_t>(kMaxParameters / width, 1);
    for (size_t first = 0; first < rows.size(); first += rows_per_insert) {
      std::string sql = head;
      std::vector<SqlValue> arguments;
      for (size_t row = first; row < std::min(first + rows_per_insert, rows.size()); ++row) {
        sql += row == first ? "(" : ", (";
        for (size_t column = 0; column < width; ++column) {
          arguments.push_back(rows.values[row * rows.width + column + 1]);
          sql += fmt::format("{}${}", column == 0 ? "" : ", ", arguments.size());
        }
        sql += ')';
      }
      to_.run(sql, arguments);
    }
  }

  /// Ids that the database gives go on where SQLite's ended, those of removed rows included.
  void continue_numbers() {
    const auto identities = product::all<Identity>(
        to_,
        "select table_name, column_name from information_schema.columns where table_schema = current_schema() and "
        "is_identity = 'YES'");
    for (const Identity& identity : identities) {
      const auto last = product::one<int64_t>(from_, "select seq from sqlite_sequence where name = $1", identity.table);
      if (last.value_or(0) > 0)
        product::run(to_, "select setval(pg_get_serial_sequence($1, $2), cast($3 as bigint))", quoted(identity.table),
                     identity.column, *last);
    }
  }

  product::Tx& from_;
  product::Tx& to_;
};

}  // namespace

Result<CopyReport> copy(Database& from, Database& to, Timestamp deadline) {
  if (from.engine() != Engine::kSqlite || to.engine() != Engine::kPostgres)
    return fail(Error::Code::kFailedPrecondition, "copying goes from SQLite to PostgreSQL only");
  CopyReport report;
  std::string objection;
  product::Outcome<void> inner;
  const product::Outcome<void> outer = from.run_unit(UnitKind::kRead, deadline, [&](product::Tx& source) {
    inner = to.run_unit(UnitKind::kMaintenance, deadline, [&](product::Tx& target) {
      report = {};
      objection = Copier(source, target).run(report);
      return objection.empty() && !source.is_broken();
    });
    return true;
  });
  for (const auto* done : {&outer, static_cast<const product::Outcome<void>*>(&inner)})
    if (!*done) return fail(Error::Code::kUnavailable, "copying failed: " + done->error().detail);
  if (!objection.empty()) return fail(Error::Code::kFailedPrecondition, std::move(objection));
  return report;
}

}  // namespace parley::store

#pragma once

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/time.h"
#include "product/model/problem.h"

namespace parley::product {

/// A value of a statement's parameter or of a column. Booleans are 0 and 1; instants are microseconds since the epoch.
using SqlValue = std::variant<std::monostate, int64_t, double, std::string>;

/// The answer to one statement.
struct SqlRows {
  size_t width = 0;              ///< Columns.
  std::vector<SqlValue> values;  ///< Row after row.
  int64_t affected = 0;          ///< Rows inserted, updated or deleted.
  size_t size() const { return width == 0 ? 0 : values.size() / width; }
};

/// Something that happened and that others must be told, stored in the transaction in which it happened.
struct OutboxEvent {
  std::string type;      ///< "voice.state_changed": see product/model/events.h.
  std::string resource;  ///< Events of one resource are told in their order: "channel:0192...".
  std::string payload;   ///< JSON.
};

/// A unit of work: what is done through it happens wholly or not at all, and with it its events.
///
/// A statement that fails (the database is gone, a constraint is violated) breaks the unit: this and all further
/// statements yield nothing, and the work ends in the failure, whatever its body returns. So bodies need not look after
/// every statement; but they must have no effect outside, and may be run again from their beginning. Expected conflicts
/// are asked for: `on conflict do nothing`, then `affected`.
class Tx {
 public:
  virtual ~Tx() = default;
  /// SQL that both databases understand, with `$1`, `$2`... for `arguments`.
  virtual SqlRows run(std::string_view sql, std::span<const SqlValue> arguments) = 0;
  virtual void emit(OutboxEvent event) = 0;
  virtual bool is_broken() const = 0;
};

/// The database. Thread-safe; calls block, so they belong on the worker pool.
class Store {
 public:
  using Body = std::function<bool(Tx&)>;  ///< False rolls back.

  virtual ~Store() = default;
  /// Runs `body` in a transaction of its own and returns when it is durable. kDatabaseUnavailable or kDeadlineExceeded
  /// when the database did not do it in time; then it may still have been done only if the connection broke during the
  /// commit.
  virtual Outcome<void> run_write(Timestamp deadline, const Body& body) = 0;
  /// The same on a consistent snapshot that cannot be written.
  virtual Outcome<void> run_read(Timestamp deadline, const Body& body) = 0;

  /// `body` is Outcome<T>(Tx&); its problem rolls back and is returned.
  template <class F>
  auto write(Timestamp deadline, F&& body) -> std::invoke_result_t<F&, Tx&> {
    return call(&Store::run_write, deadline, body);
  }
  template <class F>
  auto read(Timestamp deadline, F&& body) -> std::invoke_result_t<F&, Tx&> {
    return call(&Store::run_read, deadline, body);
  }

 private:
  template <class F>
  auto call(Outcome<void> (Store::*run)(Timestamp, const Body&), Timestamp deadline, F& body) {
    std::optional<std::invoke_result_t<F&, Tx&>> result;
    const Outcome<void> done = (this->*run)(deadline, [&](Tx& tx) {
      result = body(tx);
      return result->has_value();
    });
    if (!done) return std::invoke_result_t<F&, Tx&>(std::unexpected(done.error()));
    return std::move(*result);
  }
};

// Parameters and columns as C++ values: integers, enums (their numbers), bool, double, text, optional of these,
// WallTime.

template <class T>
SqlValue to_sql(const T& value) {
  if constexpr (requires { value.has_value(); }) {
    return value ? to_sql(*value) : SqlValue();
  } else if constexpr (std::is_same_v<T, WallTime>) {
    return value.unix_us;
  } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    return static_cast<int64_t>(value);
  } else if constexpr (requires { value.bits | uint64_t{0}; }) {
    return static_cast<int64_t>(value.bits);  // Masks.
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<double>(value);
  } else if constexpr (requires { std::string(value.text()); }) {
    return std::string(value.text());  // Ids and texts with limits.
  } else {
    return std::string(std::string_view(value));
  }
}

/// A column that is not of the wanted kind reads as the kind's empty value: the contract tests hold the two together.
template <class T>
T from_sql(SqlValue&& value) {
  if constexpr (requires(T t) {
                  t.has_value();
                  typename T::value_type;
                }) {
    if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
    return from_sql<typename T::value_type>(std::move(value));
  } else if constexpr (std::is_same_v<T, WallTime>) {
    return WallTime{from_sql<int64_t>(std::move(value))};
  } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    const int64_t* number = std::get_if<int64_t>(&value);
    return static_cast<T>(number ? *number : 0);
  } else if constexpr (requires(T t) { t.bits | uint64_t{0}; }) {
    return T{static_cast<uint64_t>(from_sql<int64_t>(std::move(value)))};
  } else if constexpr (std::is_floating_point_v<T>) {
    const int64_t* whole = std::get_if<int64_t>(&value);
    const double* number = std::get_if<double>(&value);
    return static_cast<T>(number ? *number : whole ? static_cast<double>(*whole) : 0.0);
  } else {
    std::string* text = std::get_if<std::string>(&value);
    return T(text ? std::move(*text) : std::string());
  }
}

template <class... Args>
SqlRows run(Tx& tx, std::string_view sql, const Args&... args) {
  const std::initializer_list<SqlValue> values{to_sql(args)...};
  return tx.run(sql, std::span(values.begin(), values.size()));
}

/// Rows affected.
template <class... Args>
int64_t execute(Tx& tx, std::string_view sql, const Args&... args) {
  return run(tx, sql, args...).affected;
}

/// Every row as a T: a described struct is filled by position, anything else from the first column.
template <class T>
std::vector<T> rows_as(SqlRows rows) {
  std::vector<T> out;
  out.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    if constexpr (boost::describe::has_describe_members<T>::value) {
      T& item = out.emplace_back();
      size_t column = 0;
      using Members =
          boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
      boost::mp11::mp_for_each<Members>([&](auto member) {
        using Field = std::remove_cvref_t<decltype(item.*member.pointer)>;
        if (column < rows.width)
          item.*member.pointer = from_sql<Field>(std::move(rows.values[row * rows.width + column]));
        ++column;
      });
    } else {
      out.push_back(from_sql<T>(std::move(rows.values[row * rows.width])));
    }
  }
  return out;
}

/// The rows of a statement: see rows_as().
template <class T, class... Args>
std::vector<T> all(Tx& tx, std::string_view sql, const Args&... args) {
  return rows_as<T>(run(tx, sql, args...));
}

/// The first row, if there is one.
template <class T, class... Args>
std::optional<T> one(Tx& tx, std::string_view sql, const Args&... args) {
  std::vector<T> rows = all<T>(tx, sql, args...);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

}  // namespace parley::product

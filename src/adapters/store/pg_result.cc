#include "adapters/store/pg_result.h"

#include <fmt/format.h>
#include <postgresql/libpq-fe.h>

#include <charconv>
#include <optional>

namespace parley::store {
namespace {

using product::SqlRows;
using product::SqlValue;

// Object ids of built-in types (PostgreSQL's src/include/catalog/pg_type.dat): part of the wire protocol, never
// changed.
constexpr Oid kBool = 16;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kOid = 26;
constexpr Oid kFloat4 = 700;
constexpr Oid kFloat8 = 701;
constexpr Oid kNumeric = 1700;

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

SqlValue read_value(Oid type, std::string_view text) {
  switch (type) {
    case kBool:
      return static_cast<int64_t>(text == "t");
    case kInt8:
    case kInt2:
    case kInt4:
    case kOid:
    case kNumeric:  // count() is a bigint, but sum() of bigints is a numeric.
      if (const auto whole = number<int64_t>(text)) return *whole;
      break;
    case kFloat4:
    case kFloat8:
      break;
    default:
      return std::string(text);
  }
  if (const auto real = number<double>(text)) return *real;
  return std::string(text);
}

std::string_view field(const pg_result* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text ? text : std::string_view();
}

Cause cause_of(std::string_view state) {
  if (state == "23505" || state == "23503" || state == "23P01") return Cause::kConstraint;
  if (state == "40001" || state == "40P01") return Cause::kContention;
  if (state == "08P01") return Cause::kStatement;  // Another number of arguments than parameters.
  // Another process has changed the schema under our prepared statements, or the server has become a standby.
  if (state == "0A000" || state == "26000") return Cause::kLost;
  if (state == "57014" || state == "55P03")
    return Cause::kDeadline;  // An operator's statement_timeout or lock_timeout.
  // Shut down, crashed, starting; idle for too long.
  if (state.starts_with("57P") || state.starts_with("08") || state == "25P03") return Cause::kLost;
  if (state.starts_with("53") || state.starts_with("58") || state.starts_with("XX")) return Cause::kResources;
  return Cause::kStatement;
}

}  // namespace

SqlRows read_rows(const pg_result* result) {
  SqlRows rows;
  const int width = PQnfields(result);
  const int count = PQntuples(result);
  rows.width = static_cast<size_t>(width);
  rows.values.reserve(rows.width * static_cast<size_t>(count));
  for (int row = 0; row < count; ++row) {
    for (int i = 0; i < width; ++i) {
      if (PQgetisnull(result, row, i)) {
        rows.values.emplace_back();
        continue;
      }
      const std::string_view text(PQgetvalue(result, row, i), static_cast<size_t>(PQgetlength(result, row, i)));
      rows.values.push_back(read_value(PQftype(result, i), text));
    }
  }
  // For a SELECT the tag counts the rows it found, which are not "affected".
  auto* mutable_result = const_cast<pg_result*>(result);  // libpq's signatures lack the const.
  if (!std::string_view(PQcmdStatus(mutable_result)).starts_with("SELECT"))
    rows.affected = number<int64_t>(PQcmdTuples(mutable_result)).value_or(0);
  return rows;
}

Failure read_failure(const pg_result* result) {
  const std::string_view state = field(result, PG_DIAG_SQLSTATE);
  if (state.empty()) return {Cause::kLost, "the connection to PostgreSQL broke"};
  const Cause cause = cause_of(state);
  // Only class 42 (syntax, unknown names and types) has messages that are sure to quote no value.
  if (state.starts_with("42"))
    return {cause, fmt::format("PostgreSQL {}: {}", state, field(result, PG_DIAG_MESSAGE_PRIMARY))};
  const std::string_view constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  if (constraint.empty()) return {cause, fmt::format("PostgreSQL {}", state)};
  return {cause, fmt::format("PostgreSQL {}: constraint {}", state, constraint)};
}

std::string to_text(const SqlValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
  const auto* text = std::get_if<std::string>(&value);
  return text ? *text : std::string();
}

}  // namespace parley::store

#include "adapters/store/url.h"

#include <optional>

namespace parley::store {
namespace {

/// PostgreSQL cuts longer identifiers silently.
constexpr size_t kMaxSchemaLength = 63;

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

Result<DatabaseUrl> parse_postgres(std::string_view url) {
  DatabaseUrl out{.engine = Engine::kPostgres};
  const size_t question = url.find('?');
  std::string rest(url.substr(0, question));
  std::string_view query = question == std::string_view::npos ? std::string_view() : url.substr(question + 1);
  char separator = '?';
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    if (!pair.starts_with("schema=")) {
      rest += separator;
      rest += pair;
      separator = '&';
      continue;
    }
    const auto schema = decode(pair.substr(pair.find('=') + 1));
    if (!schema || schema->empty() || schema->size() > kMaxSchemaLength || schema->find('\0') != std::string::npos)
      return fail(Error::Code::kInvalidArgument, "DATABASE_URL: schema must be a name of 1 to 63 bytes");
    out.schema = *schema;
  }
  out.postgres = Redacted(std::move(rest));
  return out;
}

Result<DatabaseUrl> parse_sqlite(std::string_view path) {
  if (path.starts_with("//")) {  // file://HOST/PATH with an empty host, or sqlite:///PATH.
    path.remove_prefix(2);
    if (!path.starts_with('/'))
      return fail(Error::Code::kInvalidArgument,
                  "DATABASE_URL: write file:PATH for a relative path or file:///PATH for an absolute one");
  }
  const auto decoded = decode(path.substr(0, path.find('?')));
  if (!decoded || decoded->empty() || decoded->find('\0') != std::string::npos)
    return fail(Error::Code::kInvalidArgument, "DATABASE_URL: the SQLite file's path is missing or malformed");
  return DatabaseUrl{.engine = Engine::kSqlite, .path = *decoded};
}

}  // namespace

Result<DatabaseUrl> parse_database_url(std::string_view url) {
  if (url.starts_with("postgres://") || url.starts_with("postgresql://")) return parse_postgres(url);
  for (const std::string_view scheme : {"file:", "sqlite:"})
    if (url.starts_with(scheme)) return parse_sqlite(url.substr(scheme.size()));
  if (url.find("://") != std::string_view::npos)
    return fail(Error::Code::kInvalidArgument,
                "DATABASE_URL: only postgresql:// and file: addresses are understood (SQLite and PostgreSQL)");
  if (url.empty()) return fail(Error::Code::kInvalidArgument, "DATABASE_URL is empty");
  return DatabaseUrl{.engine = Engine::kSqlite, .path = std::string(url)};
}

}  // namespace parley::store

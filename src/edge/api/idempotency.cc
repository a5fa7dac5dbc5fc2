#include "edge/api/idempotency.h"

#include <algorithm>

#include "base/base64.h"
#include "edge/api/digest.h"

namespace parley::api {
namespace {

using product::Outcome;
using product::ProblemCode;
using product::Tx;

struct Row {
  std::string body_hash;
  int status = 0;
  std::string response;
  WallTime created_at;
  std::optional<WallTime> finished_at;
};
BOOST_DESCRIBE_STRUCT(Row, (), (body_hash, status, response, created_at, finished_at))

std::string hash_request(const net::HttpRequest& request) {
  Sha256Hasher hasher;
  hasher.update(request.method + '\n' + request.target + '\n' + request.body);
  if (request.body_file) {
    std::vector<char> piece(size_t{256} * 1024);
    uint64_t at = 0;
    while (const auto size = request.body_file->read_at(at, piece)) {
      if (*size == 0) break;
      hasher.update({piece.data(), *size});
      at += *size;
    }
  }
  return base64url_encode(ByteView(hasher.finish()));
}

/// Headers a line each, an empty line, the body.
std::string write_answer(const Written& answer) {
  std::string out;
  for (const auto& [name, value] : answer.headers.fields()) {
    std::string line = name + ":" + value;
    std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    out += line + '\n';
  }
  return out + '\n' + answer.body;
}

Written read_answer(const Row& row) {
  Written answer{row.status, {}, {}};
  std::string_view rest = row.response;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.empty()) break;
    const size_t colon = std::min(line.find(':'), line.size() - 1);
    answer.headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 1)));
  }
  answer.body = rest;
  return answer;
}

bool claim(Tx& tx, const IdempotentUse& use, WallTime now) {
  return execute(tx,
                 "insert into idempotency_keys (scope, key, body_hash, status, response, created_at, finished_at) "
                 "values ($1, $2, $3, 0, '', $4, null) on conflict (scope, key) do nothing",
                 use.scope, use.key, use.body_hash, now) == 1;
}

/// Takes over a row that no longer counts, unless somebody else just did.
bool take_over(Tx& tx, const IdempotentUse& use, const Row& row, WallTime now) {
  return execute(tx,
                 "update idempotency_keys set body_hash = $3, status = 0, response = '', created_at = $4, "
                 "finished_at = null where scope = $1 and key = $2 and created_at = $5",
                 use.scope, use.key, use.body_hash, now, row.created_at) == 1;
}

Outcome<std::optional<Written>> decide(Tx& tx, const IdempotentUse& use, WallTime now) {
  if (claim(tx, use, now)) return std::nullopt;
  const auto row =
      product::one<Row>(tx,
                        "select body_hash, status, response, created_at, finished_at from idempotency_keys "
                        "where scope = $1 and key = $2",
                        use.scope, use.key);
  if (!row) return std::nullopt;  // Only in a broken unit, whose end tells.
  const TimeDelta age = TimeDelta::micros(now.unix_us - row->created_at.unix_us);
  const bool is_over = row->finished_at ? age >= kKeepAnswers : age >= kAbandonedAfter;
  if (is_over && take_over(tx, use, *row, now)) return std::nullopt;
  if (row->body_hash != use.body_hash) return product::refuse(ProblemCode::kIdempotencyKeyReused);
  if (row->finished_at) return read_answer(*row);
  product::Problem problem{.code = ProblemCode::kRequestInProgress};
  problem.retry_after = TimeDelta::seconds(1);
  return std::unexpected(std::move(problem));
}

}  // namespace

Outcome<IdempotentUse> read_idempotency_key(const net::HttpRequest& request, std::string scope) {
  const std::string_view key = request.headers.get("Idempotency-Key");
  const bool is_good = !key.empty() && key.size() <= kMaxIdempotencyKey &&
                       std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!is_good) {
    return product::refuse(ProblemCode::kInvalidRequest, "Idempotency-Key: 1 to 255 visible ASCII characters");
  }
  return IdempotentUse{std::move(scope), std::string(key), hash_request(request)};
}

Outcome<std::optional<Written>> Idempotency::begin(const IdempotentUse& use, Now now, Timestamp deadline) {
  return store_.write(deadline, [&](Tx& tx) { return decide(tx, use, now.wall); });
}

Outcome<void> Idempotency::finish(const IdempotentUse& use, const std::optional<Written>& answer, Now now,
                                  Timestamp deadline) {
  return store_.write(deadline, [&](Tx& tx) -> Outcome<void> {
    if (answer) {
      execute(tx,
              "update idempotency_keys set status = $3, response = $4, finished_at = $5 "
              "where scope = $1 and key = $2 and finished_at is null",
              use.scope, use.key, answer->status, write_answer(*answer), now.wall);
    } else {
      execute(tx, "delete from idempotency_keys where scope = $1 and key = $2 and finished_at is null", use.scope,
              use.key);
    }
    return {};
  });
}

Outcome<void> Idempotency::sweep(WallTime now, Timestamp deadline) {
  const WallTime oldest{now.unix_us - kKeepAnswers.us()};
  return store_.write(deadline, [&](Tx& tx) -> Outcome<void> {
    execute(tx, "delete from idempotency_keys where created_at < $1", oldest);
    return {};
  });
}

}  // namespace parley::api

#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "product/ports/store.h"

namespace parley::product {

/// Ids that one statement takes. More save round trips; SQLite takes 32,766 parameters, and a plan per size is kept.
inline constexpr size_t kMaxIdsPerStatement = 512;

/// Parameters for so many ids: a power of eight, so that few different statements come to be.
inline size_t padded_size(size_t ids) {
  size_t size = 1;
  while (size < ids) size *= 8;
  return size;
}

/// Runs `sql` for ids in any number and puts the rows together. Its `{ids}` becomes the list's parameters; those before
/// are `first`. Each id is asked for once per list: give every id once.
template <class T, class AnyId>
std::vector<T> all_in(Tx& tx, std::string_view sql, const std::vector<SqlValue>& first, std::span<const AnyId> ids) {
  const size_t place = sql.find("{ids}");
  std::vector<T> out;
  while (!ids.empty()) {
    const auto part = ids.first(std::min(ids.size(), kMaxIdsPerStatement));
    ids = ids.subspan(part.size());
    std::vector<SqlValue> arguments = first;
    std::string text(sql.substr(0, place));
    for (size_t i = 0; i < padded_size(part.size()); ++i) {
      arguments.push_back(to_sql(part[std::min(i, part.size() - 1)]));
      text += (i == 0 ? "$" : ", $") + std::to_string(arguments.size());
    }
    text += sql.substr(place + 5);
    std::vector<T> rows = rows_as<T>(tx.run(text, arguments));
    std::move(rows.begin(), rows.end(), std::back_inserter(out));
  }
  return out;
}

}  // namespace parley::product

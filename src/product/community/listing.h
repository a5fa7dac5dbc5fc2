#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parley::product::community {

/// Where a page begins.
struct PagePlace {
  std::string after;  ///< `next` of the page before; empty: from the beginning.
  int64_t limit = 50;
};

template <class T>
struct Listing {
  std::vector<T> items;
  std::optional<std::string> next;  ///< Absent on the last page.
};

/// Of rows that were asked for with one more than the page has; `key` gives the place of an item.
template <class T, class Key>
Listing<T> cut(std::vector<T> rows, const PagePlace& place, Key key) {
  Listing<T> out;
  const bool has_more = static_cast<int64_t>(rows.size()) > place.limit;
  if (has_more) rows.resize(static_cast<size_t>(place.limit));
  if (has_more && !rows.empty()) out.next = key(rows.back());
  out.items = std::move(rows);
  return out;
}

}  // namespace parley::product::community

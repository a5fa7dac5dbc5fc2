#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/types.h"
#include "product/model/problem.h"

namespace parley::api {

/// Default and bounds of a page.
inline constexpr int64_t kDefaultPage = 50;
inline constexpr int64_t kMaxPage = 100;

/// Query parameters of a listing; a route with filters derives from it and describes it as base.
struct PageQuery {
  std::optional<json::Text<1, 1024>> cursor;  ///< `next` or `prev` of an earlier page.
  std::optional<json::Number<1, kMaxPage>> limit;
  int64_t page_size() const { return limit ? limit->value() : kDefaultPage; }
};
BOOST_DESCRIBE_STRUCT(PageQuery, (), (cursor, limit))

/// One page of a listing.
template <class T>
struct Page {
  std::vector<T> items;
  json::Nullable<std::string> next;  ///< Null on the last page.
  json::Nullable<std::string> prev;  ///< Null on the first page, or where there is no way back.
  BOOST_DESCRIBE_CLASS(Page, (), (items, next, prev), (), ())
};

/// Makes positions opaque: a cursor is bound to its listing and cannot be made or changed by a client, so what comes
/// out of open() may go into a query as it is. Thread-safe.
class CursorSealer {
 public:
  /// `key` is a secret of at least 16 bytes, the same on all instances.
  explicit CursorSealer(std::string key) : key_(std::move(key)) {}
  /// `listing` names what is listed, filters and caller included where they matter.
  std::string seal(std::string_view listing, std::string_view position) const;
  /// The position at which the asked page begins: empty without a cursor; kInvalidRequest for one of another listing.
  product::Outcome<std::string> position(std::string_view listing, const PageQuery& query) const;
  /// nullopt when it is no cursor of this listing.
  std::optional<std::string> open(std::string_view listing, std::string_view cursor) const;

 private:
  std::string sign(std::string_view listing, std::string_view position) const;
  std::string key_;
};

}  // namespace parley::api

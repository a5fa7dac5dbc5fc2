#include "product/chat/search.h"

#include <charconv>
#include <limits>

#include "product/chat/rows.h"
#include "product/chat/text.h"
#include "product/chat/tombstones.h"
#include "product/chat/views.h"
#include "product/chat/word_index.h"

namespace parley::product::chat {
namespace {

/// Words of a query that count; nobody types more.
constexpr size_t kMaxWords = 10;

struct Hit : MessageRow {
  bool is_exact = false;
  int64_t place = 0;
};
BOOST_DESCRIBE_STRUCT(Hit, (MessageRow), (is_exact, place))

/// A statement that grows by conditions and their parameters.
struct Query {
  std::string conditions = "m.deleted_at is null";
  std::string exact = "0";
  std::vector<SqlValue> arguments;

  template <class T>
  std::string add(const T& value) {
    arguments.push_back(to_sql(value));
    return "$" + std::to_string(arguments.size());
  }
  void require(const std::string& condition) { conditions += " and " + condition; }
};

/// False when there is no word in it.
bool add_words(Tx& tx, std::string_view typed, Query& query) {
  std::vector<std::string> words = words_of(to_nfc(typed));
  if (words.size() > kMaxWords) words.resize(kMaxWords);
  std::vector<std::string> folded;
  for (const std::string& word : words) {
    std::string one_word = searchable(word);
    if (!one_word.empty()) folded.push_back(std::move(one_word));
  }
  if (folded.empty()) return false;
  query.require(match_words(tx, folded, query.arguments));
  query.exact = "case when 1 = 1";
  for (const std::string& word : words) query.exact += " and replace(m.body, " + query.add(word) + ", '') <> m.body";
  query.exact += " then 1 else 0 end";
  return true;
}

/// What the caller may read now: people's conversations by membership, channels by the one judge.
void add_readable(Tx& tx, const Acting& acting, const std::optional<CommunityId>& only, Query& query) {
  std::string channels;
  for (const CommunityId& community : communities_of(tx, acting.user)) {
    if (only && *only != community) continue;
    for (const community::ChannelStanding& here : community::visible_channels(tx, acting.user, community, acting.now)) {
      const bool is_readable =
          decide_rights({.kind = ConversationKind::kChannel, .mask = here.mask}).has(Right::kHistory);
      if (is_readable && here.channel.kind == community::ChannelKind::kText)
        channels += (channels.empty() ? "" : ", ") + query.add(here.channel.id);
    }
  }
  std::string readable = channels.empty() ? "1 = 0" : "c.channel_id in (" + channels + ")";
  if (!only) {
    readable += " or c.root_id in (select k.conversation_id from conversation_members k where k.user_id = " +
                query.add(acting.user) + ")";
  }
  query.require("(" + readable + ")");
}

int64_t bit_of(Has has) {
  switch (has) {
    case Has::kFile:
      return kHasFile;
    case Has::kImage:
      return kHasImage;
    case Has::kLink:
      break;
  }
  return kHasLink;
}

void add_filters(const SearchFilter& filter, Query& query) {
  if (filter.from) query.require("m.sender_id = " + query.add(*filter.from));
  if (filter.has) query.require("(m.features & " + query.add(bit_of(*filter.has)) + ") <> 0");
  if (filter.before) query.require("m.created_at < " + query.add(*filter.before));
  if (filter.after) query.require("m.created_at > " + query.add(*filter.after));
  if (filter.mentions) {
    query.require("exists (select 1 from message_mentions x where x.message_id = m.id and x.user_id = " +
                  query.add(*filter.mentions) + ")");
  }
}

/// "1|4711": the last hit of the page before.
void add_place(const PagePlace& place, Query& query, std::string& outer) {
  if (place.after.size() < 3) return;
  int64_t row = 0;
  std::from_chars(place.after.data() + 2, place.after.data() + place.after.size(), row);
  const std::string at = query.add(row);
  outer += place.after.front() == '1' ? "where h.is_exact = 0 or h.place < " + at
                                      : "where h.is_exact = 0 and h.place < " + at;
}

}  // namespace

Outcome<Listing<MessageView>> search_messages(Tx& tx, const Acting& acting, const SearchFilter& filter,
                                              const PagePlace& place) {
  Query query;
  const bool has_filter = filter.from || filter.has || filter.mentions || filter.before || filter.after;
  if (filter.q) {
    if (!add_words(tx, *filter.q, query)) return refuse_field("?q", "has no word in it");
  } else if (!has_filter) {
    return refuse_field("?q", "or another filter is needed");
  }
  if (filter.in) {
    const auto standing = require(tx, acting, *filter.in, Right::kHistory);
    if (!standing) return std::unexpected(standing.error());
    query.require("m.conversation_id = " + query.add(*filter.in));
  } else {
    if (filter.community) {
      const auto member = community::require_member(tx, acting, *filter.community);
      if (!member) return std::unexpected(member.error());
    }
    add_readable(tx, acting, filter.community, query);
  }
  add_filters(filter, query);
  std::string outer;
  add_place(place, query, outer);
  std::string sql = "select * from (select ";
  sql += kMessageColumns;
  sql += ", " + query.exact + " as is_exact, m.row as place";
  sql += kMessageTables;
  sql += "join conversations c on c.id = m.conversation_id where " + query.conditions + ") h " + outer;
  sql += " order by h.is_exact desc, h.place desc limit " + query.add(place.limit + 1);
  auto cut = community::cut(rows_as<Hit>(tx.run(sql, query.arguments)), place, [](const Hit& hit) {
    return std::string(hit.is_exact ? "1|" : "0|") + std::to_string(hit.place);
  });
  std::vector<MessageRow> rows(cut.items.begin(), cut.items.end());
  return Listing<MessageView>{.items = to_views(tx, std::move(rows), acting.user), .next = std::move(cut.next)};
}

}  // namespace parley::product::chat

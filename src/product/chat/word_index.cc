#include "product/chat/word_index.h"

namespace parley::product::chat {
namespace {

/// Every word as the beginning of one, all of them: `"a"* "b"*` of FTS5, `'a':* & 'b':*` of tsquery. Words hold no
/// quotes: text.h.
std::string joined(const std::vector<std::string>& words, std::string_view quote, std::string_view prefix,
                   std::string_view between) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += between;
    out += quote;
    out += word;
    out += quote;
    out += prefix;
  }
  return out;
}

}  // namespace

void enter_index(Tx& tx, const MessageId& message) {
  execute(tx, "insert into message_search (rowid, words) select row, words from messages where id = $1 and words <> ''",
          message);
}

void leave_index(Tx& tx, const MessageId& message) {
  execute(tx, "delete from message_search where rowid in (select row from messages where id = $1 and words <> '')",
          message);
}

void leave_index(Tx& tx, const ConversationId& conversation, int64_t up_to_seq) {
  execute(tx,
          "delete from message_search where rowid in (select row from messages where conversation_id = $1 "
          "and seq <= $2 and words <> '')",
          conversation, up_to_seq);
}

std::string match_words(Tx& tx, const std::vector<std::string>& words, std::vector<SqlValue>& arguments) {
  const bool is_fts5 = one<std::string>(tx, "select name from search_engine") == "fts5";
  arguments.push_back(is_fts5 ? joined(words, "\"", "*", " ") : joined(words, "'", ":*", " & "));
  const std::string place = "$" + std::to_string(arguments.size());
  if (is_fts5) return "m.row in (select rowid from message_search where message_search match " + place + ")";
  return "m.search @@ cast(" + place + " as tsquery)";
}

}  // namespace parley::product::chat

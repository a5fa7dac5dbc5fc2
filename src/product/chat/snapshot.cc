#include "product/chat/snapshot.h"

#include <algorithm>
#include <array>

#include "json/reader.h"
#include "product/chat/events.h"
#include "product/chat/rows.h"

namespace parley::product::chat {
namespace {

std::string key_of(int64_t seq) {
  const std::string digits = std::to_string(seq);
  return std::string(20 - std::min<size_t>(digits.size(), 20), '0') + digits;
}

MessageSnapshot* message_at(ConversationSnapshot& snapshot, int64_t seq) {
  const auto at = snapshot.messages.find(key_of(seq));
  return at == snapshot.messages.end() ? nullptr : &at->second;
}

void on(ConversationSnapshot& snapshot, const Conversation& told) {
  snapshot.conversation = told;
  snapshot.messages.erase(snapshot.messages.begin(), snapshot.messages.lower_bound(key_of(told.first_seq)));
}

void on(ConversationSnapshot& snapshot, const ConversationMade& told) {
  snapshot = {};
  snapshot.conversation = static_cast<const Conversation&>(told);
  for (const ConversationMember& member : told.members) snapshot.members[member.user_id.text()] = member;
}

void on(ConversationSnapshot& snapshot, const ConversationGone& /*told*/) { snapshot = {}; }

void on(ConversationSnapshot& snapshot, const MemberAdded& told) {
  snapshot.members[told.user_id.text()] = told;
  snapshot.conversation->version = told.version;
}

void on(ConversationSnapshot& snapshot, const MemberRemoved& told) {
  snapshot.members.erase(told.user_id.text());
  snapshot.marks.erase(told.user_id.text());
  snapshot.conversation->version = told.version;
}

void on_message(ConversationSnapshot& snapshot, const Message& told) {
  MessageSnapshot& held = snapshot.messages[key_of(told.seq)];
  held.message = told;
  if (told.is_deleted()) held.reactions.clear();
}

void on(ConversationSnapshot& snapshot, const Message& told) { on_message(snapshot, told); }

void on(ConversationSnapshot& snapshot, const MessageTold& told) {
  on_message(snapshot, told);
  if (told.seq <= snapshot.conversation->last_seq) return;
  snapshot.conversation->last_seq = told.seq;
  snapshot.conversation->active_at = told.created_at;
}

template <bool kIsAdded>
void on_reaction(ConversationSnapshot& snapshot, const ReactionTold& told) {
  MessageSnapshot* held = message_at(snapshot, told.seq);
  if (held == nullptr) return;
  held->message.change = told.change;
  std::vector<UserId>& users = held->reactions[told.emoji];
  std::erase(users, told.user_id);
  if (kIsAdded) users.insert(std::ranges::lower_bound(users, told.user_id), told.user_id);
  if (users.empty()) held->reactions.erase(told.emoji);
}

void on(ConversationSnapshot& snapshot, const PinTold& told) {
  MessageSnapshot* held = message_at(snapshot, told.seq);
  if (held == nullptr) return;
  held->message.change = told.change;
  held->message.pinned_at = told.pinned_at;
  held->message.pinned_by = told.pinned_at ? json::Nullable<UserId>(told.user_id) : json::Nullable<UserId>();
}

const ConversationId& conversation_in(const Conversation& told) { return told.id; }
const ConversationId& conversation_in(const auto& told) { return told.conversation_id; }

/// In its turn, once: the conversation's changes have no holes.
template <class Payload, auto Handler>
Applied apply_with(ConversationSnapshot& snapshot, std::string_view payload) {
  const auto told = json::parse<Payload>(payload);
  if (!told) return Applied::kMalformed;
  if (!snapshot.conversation || snapshot.conversation->id != conversation_in(*told)) return Applied::kNothing;
  if (told->change <= snapshot.conversation->change) return Applied::kNothing;
  if (told->change > snapshot.conversation->change + 1) return Applied::kGap;
  Handler(snapshot, *told);
  if (snapshot.conversation) snapshot.conversation->change = told->change;
  return Applied::kChanged;
}

template <class Payload>
Applied apply_as(ConversationSnapshot& snapshot, std::string_view payload) {
  return apply_with<Payload, static_cast<void (*)(ConversationSnapshot&, const Payload&)>(&on)>(snapshot, payload);
}

Applied apply_created(ConversationSnapshot& snapshot, std::string_view payload) {
  const auto told = json::parse<ConversationMade>(payload);
  if (!told) return Applied::kMalformed;
  if (snapshot.conversation) return Applied::kNothing;
  on(snapshot, *told);
  return Applied::kChanged;
}

/// They carry no change: the seqs only rise, and what marks unread is the last word.
Applied apply_marks(ConversationSnapshot& snapshot, std::string_view payload) {
  const auto told = json::parse<MarksTold>(payload);
  if (!told) return Applied::kMalformed;
  if (!snapshot.conversation || snapshot.conversation->id != told->conversation_id) return Applied::kNothing;
  Marks& marks = snapshot.marks[told->user_id.text()];
  marks.delivered_seq = std::max(marks.delivered_seq, told->delivered_seq);
  marks.read_seq = std::max(marks.read_seq, told->read_seq);
  marks.played_seq = std::max(marks.played_seq, told->played_seq);
  marks.unread_from = told->unread_from;
  return Applied::kChanged;
}

Applied apply_draft(ConversationSnapshot& /*snapshot*/, std::string_view payload) {
  return json::parse<DraftTold>(payload) ? Applied::kNothing : Applied::kMalformed;
}

struct Row {
  std::string_view type;
  Applied (*apply)(ConversationSnapshot&, std::string_view);
};
constexpr auto kEvents = std::to_array<Row>({
    {"conversation.created", apply_created},
    {"conversation.updated", apply_as<Conversation>},
    {"conversation.deleted", apply_as<ConversationGone>},
    {"conversation.member_added", apply_as<MemberAdded>},
    {"conversation.member_removed", apply_as<MemberRemoved>},
    {"message.created", apply_as<MessageTold>},
    {"message.updated", apply_as<MessageTold>},
    {"message.deleted", apply_as<Message>},
    {"reaction.added", apply_with<ReactionTold, on_reaction<true>>},
    {"reaction.removed", apply_with<ReactionTold, on_reaction<false>>},
    {"pin.added", apply_as<PinTold>},
    {"pin.removed", apply_as<PinTold>},
    {"receipt.delivered", apply_marks},
    {"receipt.read", apply_marks},
    {"receipt.played", apply_marks},
    {"unread.marked", apply_marks},
    {"draft.changed", apply_draft},
});

struct ReactionRow {
  int64_t seq = 0;
  std::string emoji;
  UserId user;
};
BOOST_DESCRIBE_STRUCT(ReactionRow, (), (seq, emoji, user))

struct MarksRow : Marks {
  UserId user;
};
BOOST_DESCRIBE_STRUCT(MarksRow, (Marks), (user))

}  // namespace

ConversationSnapshot load_snapshot(Tx& tx, const ConversationId& id) {
  ConversationSnapshot out;
  out.conversation = find_conversation(tx, id);
  if (!out.conversation) return out;
  for (ConversationMember& member : members_of(tx, id)) {
    const std::string user = member.user_id.text();
    out.members[user] = std::move(member);
  }
  for (Message& message :
       complete(tx, all<MessageRow>(tx, select_messages("where m.conversation_id = $1 order by m.seq"), id))) {
    const std::string key = key_of(message.seq);
    out.messages[key].message = std::move(message);
  }
  for (ReactionRow& row : all<ReactionRow>(tx,
                                           "select m.seq, r.emoji, r.user_id from message_reactions r "
                                           "join messages m on m.id = r.message_id where m.conversation_id = $1 "
                                           "order by m.seq, r.emoji, r.user_id",
                                           id))
    out.messages[key_of(row.seq)].reactions[row.emoji].push_back(std::move(row.user));
  for (const MarksRow& row :
       all<MarksRow>(tx,
                     "select delivered_seq, read_seq, played_seq, unread_from, user_id from conversation_marks "
                     "where conversation_id = $1",
                     id))
    out.marks[row.user.text()] = row;
  return out;
}

Applied apply(ConversationSnapshot& snapshot, std::string_view type, std::string_view payload) {
  const auto row = std::ranges::find(kEvents, type, &Row::type);
  return row == kEvents.end() ? Applied::kMalformed : row->apply(snapshot, payload);
}

}  // namespace parley::product::chat

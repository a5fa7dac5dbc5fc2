// Random actions of random users: what the events say is what happened, and nothing is told in between.
#include "product/chat/snapshot.h"

#include <functional>
#include <map>

#include "json/reader.h"
#include "product/chat/attachments.h"
#include "product/chat/test_chat.h"

namespace parley::product::chat {
namespace {

/// Lets a unit of work through and keeps its events.
class RecordingTx : public Tx {
 public:
  explicit RecordingTx(Tx& tx) : tx_(tx) {}
  SqlRows run(std::string_view sql, std::span<const SqlValue> arguments) override { return tx_.run(sql, arguments); }
  void emit(OutboxEvent event) override {
    events.push_back(event);
    tx_.emit(std::move(event));
  }
  bool is_broken() const override { return tx_.is_broken(); }
  std::vector<OutboxEvent> events;

 private:
  Tx& tx_;
};

using Action = std::function<Outcome<void>(Tx&, const Acting&)>;

template <class T>
Outcome<void> drop(const Outcome<T>& outcome) {
  if (!outcome) return std::unexpected(outcome.error());
  return {};
}

class SnapshotTest : public ChatTest {
 protected:
  using Snapshots = std::map<ConversationId, ConversationSnapshot>;

  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[rng_.below(from.size())];
  }
  const ConversationId& place() { return pick(places_); }
  MessageId message() { return messages_.empty() ? MessageId("nothing") : pick(messages_); }

  Action saying() {
    NewMessage wanted{.text = Body("text " + std::to_string(rng_.below(100)) + " @u1 <@" + pick(users_).text() + ">")};
    if (rng_.below(3) == 0) wanted.client_id = ClientId("c" + std::to_string(rng_.below(20)));
    if (rng_.below(3) == 0) wanted.reply_to = message();
    const bool has_file = rng_.below(5) == 0;
    return [=, where = place()](Tx& tx, const Acting& a) {
      NewMessage message = wanted;
      if (has_file) {
        const auto begun = files::begin_upload(tx, {a.user, a.now, a.rng}, {.name = files::FileName("a")}, {});
        if (!begun) return drop(begun);
        message.attachments = json::List<FileId, kMaxFiles>{begun->id};
      }
      return drop(send_message(tx, a, where, message));
    };
  }
  /// A file that was sent before anybody looked at it is looked at.
  static Action examining() {
    return [](Tx& tx, const Acting& a) -> Outcome<void> {
      const auto job = files::claim_next(tx, a.now);
      if (!job) return {};
      files::Content content{.id = make_id<files::ContentId>(a.now, a.rng)};
      content.sha256 = content.id.text();
      content.facts.kind = MediaKind::kImage;
      if (!files::finish_new(tx, *job, content, a.now)) return refuse(ProblemCode::kInternal);
      refresh_messages(tx, job->file.id, a.now);
      return {};
    };
  }
  Action on_message() {
    const MessageId id = message();
    static const std::vector<std::string> emoji{"👍", ":parley:"};
    switch (rng_.below(8)) {
      case 0:
        return [=, text = Body("edited " + std::to_string(rng_.below(3)) + " @u2")](Tx& tx, const Acting& a) {
          return drop(edit_message(tx, a, id, {.text = text}));
        };
      case 1:
        return [=](Tx& tx, const Acting& a) { return delete_message(tx, a, id); };
      case 2:
        return [=](Tx& tx, const Acting& a) { return pin_message(tx, a, id); };
      case 3:
        return [=](Tx& tx, const Acting& a) { return unpin_message(tx, a, id); };
      case 4:
        return [=, which = Emoji(pick(emoji))](Tx& tx, const Acting& a) {
          const auto added = add_reaction(tx, a, id, which);
          return added ? remove_reaction(tx, a, id, which) : added;
        };
      case 5:
        return [=](Tx& tx, const Acting& a) { return drop(open_thread(tx, a, id, {})); };
      default:
        return [=, which = Emoji(pick(emoji))](Tx& tx, const Acting& a) { return add_reaction(tx, a, id, which); };
    }
  }
  Action reading() {
    const auto seq = static_cast<int64_t>(rng_.below(60));
    switch (rng_.below(3)) {
      case 0:
        return [=, where = place()](Tx& tx, const Acting& a) { return drop(mark_unread(tx, a, where, seq + 1)); };
      case 1:
        return [=, where = place()](Tx& tx, const Acting& a) {
          return drop(mark(tx, a, where, {.delivered_seq = Seq(seq + 30), .played_seq = Seq(seq / 2)}));
        };
      default:
        return
            [=, where = place()](Tx& tx, const Acting& a) { return drop(mark(tx, a, where, {.read_seq = Seq(seq)})); };
    }
  }
  Action people() {
    const UserId whom = pick(users_);
    switch (rng_.below(4)) {
      case 0:
        return [=, where = pick(groups_)](Tx& tx, const Acting& a) { return remove_person(tx, a, where, whom); };
      case 1:
        return [=, where = pick(groups_), name = ConversationName("n" + std::to_string(rng_.below(3)))](
                   Tx& tx, const Acting& a) { return drop(change_group(tx, a, where, {.name = name})); };
      default:
        return [=, where = pick(groups_)](Tx& tx, const Acting& a) { return add_person(tx, a, where, whom); };
    }
  }
  Action draft() {
    return [where = place(), text = Body(rng_.below(2) == 0 ? "" : "begun")](Tx& tx, const Acting& a) {
      return drop(set_draft(tx, a, where, {.text = text}));
    };
  }
  Action action() {
    switch (rng_.below(13)) {
      case 12:
        return examining();
      case 0:
      case 10:
      case 11:
        return people();
      case 1:
        return draft();
      case 2:
      case 3:
        return reading();
      case 4:
      case 5:
      case 6:
        return on_message();
      default:
        return saying();
    }
  }

  Snapshots load(Tx& tx) {
    Snapshots out;
    for (const ConversationId& id : all<ConversationId>(tx, "select id from conversations")) {
      ConversationSnapshot snapshot = load_snapshot(tx, id);
      if (snapshot.conversation) out[id] = std::move(snapshot);
    }
    return out;
  }

  static std::string shown(const Snapshots& snapshots) {
    std::string out;
    for (const auto& [id, snapshot] : snapshots) out += id.text() + " " + json::to_json(snapshot) + "\n";
    return out;
  }

  static void apply_all(Snapshots& snapshots, const std::vector<OutboxEvent>& events) {
    for (const OutboxEvent& event : events) {
      if (event.type == "conversation.created") {
        const auto made = json::parse<Conversation>(event.payload.substr(0, event.payload.find(",\"members\"")) + "}");
        ASSERT_TRUE(made.has_value());
        snapshots[made->id];
      }
      for (auto& [id, snapshot] : snapshots) {
        const Applied applied = apply(snapshot, event.type, event.payload);
        const bool is_of_files = event.type == "file.updated";  // Told beside what it means to messages.
        ASSERT_EQ(applied == Applied::kChanged || applied == Applied::kNothing, !is_of_files)
            << event.type << event.payload;
      }
      std::erase_if(snapshots, [](const auto& held) { return !held.second.conversation; });
    }
  }

  /// What is always true of a conversation.
  static void expect_sound(const ConversationSnapshot& snapshot) {
    const Conversation& conversation = *snapshot.conversation;
    int64_t seq = conversation.first_seq;
    for (const auto& [key, held] : snapshot.messages) {
      EXPECT_EQ(held.message.seq, seq++) << "a hole";
      EXPECT_LE(held.message.change, conversation.change);
      if (held.message.is_deleted()) {
        EXPECT_TRUE(held.message.text.text().empty() && held.reactions.empty() && !held.message.pinned_at);
      }
    }
    EXPECT_EQ(conversation.last_seq, seq - 1);
    for (const auto& [user, marks] : snapshot.marks) {
      EXPECT_LE(marks.read_seq, conversation.last_seq);
      EXPECT_LE(marks.read_seq, marks.delivered_seq);
    }
  }

  std::vector<UserId> users_{user("u0"), user("u1"), user("u2"), user("u3")};
  std::vector<ConversationId> places_;
  std::vector<ConversationId> groups_;
  std::vector<MessageId> messages_;
};

TEST_P(SnapshotTest, EventsAppliedToWhatWasGiveWhatIs) {
  const CommunityId community = make_community(users_[0]);
  const ChannelId channel = make_channel(users_[0], community);
  for (const UserId& who : {users_[1], users_[2]}) {
    const auto invite =
        act(users_[0], [&](Tx& tx, const Acting& a) { return community::create_invite(tx, a, community, {}); });
    ASSERT_TRUE(act(who, [&](Tx& tx, const Acting& a) { return community::accept_invite(tx, a, invite->code); }));
  }
  groups_ = {group(users_[0], {users_[1], users_[2]}), group(users_[3], {users_[0]})};
  places_ = {direct(users_[0], users_[1]), groups_[0], groups_[1], conversation_of_channel(channel)};
  set_privacy(users_[2], {.sends_read_receipts = false});
  std::map<std::string, int> seen_types;
  int done = 0;
  for (int i = 0; i < 1'100 && !HasFatalFailure(); ++i) {
    SCOPED_TRACE(i);
    advance(TimeDelta::seconds(static_cast<int64_t>(rng_.below(30))));
    const UserId who = pick(users_);
    const Action wanted = action();
    const auto outcome = store_->write(soon(), [&](Tx& store_tx) -> Outcome<void> {
      RecordingTx tx(store_tx);
      Snapshots applied = load(tx);
      if (const auto acted = wanted(tx, Acting(who, now_, rng_)); !acted) return acted;
      const Snapshots after = load(tx);
      apply_all(applied, tx.events);
      EXPECT_EQ(shown(applied), shown(after));
      // Told again, it changes nothing.
      for (const OutboxEvent& event : tx.events) {
        for (auto& [id, snapshot] : applied) apply(snapshot, event.type, event.payload);
      }
      EXPECT_EQ(shown(applied), shown(after));
      for (const auto& [id, snapshot] : after) expect_sound(snapshot);
      for (const OutboxEvent& event : tx.events) ++seen_types[event.type];
      messages_ = all<MessageId>(tx, "select id from messages order by row desc limit 6");
      places_ = all<ConversationId>(tx, "select id from conversations order by kind, id limit 6");
      places_.push_back(conversation_of_channel(channel));
      return {};
    });
    if (!outcome) EXPECT_LT(info(outcome.error().code).status, 500) << outcome.error().detail;
    done += outcome ? 1 : 0;
  }
  EXPECT_GT(done, 250);
  for (const char* type :
       {"conversation.created", "conversation.updated", "conversation.member_added", "conversation.member_removed",
        "message.created", "message.updated", "message.deleted", "reaction.added", "reaction.removed", "pin.added",
        "pin.removed", "receipt.read", "receipt.delivered", "unread.marked", "draft.changed"})
    EXPECT_TRUE(seen_types.contains(type)) << type << " never came up";
}

TEST_P(SnapshotTest, AMissingEventIsNoticed) {
  const ConversationId talk = direct(users_[0], users_[1]);
  ConversationSnapshot snapshot = read([&](Tx& tx) { return load_snapshot(tx, talk); });
  const std::string before = json::to_json(snapshot);
  say(users_[0], talk, "one");
  const MessageView two = say(users_[0], talk, "two");
  EXPECT_EQ(apply(snapshot, "message.created", json::to_json(MessageTold{two, {}, {}})), Applied::kGap);
  EXPECT_EQ(json::to_json(snapshot), before);
}

TEST(SnapshotEvents, OfAnotherKindOrWithoutSenseAreToldApart) {
  ConversationSnapshot snapshot;
  EXPECT_EQ(apply(snapshot, "role.created", "{}"), Applied::kMalformed);
  EXPECT_EQ(apply(snapshot, "message.created", "{}"), Applied::kMalformed);
  EXPECT_EQ(apply(snapshot, "message.deleted", "{"), Applied::kMalformed);
  EXPECT_EQ(apply(snapshot, "pin.added",
                  R"({"conversationId":"c","messageId":"m","seq":1,"userId":"u","pinnedAt":null,"change":1})"),
            Applied::kNothing);
}

PARLEY_ON_BOTH_DATABASES(SnapshotTest);

}  // namespace
}  // namespace parley::product::chat

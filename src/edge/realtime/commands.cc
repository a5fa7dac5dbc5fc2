#include "edge/realtime/commands.h"

#include "edge/api/request.h"
#include "edge/realtime/audience.h"
#include "edge/realtime/known_fields.h"
#include "edge/realtime/presence_teller.h"
#include "edge/realtime/typing.h"
#include "product/chat/marks.h"
#include "product/chat/reactions.h"
#include "product/identity/profile.h"
#include "product/identity/sessions.h"

namespace parley::realtime {
namespace {

namespace chat = product::chat;
namespace identity = product::identity;
using product::ConversationId;
using product::MessageId;
using product::Outcome;
using product::ProblemCode;
using product::refuse;
using product::Tx;
using product::UserId;
using product::access::Bucket;

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct SendMessage : chat::NewMessage {
  ConversationId conversation_id;
};
BOOST_DESCRIBE_STRUCT(SendMessage, (chat::NewMessage), (conversation_id))

/// The three that a client needs at once stand beside the message.
struct SentAnswer {
  MessageId id;
  int64_t seq = 0;
  WallTime created_at;
  chat::MessageView message;
};
BOOST_DESCRIBE_STRUCT(SentAnswer, (), (id, seq, created_at, message))

struct EditMessage : chat::MessageEdit {
  MessageId message_id;
};
BOOST_DESCRIBE_STRUCT(EditMessage, (chat::MessageEdit), (message_id))

struct MessageAnswer {
  chat::MessageView message;
};
BOOST_DESCRIBE_STRUCT(MessageAnswer, (), (message))

struct DeleteMessage {
  MessageId message_id;
  std::optional<chat::Reason> reason;
};
BOOST_DESCRIBE_STRUCT(DeleteMessage, (), (message_id, reason))

struct React {
  MessageId message_id;
  chat::Emoji emoji;
  std::optional<bool> remove;
};
BOOST_DESCRIBE_STRUCT(React, (), (message_id, emoji, remove))

struct MarkRead {
  ConversationId conversation_id;
  std::optional<chat::Seq> seq;  ///< Read up to here; the name that most clients know.
  std::optional<chat::Seq> delivered_seq;
  std::optional<chat::Seq> played_seq;
};
BOOST_DESCRIBE_STRUCT(MarkRead, (), (conversation_id, seq, delivered_seq, played_seq))

struct MarksAnswer {
  chat::Marks marks;
};
BOOST_DESCRIBE_STRUCT(MarksAnswer, (), (marks))

struct TypingCommand {
  ConversationId conversation_id;
  std::optional<bool> is_typing;
};
BOOST_DESCRIBE_STRUCT(TypingCommand, (), (conversation_id, is_typing))

struct InConversation {
  ConversationId conversation_id;
};
BOOST_DESCRIBE_STRUCT(InConversation, (), (conversation_id))

enum class DeviceState : unsigned char { kActive, kIdle, kBackground, kDnd, kInvisible };
BOOST_DESCRIBE_ENUM(DeviceState, kActive, kIdle, kBackground, kDnd, kInvisible)
struct SetPresence {
  DeviceState state = DeviceState::kActive;
};
BOOST_DESCRIBE_STRUCT(SetPresence, (), (state))

struct GetPresence {
  json::List<UserId, 100> user_ids;
};
BOOST_DESCRIBE_STRUCT(GetPresence, (), (user_ids))
/// Who is not named is offline, as far as the caller may know.
struct PresenceAnswer {
  std::vector<UserPresence> items;
};
BOOST_DESCRIBE_STRUCT(PresenceAnswer, (), (items))

struct RefreshToken {
  /// Absent: the session's own newest token counts, which a page that has it as a cookie cannot read.
  std::optional<Redacted<json::Text<1, 512>>> token;
};
BOOST_DESCRIBE_STRUCT(RefreshToken, (), (token))

struct ExpiryAnswer {
  json::Nullable<WallTime> expires_at;  ///< Null: never.
};
BOOST_DESCRIBE_STRUCT(ExpiryAnswer, (), (expires_at))

Outcome<SentAnswer> send_message(CommandContext& context, const SendMessage& wanted) {
  const auto acting = context.acting();
  const ConversationId& conversation = wanted.conversation_id;
  if (wanted.client_id) {
    // A repeat costs nothing of what may be sent, but it is a read.
    if (auto spent = context.spend(Bucket::kReads); !spent) return std::unexpected(spent.error());
    auto repeat = context.store.read(
        context.deadline, [&](Tx& tx) { return chat::find_repeat(tx, acting, conversation, *wanted.client_id); });
    if (!repeat) return std::unexpected(std::move(repeat.error()));
    if (*repeat) return SentAnswer{(*repeat)->id, (*repeat)->seq, (*repeat)->created_at, std::move(**repeat)};
  }
  if (auto spent = context.spend(Bucket::kSends, conversation.text()); !spent) return std::unexpected(spent.error());
  auto sent = context.store.write(context.deadline,
                                  [&](Tx& tx) { return chat::send_message(tx, acting, conversation, wanted); });
  if (!sent) return std::unexpected(std::move(sent.error()));
  chat::MessageView& message = sent->message;
  return SentAnswer{message.id, message.seq, message.created_at, std::move(message)};
}

Outcome<MessageAnswer> edit_message(CommandContext& context, const EditMessage& wanted) {
  if (auto spent = context.spend(Bucket::kWrites); !spent) return std::unexpected(spent.error());
  auto edited = context.store.write(
      context.deadline, [&](Tx& tx) { return chat::edit_message(tx, context.acting(), wanted.message_id, wanted); });
  if (!edited) return std::unexpected(std::move(edited.error()));
  return MessageAnswer{std::move(*edited)};
}

Outcome<Nothing> delete_message(CommandContext& context, const DeleteMessage& wanted) {
  if (auto spent = context.spend(Bucket::kWrites); !spent) return std::unexpected(spent.error());
  auto acting = context.acting();
  if (wanted.reason) acting.reason = wanted.reason->text();
  const auto done = context.store.write(context.deadline,
                                        [&](Tx& tx) { return chat::delete_message(tx, acting, wanted.message_id); });
  if (!done) return std::unexpected(done.error());
  return Nothing{};
}

Outcome<Nothing> react(CommandContext& context, const React& wanted) {
  if (auto spent = context.spend(Bucket::kWrites); !spent) return std::unexpected(spent.error());
  const auto done = context.store.write(context.deadline, [&](Tx& tx) {
    const auto change = wanted.remove.value_or(false) ? &chat::remove_reaction : &chat::add_reaction;
    return change(tx, context.acting(), wanted.message_id, wanted.emoji);
  });
  if (!done) return std::unexpected(done.error());
  return Nothing{};
}

Outcome<MarksAnswer> mark_read(CommandContext& context, const MarkRead& wanted) {
  if (auto spent = context.spend(Bucket::kWrites); !spent) return std::unexpected(spent.error());
  const chat::MarksChange change{wanted.delivered_seq, wanted.seq, wanted.played_seq};
  auto marks = context.store.write(
      context.deadline, [&](Tx& tx) { return chat::mark(tx, context.acting(), wanted.conversation_id, change); });
  if (!marks) return std::unexpected(std::move(marks.error()));
  return MarksAnswer{*marks};
}

Outcome<Nothing> typing(CommandContext& context, const TypingCommand& wanted) {
  if (auto spent = context.spend(Bucket::kReads); !spent) return std::unexpected(spent.error());
  using Apart = std::optional<std::vector<UserId>>;  // nullopt: he tells nobody.
  const auto apart = context.store.read(context.deadline, [&](Tx& tx) -> Outcome<Apart> {
    const auto may = chat::require(tx, context.acting(), wanted.conversation_id, chat::Right::kSend);
    if (!may) return std::unexpected(may.error());
    if (!identity::privacy_of(tx, context.client.user).sends_typing) return Apart();
    return Apart(identity::apart_from(tx, context.client.user));
  });
  if (!apart) return std::unexpected(apart.error());
  const bool is_typing = wanted.is_typing.value_or(true);
  if (*apart) context.typing.set({wanted.conversation_id, context.client.user, is_typing}, **apart, context.now);
  return Nothing{};
}

Outcome<Nothing> set_presence(CommandContext& context, const SetPresence& wanted) {
  if (auto spent = context.spend(Bucket::kReads); !spent) return std::unexpected(spent.error());
  constexpr std::array kStates{PresenceState::kActive, PresenceState::kIdle, PresenceState::kBackground,
                               PresenceState::kDnd, PresenceState::kInvisible};
  context.presence.set(context.client.user, context.socket.id(), kStates[static_cast<size_t>(wanted.state)]);
  return Nothing{};
}

Outcome<PresenceAnswer> get_presence(CommandContext& context, const GetPresence& wanted) {
  if (auto spent = context.spend(Bucket::kReads); !spent) return std::unexpected(spent.error());
  auto there =
      context.presence.look(context.client.user, {wanted.user_ids.begin(), wanted.user_ids.end()}, context.deadline);
  if (!there) return std::unexpected(std::move(there.error()));
  return PresenceAnswer{std::move(*there)};
}

/// For threads in which one takes no part, and for clients that believe they must.
Outcome<Nothing> join_conversation(CommandContext& context, const InConversation& wanted) {
  if (auto spent = context.spend(Bucket::kReads); !spent) return std::unexpected(spent.error());
  const std::string room = conversation_room(wanted.conversation_id.text());
  const auto may_view = [&] {
    return context.store.read(context.deadline, [&](Tx& tx) {
      return chat::require(tx, context.acting(), wanted.conversation_id, chat::Right::kView);
    });
  };
  if (const auto may = may_view(); !may) return std::unexpected(may.error());
  context.socket.join(room);
  // Who lost the right just now was put out of the rooms that he was in just before.
  if (const auto may = may_view(); !may) {
    context.socket.leave(room);
    return std::unexpected(may.error());
  }
  return Nothing{};
}

Outcome<ExpiryAnswer> refresh_token(CommandContext& context, const RefreshToken& wanted) {
  if (context.client.session.is_empty()) return ExpiryAnswer{};
  if (!wanted.token) {
    const auto expiry = context.store.read(context.deadline, [&](Tx& tx) -> Outcome<std::optional<WallTime>> {
      return identity::access_expiry(tx, context.client.session, context.now.wall);
    });
    if (!expiry) return std::unexpected(expiry.error());
    if (!*expiry) return refuse(ProblemCode::kTokenExpired);
    context.client.expires_at_us = (*expiry)->unix_us;
    return ExpiryAnswer{**expiry};
  }
  const api::Credentials credentials{.kind = api::Credentials::Kind::kBearer,
                                     .secret = Redacted(std::string(wanted.token->reveal().text()))};
  const auto caller = context.authenticator.authenticate(credentials, context.now, context.deadline);
  if (!caller) return std::unexpected(caller.error());
  // Another user's token would leave this one's rooms open to him.
  if (caller->user != context.client.user || caller->session != context.client.session)
    return refuse(ProblemCode::kForbidden, "the token is of another session");
  context.client.expires_at_us = caller->expires_at.unix_us;
  return ExpiryAnswer{caller->expires_at};
}

}  // namespace

Outcome<void> CommandContext::spend(Bucket bucket, std::string_view key) {
  std::string who = "u:" + client.user.text();
  if (!key.empty()) who += "|" + std::string(key);
  return rates.spend(bucket, who, now.mono);
}

template <class Argument, class Answer>
void CommandTable::add(std::string name, Outcome<Answer> (*run)(CommandContext&, const Argument&)) {
  commands_.emplace(
      std::move(name),
      Command{
          .run = [run](CommandContext& context, std::string_view text) -> Outcome<std::string> {
            const auto argument = parse_known<Argument>(text);
            if (!argument) return std::unexpected(argument.error());
            const Outcome<Answer> answer = run(context, *argument);
            if (!answer) return std::unexpected(answer.error());
            const std::string fields = json::to_json(*answer);
            return fields == "{}" ? R"({"ok":true})" : R"({"ok":true,)" + fields.substr(1);
          },
          .argument_schema =
              [](json::Schemas& schemas) { return json::schema_of<Argument>(schemas, json::Schemas::Use::kAnswer); },
          .answer_schema =
              [](json::Schemas& schemas) { return json::schema_of<Answer>(schemas, json::Schemas::Use::kAnswer); }});
}

CommandTable::CommandTable() {
  add("sendMessage", &send_message);
  add("editMessage", &edit_message);
  add("deleteMessage", &delete_message);
  add("react", &react);
  add("markRead", &mark_read);
  add("getPresence", &get_presence);
  add("setPresence", &set_presence);
  add("typing", &typing);
  add("joinConversation", &join_conversation);
  add("auth:refresh", &refresh_token);
}

const CommandTable::Command* CommandTable::find(std::string_view name) const {
  const auto found = commands_.find(name);
  return found == commands_.end() ? nullptr : &found->second;
}

}  // namespace parley::realtime

#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "product/chat/conversations.h"
#include "product/chat/events.h"
#include "product/chat/marks.h"
#include "product/chat/messages.h"
#include "product/chat/reactions.h"
#include "product/chat/rows.h"
#include "product/community/test_community.h"
#include "product/files/processing.h"
#include "product/identity/profile.h"

namespace parley::product::chat {

using community::Name;
using community::NewChannel;

/// Users, a community and what is said between them.
class ChatTest : public community::CommunityTest {
 protected:
  /// A file that is ready, of a content of its own without bytes.
  FileId file(const UserId& owner, MediaKind kind = MediaKind::kOther, bool is_voice = false) {
    const auto made = act(owner, [&](Tx& tx, const Acting& acting) -> Outcome<FileId> {
      auto begun = files::begin_upload(tx, {owner, acting.now, acting.rng},
                                       {.name = files::FileName("a"), .size = 0, .is_voice = is_voice}, {});
      const auto job = files::claim_next(tx, acting.now);
      files::Content content{.id = make_id<files::ContentId>(acting.now, acting.rng), .is_voice = is_voice};
      content.sha256 = content.id.text();
      content.facts.kind = kind;
      if (!begun || !job || !files::finish_new(tx, *job, content, acting.now)) return refuse(ProblemCode::kInternal);
      return begun->id;
    });
    EXPECT_TRUE(made);
    return made.value_or(FileId());
  }
  static NewMessage with_file(const FileId& file, const std::string& text = {}) {
    return {.text = Body(text), .attachments = json::List<FileId, kMaxFiles>{file}};
  }
  ConversationId direct(const UserId& a, const UserId& b) {
    const auto made = act(a, [&](Tx& tx, const Acting& acting) { return open_direct(tx, acting, b); });
    EXPECT_TRUE(made) << made.error().detail;
    return made ? made->id : ConversationId();
  }
  ConversationId group(const UserId& owner, const std::vector<UserId>& others) {
    NewGroup wanted;
    wanted.user_ids.assign(others.begin(), others.end());
    const auto made = act(owner, [&](Tx& tx, const Acting& acting) { return create_group(tx, acting, wanted); });
    EXPECT_TRUE(made) << made.error().detail;
    return made ? made->id : ConversationId();
  }
  Outcome<Sent> try_send(const UserId& who, const ConversationId& where, const NewMessage& wanted) {
    return act(who, [&](Tx& tx, const Acting& acting) { return send_message(tx, acting, where, wanted); });
  }
  Outcome<Sent> try_send(const UserId& who, const ConversationId& where, const std::string& text) {
    return try_send(who, where, NewMessage{.text = Body(text)});
  }
  MessageView say(const UserId& who, const ConversationId& where, const std::string& text) {
    auto sent = try_send(who, where, text);
    EXPECT_TRUE(sent) << sent.error().detail;
    return sent ? std::move(sent->message) : MessageView();
  }
  Outcome<MessageView> edit(const UserId& who, const MessageId& message, const std::string& text) {
    return act(who,
               [&](Tx& tx, const Acting& acting) { return edit_message(tx, acting, message, {.text = Body(text)}); });
  }
  Outcome<void> remove(const UserId& who, const MessageId& message, const std::string& reason = {}) {
    return act(who, [&](Tx& tx, const Acting& acting) { return delete_message(tx, acting, message); }, reason);
  }
  Outcome<void> react(const UserId& who, const MessageId& message, const std::string& emoji) {
    return act(who, [&](Tx& tx, const Acting& acting) { return add_reaction(tx, acting, message, Emoji(emoji)); });
  }
  Outcome<Marks> read_up_to(const UserId& who, const ConversationId& where, int64_t seq) {
    return act(who, [&](Tx& tx, const Acting& acting) { return mark(tx, acting, where, {.read_seq = Seq(seq)}); });
  }
  ConversationView look(const UserId& who, const ConversationId& where) {
    const auto seen = act(who, [&](Tx& tx, const Acting& acting) { return get_conversation(tx, acting, where); });
    EXPECT_TRUE(seen) << seen.error().detail;
    return seen.value_or(ConversationView());
  }
  Outcome<History> history(const UserId& who, const ConversationId& where, const HistoryPlace& place = {}) {
    return act(who, [&](Tx& tx, const Acting& acting) { return read_history(tx, acting, where, place); });
  }
  Outcome<void> block(const UserId& who, const UserId& whom) {
    return act(who, [&](Tx& tx, const Acting& acting) { return identity::block(tx, who, whom, acting.now); });
  }
  void set_privacy(const UserId& who, const identity::PrivacyChange& change) {
    const auto done = act(who, [&](Tx& tx, const Acting& acting) -> Outcome<void> {
      const auto changed = identity::change_privacy(tx, who, change, acting.now);
      if (!changed) return std::unexpected(changed.error());
      return {};
    });
    EXPECT_TRUE(done);
  }
  static std::vector<int64_t> seqs(const std::vector<MessageView>& items) {
    std::vector<int64_t> out;
    for (const MessageView& item : items) out.push_back(item.seq);
    return out;
  }
  static ConversationId conversation_of_channel(const ChannelId& channel) { return ConversationId(channel.text()); }
};

}  // namespace parley::product::chat

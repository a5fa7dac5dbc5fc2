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
#include "product/identity/profile.h"

namespace parley::product::chat {

using community::Name;
using community::NewChannel;

/// Files of the test's own: those whose ids begin with "file", pictures where they begin with "file-image".
class TestFiles : public Files {
 public:
  Outcome<std::vector<FileNote>> accept(Tx& /*tx*/, const UserId& /*sender*/, const Conversation& /*conversation*/,
                                        std::span<const FileId> files) const override {
    std::vector<FileNote> out;
    for (const FileId& file : files) {
      if (!file.text().starts_with("file")) return refuse_field("/attachments", "is no file of the sender's");
      out.push_back({.is_image = file.text().starts_with("file-image")});
    }
    return out;
  }
};

/// Users, a community and what is said between them.
class ChatTest : public community::CommunityTest {
 protected:
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
    return act(who, [&](Tx& tx, const Acting& acting) { return send_message(tx, acting, where, wanted, files_); });
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

  TestFiles files_;
};

}  // namespace parley::product::chat

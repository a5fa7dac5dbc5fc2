// Several threads at once: seqs stay dense, and what is the same stays one.
#include <set>
#include <thread>

#include "product/chat/test_chat.h"

namespace parley::product::chat {
namespace {

constexpr int kThreads = 8;
constexpr int kEach = 25;

class ConcurrencyTest : public ChatTest {
 protected:
  template <class F>
  void at_once(F work) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back([&work, i] { work(i); });
  }
  Outcome<Sent> send(SeededRng& rng, const UserId& who, const ConversationId& where, const NewMessage& wanted) {
    return store_->write(soon(), [&](Tx& tx) { return send_message(tx, Acting(who, now_, rng), where, wanted); });
  }
  std::vector<int64_t> stored_seqs(const ConversationId& where) {
    return read([&](Tx& tx) {
      return all<int64_t>(tx, "select seq from messages where conversation_id = $1 order by seq", where);
    });
  }
  static std::vector<int64_t> dense(int64_t last) {
    std::vector<int64_t> out;
    for (int64_t seq = 1; seq <= last; ++seq) out.push_back(seq);
    return out;
  }

  UserId ada_ = user("ada");
  UserId bora_ = user("bora");
};

TEST_P(ConcurrencyTest, ManySendersOfOneConversationLeaveNoHole) {
  const ConversationId talk = direct(ada_, bora_);
  at_once([&](int thread) {
    SeededRng rng(static_cast<uint64_t>(thread));
    for (int i = 0; i < kEach; ++i) {
      const auto sent = send(rng, thread % 2 == 0 ? ada_ : bora_, talk, {.text = Body("text")});
      EXPECT_TRUE(sent) << sent.error().detail;
    }
  });
  EXPECT_EQ(stored_seqs(talk), dense(int64_t{kThreads} * kEach));
  EXPECT_EQ(look(ada_, talk).last_seq, int64_t{kThreads} * kEach);
}

TEST_P(ConcurrencyTest, UnitsThatFailInBetweenLeaveNoHole) {
  const ConversationId talk = direct(ada_, bora_);
  at_once([&](int thread) {
    SeededRng rng(static_cast<uint64_t>(thread));
    for (int i = 0; i < kEach; ++i) {
      const bool fails = (thread + i) % 3 == 0;
      const auto done = store_->write(soon(), [&](Tx& tx) -> Outcome<void> {
        const auto sent = send_message(tx, Acting(ada_, now_, rng), talk, {.text = Body("text")});
        if (!sent) return std::unexpected(sent.error());
        if (fails) return refuse(ProblemCode::kConflict);
        return {};
      });
      EXPECT_EQ(done.has_value(), !fails);
    }
  });
  const std::vector<int64_t> seqs = stored_seqs(talk);
  EXPECT_EQ(seqs, dense(std::ssize(seqs)));
  EXPECT_EQ(look(ada_, talk).last_seq, std::ssize(seqs));
}

TEST_P(ConcurrencyTest, OneClientIdFromManyThreadsIsOneMessage) {
  const ConversationId talk = direct(ada_, bora_);
  at_once([&](int thread) {
    SeededRng rng(static_cast<uint64_t>(thread));
    for (int i = 0; i < 5; ++i) {
      const auto sent = send(rng, ada_, talk, {.text = Body("text"), .client_id = ClientId("c" + std::to_string(i))});
      EXPECT_TRUE(sent) << sent.error().detail;
    }
  });
  EXPECT_EQ(stored_seqs(talk), dense(5));
}

TEST_P(ConcurrencyTest, TheFirstMessagesOfAChannelMakeOneConversation) {
  const CommunityId community = make_community(ada_);
  const ConversationId talk = conversation_of_channel(make_channel(ada_, community));
  at_once([&](int thread) {
    SeededRng rng(static_cast<uint64_t>(thread));
    const auto sent = send(rng, ada_, talk, {.text = Body("text")});
    EXPECT_TRUE(sent) << sent.error().detail;
  });
  EXPECT_EQ(stored_seqs(talk), dense(kThreads));
}

TEST_P(ConcurrencyTest, TwoWhoOpenTheSameDirectConversationGetOne) {
  std::vector<std::string> ids(kThreads);
  at_once([&](int thread) {
    SeededRng rng(static_cast<uint64_t>(thread));
    const auto opened = store_->write(soon(), [&](Tx& tx) {
      return open_direct(tx, Acting(thread % 2 == 0 ? ada_ : bora_, now_, rng), thread % 2 == 0 ? bora_ : ada_);
    });
    EXPECT_TRUE(opened) << opened.error().detail;
    if (opened) ids[static_cast<size_t>(thread)] = opened->id.text();
  });
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 1u);
}

PARLEY_ON_BOTH_DATABASES(ConcurrencyTest);

}  // namespace
}  // namespace parley::product::chat

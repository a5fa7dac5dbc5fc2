#include "product/chat/search.h"

#include "product/chat/test_chat.h"

namespace parley::product::chat {
namespace {

using access::Permission;
using access::PermissionMask;

class SearchTest : public ChatTest {
 protected:
  static SearchFilter words(const std::string& q) { return {.q = json::Text<1, 256>(q)}; }
  Outcome<Listing<MessageView>> search(const UserId& who, const SearchFilter& filter, const PagePlace& place = {}) {
    return act(who, [&](Tx& tx, const Acting& acting) { return search_messages(tx, acting, filter, place); });
  }
  std::vector<std::string> texts(const UserId& who, const SearchFilter& filter) {
    const auto found = search(who, filter);
    EXPECT_TRUE(found) << found.error().detail;
    std::vector<std::string> out;
    if (found) {
      for (const MessageView& item : found->items) out.push_back(item.text.text());
    }
    return out;
  }
  using Texts = std::vector<std::string>;

  UserId ada_ = user("ada");
  UserId bora_ = user("bora");
  ConversationId talk_ = direct(ada_, bora_);
};

TEST_P(SearchTest, WordsAreFoundHoweverTheirLettersAreWritten) {
  struct Case {
    const char* written;
    std::vector<const char*> asked;
  };
  const std::vector<Case> cases{
      {"Yarın ısparta yolu", {"ISPARTA", "Isparta", "isparta", "İSPARTA"}},
      {"ISPARTA gülü", {"ısparta", "isparta"}},
      {"ığdır kayısısı", {"IĞDIR", "Iğdır", "igdir"}},
      {"Şəki halvası", {"seki", "ŞƏKİ", "şeki", "SEKI"}},
      {"gence saat birde", {"Gəncə", "GƏNCƏ"}},
      {"İstanbul'da", {"istanbul", "ISTANBUL", "ıstanbul", "I\u0307stanbul"}},
  };
  for (const Case& one_case : cases) say(ada_, talk_, one_case.written);
  for (const Case& one_case : cases) {
    for (const char* asked : one_case.asked) {
      const Texts found = texts(bora_, words(asked));
      EXPECT_NE(std::ranges::find(found, one_case.written), found.end()) << asked << " in " << one_case.written;
    }
  }
}

TEST_P(SearchTest, WhatIsSpelledAsAskedComesFirst) {
  say(ada_, talk_, "gəncə bir");
  say(ada_, talk_, "gence iki");
  say(ada_, talk_, "GƏNCƏ üç");
  EXPECT_EQ(texts(ada_, words("gəncə")), (Texts{"gəncə bir", "GƏNCƏ üç", "gence iki"}));
  EXPECT_EQ(texts(ada_, words("gence")), (Texts{"gence iki", "GƏNCƏ üç", "gəncə bir"}));
}

TEST_P(SearchTest, AllWordsMustBeThereAndBeginningsAreEnough) {
  say(ada_, talk_, "kahve ve çay");
  say(ada_, talk_, "sade kahve");
  EXPECT_EQ(texts(ada_, words("kahve çay")), Texts{"kahve ve çay"});
  EXPECT_EQ(texts(ada_, words("kah")).size(), 2u);
  EXPECT_TRUE(texts(ada_, words("ahve")).empty());
}

TEST_P(SearchTest, NothingInAQueryIsTakenForSyntax) {
  say(ada_, talk_, "plain text");
  for (const char* q : {"plain OR missing", "plain NOT text", "\"plain", "plain*text", "NEAR(plain text)", "plain'; --",
                        "plain & | ! :* ()", "words:plain", "plain\\", "%", "_"}) {
    const auto found = search(ada_, words(q));
    if (!found) {
      EXPECT_EQ(code_of(found), ProblemCode::kInvalidRequest) << q;
    }
  }
  EXPECT_EQ(texts(ada_, words("(plain) \"text\"")), Texts{"plain text"});
  EXPECT_EQ(code_of(search(ada_, words("!?"))), ProblemCode::kInvalidRequest);
  EXPECT_EQ(code_of(search(ada_, {})), ProblemCode::kInvalidRequest);
}

TEST_P(SearchTest, EditsAndDeletesReachTheIndex) {
  const MessageId id = say(ada_, talk_, "wrong word").id;
  ASSERT_TRUE(edit(ada_, id, "right word"));
  EXPECT_TRUE(texts(bora_, words("wrong")).empty());
  EXPECT_EQ(texts(bora_, words("right")), Texts{"right word"});
  ASSERT_TRUE(remove(ada_, id));
  EXPECT_TRUE(texts(bora_, words("right")).empty());
  EXPECT_TRUE(texts(bora_, {.from = ada_}).empty());
}

TEST_P(SearchTest, OnlyWhatTheCallerMayReadNowIsFound) {
  const CommunityId community = make_community(ada_);
  const ChannelId channel = make_channel(ada_, community);
  const ConversationId room = conversation_of_channel(channel);
  const UserId member = make_member("member", ada_, community);
  const MessageId parent = say(ada_, room, "needle in a channel").id;
  const auto thread = act(ada_, [&](Tx& tx, const Acting& a) { return open_thread(tx, a, parent, {}); });
  say(ada_, thread->id, "needle in a thread");
  say(ada_, talk_, "needle between two");
  EXPECT_EQ(texts(ada_, words("needle")).size(), 3u);
  EXPECT_EQ(texts(member, words("needle")).size(), 2u);
  EXPECT_EQ(texts(bora_, words("needle")), Texts{"needle between two"});
  EXPECT_TRUE(texts(user("stranger"), words("needle")).empty());
  EXPECT_EQ(code_of(search(bora_, {.q = json::Text<1, 256>("needle"), .in = room})), ProblemCode::kNotFound);
  override_for(ada_, channel, member, PermissionMask::of(Permission::kHistory), {});
  EXPECT_TRUE(texts(member, words("needle")).empty());
  EXPECT_EQ(code_of(search(member, {.q = json::Text<1, 256>("needle"), .in = room})), ProblemCode::kForbidden);
}

TEST_P(SearchTest, FiltersNarrow) {
  const WallTime begin = now_;
  advance(TimeDelta::seconds(1));
  say(ada_, talk_, "see https://example.com");
  ASSERT_TRUE(try_send(ada_, talk_, with_file(file(ada_, MediaKind::kImage), "picture")));
  advance(TimeDelta::seconds(1));
  const WallTime middle = now_;
  advance(TimeDelta::seconds(1));
  ASSERT_TRUE(try_send(bora_, talk_, with_file(file(bora_), "paper")));
  say(bora_, talk_, "hello @ada");
  EXPECT_EQ(texts(ada_, {.has = Has::kLink}), Texts{"see https://example.com"});
  EXPECT_EQ(texts(ada_, {.has = Has::kFile}), (Texts{"paper", "picture"}));
  EXPECT_EQ(texts(ada_, {.has = Has::kImage}), Texts{"picture"});
  EXPECT_EQ(texts(ada_, {.mentions = ada_}), Texts{"hello @ada"});
  EXPECT_EQ(texts(ada_, {.from = bora_}), (Texts{"hello @ada", "paper"}));
  EXPECT_EQ(texts(ada_, {.before = middle}), (Texts{"picture", "see https://example.com"}));
  EXPECT_EQ(texts(ada_, {.after = middle}), (Texts{"hello @ada", "paper"}));
  EXPECT_EQ(texts(ada_, {.q = json::Text<1, 256>("p"), .before = middle, .after = begin}), Texts{"picture"});
  EXPECT_EQ(texts(ada_, {.from = bora_, .in = talk_}).size(), 2u);
}

TEST_P(SearchTest, PagesGoThroughAllAndOverlapNowhere) {
  for (int i = 0; i < 7; ++i) say(ada_, talk_, i % 2 == 0 ? "çay" : "cay");
  std::vector<int64_t> found;
  PagePlace place{.after = "", .limit = 3};
  for (bool has_more = true; has_more;) {
    const auto page = search(bora_, words("çay"), place);
    ASSERT_TRUE(page);
    for (const MessageView& item : page->items) found.push_back(item.seq);
    has_more = page->next.has_value();
    place.after = page->next.value_or("");
  }
  EXPECT_EQ(found, (std::vector<int64_t>{7, 5, 3, 1, 6, 4, 2}));
}

PARLEY_ON_BOTH_DATABASES(SearchTest);

}  // namespace
}  // namespace parley::product::chat

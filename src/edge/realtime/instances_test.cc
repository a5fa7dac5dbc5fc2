// Two instances on one database and one bus.
#include "edge/realtime/test_realtime.h"

namespace parley::realtime {
namespace {

using product::UserId;

class InstancesTest : public RealtimeTest {
 protected:
  void SetUp() override {
    RealtimeTest::SetUp();
    second_ = std::make_unique<Instance>(*store_, tokens_, wire_);
  }
  void TearDown() override {
    second_.reset();
    RealtimeTest::TearDown();
  }
  std::string typing() const { return R"({"conversationId":")" + group_.text() + R"(","isTyping":true})"; }

  std::unique_ptr<Instance> second_;
};

TEST_P(InstancesTest, TellsTypingOnTheOtherInstance) {
  TestListener writer(port(), owner_);
  TestListener reader(second_->port(), guest_);
  reader.next("ready");
  EXPECT_TRUE(writer.ask("typing", typing()).at("ok").as_bool());
  const auto told = reader.next("userTyping");
  EXPECT_EQ(told.at("userId").as_string(), owner_.text());
  EXPECT_EQ(told.at("conversationId").as_string(), group_.text());
  EXPECT_TRUE(told.at("isTyping").as_bool());
}

TEST_P(InstancesTest, DoesNotTellTypingElsewhereToTheWriterOrToWhoIsBlockedNorOfWhoHidesIt) {
  const UserId hidden = user("yad");
  group_ = group(owner_, {guest_, hidden});
  set_privacy(hidden, {.sends_typing = false});
  ASSERT_TRUE(block(owner_, guest_));
  tell();
  TestListener writer(port(), owner_);
  TestListener secret(port(), hidden);
  TestListener own(second_->port(), owner_);
  TestListener blocked(second_->port(), guest_);
  own.next("ready");
  blocked.next("ready");
  EXPECT_TRUE(writer.ask("typing", typing()).at("ok").as_bool());
  EXPECT_TRUE(secret.ask("typing", typing()).at("ok").as_bool());
  say_and_tell(hidden, "salam");
  own.next("newMessage");
  blocked.next("newMessage");
  EXPECT_EQ(std::ranges::count(own.skipped, "userTyping"), 0);
  EXPECT_EQ(std::ranges::count(blocked.skipped, "userTyping"), 0);
}

TEST_P(InstancesTest, TellsThatSomebodyCameOnTheOtherInstance) {
  TestListener reader(second_->port(), guest_);
  reader.next("ready");
  const TestListener comer(port(), owner_);
  for (;;) {
    const auto told = reader.next("presence");
    if (told.at("userId").as_string() != owner_.text()) continue;
    EXPECT_EQ(told.at("state").as_string(), "active");
    return;
  }
}

TEST_P(InstancesTest, TellsANewInstanceWhoIsThereAlready) {
  TestListener present(port(), owner_);
  present.next("ready");
  const Instance third(*store_, tokens_, wire_);
  TestListener reader(third.port(), guest_);
  reader.next("ready");
  for (;;) {
    const auto told = reader.next("presence");
    if (told.at("userId").as_string() == owner_.text()) return;
  }
}

TEST_P(InstancesTest, ShowsNobodyElsewhereWhoHidesThatHeIsThere) {
  set_privacy(owner_, {.shows_presence = false});
  const UserId third = user("yad");
  group_ = group(owner_, {guest_, third});
  tell();
  TestListener reader(second_->port(), guest_);
  reader.next("ready");
  const TestListener hidden(port(), owner_);
  // Comes after him, and is told after him.
  const TestListener shown(port(), third);
  for (;;) {
    const auto told = reader.next("presence");
    EXPECT_NE(told.at("userId").as_string(), owner_.text());
    if (told.at("userId").as_string() == third.text()) return;
  }
}

TEST_P(InstancesTest, TellsWhatIsStoredOnBothInTheSameOrder) {
  TestListener here(port(), guest_);
  TestListener there(second_->port(), guest_);
  here.next("ready");
  there.next("ready");
  for (int i = 0; i < 20; ++i) say_and_tell(owner_, std::to_string(i));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(text_of(here.next("newMessage")), std::to_string(i));
    EXPECT_EQ(text_of(there.next("newMessage")), std::to_string(i));
  }
}

PARLEY_ON_BOTH_DATABASES(InstancesTest);

}  // namespace
}  // namespace parley::realtime

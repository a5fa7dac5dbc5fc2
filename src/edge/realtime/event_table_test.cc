#include "edge/realtime/event_table.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "edge/realtime/asyncapi.h"

namespace parley::realtime {
namespace {

TEST(EventTable, FindsTheRowsOfKnownTypesAndNoOthers) {
  ASSERT_NE(find_row("message.created"), nullptr);
  EXPECT_EQ(find_row("message.created")->name, "newMessage");
  EXPECT_EQ(find_row("message.creatd"), nullptr);
  EXPECT_EQ(find_row(""), nullptr);
}

TEST(EventTable, KeepsFromClientsWhatIsForModerators) {
  for (const auto* type : {"ban.added", "ban.removed", "report.created", "report.resolved", "invite.created",
                           "invite.revoked", "user.blocked", "user.unblocked", "voice.move_requested"})
    EXPECT_EQ(find_row(type), nullptr) << type;
}

TEST(EventTable, PutsAChannelAndItsConversationInOneRoom) {
  EXPECT_EQ(room_of_resource("channel:7"), "conversation:7");
  EXPECT_EQ(room_of_resource("conversation:7"), "conversation:7");
  EXPECT_EQ(room_of_resource("user:7"), "user:7");
}

TEST(EventTable, AddsTheEventIdAndTheTypeToThePayload) {
  EXPECT_EQ(make_argument({.position = 12, .type = "a.b", .resource = "user:1", .payload = R"({"x":1})"}),
            R"({"eventId":"12","event":"a.b","x":1})");
  EXPECT_EQ(make_argument({.position = 3, .type = "a.b", .resource = "user:1", .payload = "{}"}),
            R"({"eventId":"3","event":"a.b"})");
}

TEST(EventTable, ReadsBackItsOwnEventIdsAndNothingElse) {
  EXPECT_EQ(parse_event_id(event_id(0)), 0);
  EXPECT_EQ(parse_event_id(event_id(9'007'199'254'740'993)), 9'007'199'254'740'993);
  for (const auto* text : {"", "-1", "1.5", " 1", "1 ", "0x1", "99999999999999999999", "x"})
    EXPECT_EQ(parse_event_id(text), std::nullopt) << text;
}

TEST(AsyncApi, IsADocumentInWhichEveryReferenceLeadsSomewhere) {
  const std::string text = make_asyncapi();
  boost::system::error_code error;
  const boost::json::value document = boost::json::parse(text, error);
  ASSERT_FALSE(error) << error.message();
  EXPECT_EQ(document.at("asyncapi").as_string(), "3.0.0");
  size_t references = 0;
  constexpr std::string_view kKey = R"("$ref":"#)";
  for (size_t at = text.find(kKey); at != std::string::npos; at = text.find(kKey, at + 1)) {
    const size_t begin = at + kKey.size();
    const std::string pointer = text.substr(begin, text.find('"', begin) - begin);
    boost::system::error_code missing;
    EXPECT_NE(document.find_pointer(pointer, missing), nullptr) << pointer;
    ++references;
  }
  EXPECT_GT(references, 50U);
}

TEST(AsyncApi, NamesEveryEventThatIsToldAndEveryCommand) {
  const boost::json::value document = boost::json::parse(make_asyncapi());
  const auto& messages = document.at("channels").at("gateway").at("messages").as_object();
  for (const EventRow& row : event_rows()) EXPECT_TRUE(messages.contains(row.type)) << row.type;
  for (const auto* name : {"sendMessage", "sendMessage.ack", "typing", "userTyping", "ready", "resumed", "resync"})
    EXPECT_TRUE(messages.contains(name)) << name;
}

}  // namespace
}  // namespace parley::realtime

#include "media/livekit/twirp.h"

#include <gtest/gtest.h>

#include "media/livekit/proto/room_service.pb.h"

namespace parley::livekit {
namespace {

TEST(Twirp, ParsesThePathOfACall) {
  EXPECT_EQ(parse_twirp_path("/twirp/livekit.RoomService/CreateRoom"), (TwirpRoute{"RoomService", "CreateRoom"}));
  for (const std::string_view path :
       {"", "/twirp/", "/twirp/livekit.RoomService", "/twirp/livekit./CreateRoom", "/twirp/livekit.RoomService/",
        "/twirp/livekit.RoomService/a/b", "/twirp/other.RoomService/CreateRoom", "/x/twirp/livekit.A/B"}) {
    EXPECT_EQ(parse_twirp_path(path), std::nullopt) << path;
  }
}

TEST(Twirp, KnowsTheTwoContentTypes) {
  EXPECT_EQ(parse_twirp_content_type("application/json"), TwirpFormat::kJson);
  EXPECT_EQ(parse_twirp_content_type("Application/JSON ; charset=utf-8"), TwirpFormat::kJson);
  EXPECT_EQ(parse_twirp_content_type("application/protobuf"), TwirpFormat::kProtobuf);
  EXPECT_EQ(parse_twirp_content_type("application/jsonx"), std::nullopt);
  EXPECT_EQ(parse_twirp_content_type(""), std::nullopt);
}

TEST(Twirp, ReadsJsonInBothSpellingsAndIgnoresUnknownFields) {
  pb::CreateRoomRequest request;
  ASSERT_TRUE(parse_twirp_body(TwirpFormat::kJson,
                               R"({"name":"r","emptyTimeout":10,"max_participants":"5","later":{"x":[1]}})", request));
  EXPECT_EQ(request.name(), "r");
  EXPECT_EQ(request.empty_timeout(), 10u);
  EXPECT_EQ(request.max_participants(), 5u);
}

TEST(Twirp, ReadsProtobuf) {
  pb::CreateRoomRequest sent;
  sent.set_name("r");
  pb::CreateRoomRequest request;
  ASSERT_TRUE(parse_twirp_body(TwirpFormat::kProtobuf, sent.SerializeAsString(), request));
  EXPECT_EQ(request.name(), "r");
}

TEST(Twirp, RefusesBodiesOfAnotherKind) {
  pb::CreateRoomRequest request;
  for (const std::string_view body : {"", "{", "[]", R"({"name":[]})", R"({"name":"a"}x)"}) {
    const auto result = parse_twirp_body(TwirpFormat::kJson, body, request);
    ASSERT_FALSE(result) << body;
    EXPECT_EQ(result.error().code, Error::Code::kInvalidArgument);
  }
  EXPECT_FALSE(parse_twirp_body(TwirpFormat::kProtobuf, "\xff\xff", request));
}

TEST(Twirp, WritesJsonWithProtoNamesAndDefaults) {
  pb::Room room;
  room.set_name("r");
  room.set_creation_time(1'700'000'000);
  const TwirpReply reply = make_twirp_reply(TwirpFormat::kJson, room);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.content_type, "application/json");
  EXPECT_NE(reply.body.find(R"("name":"r")"), std::string::npos);
  EXPECT_NE(reply.body.find(R"("creation_time":"1700000000")"), std::string::npos);
  EXPECT_NE(reply.body.find(R"("num_participants":0)"), std::string::npos);
}

TEST(Twirp, WritesProtobuf) {
  pb::Room room;
  room.set_name("r");
  const TwirpReply reply = make_twirp_reply(TwirpFormat::kProtobuf, room);
  EXPECT_EQ(reply.content_type, "application/protobuf");
  EXPECT_EQ(reply.body, room.SerializeAsString());
}

TEST(Twirp, MapsEveryErrorToItsCodeAndStatus) {
  const std::tuple<Error::Code, int, std::string> cases[] = {
      {Error::Code::kInvalidArgument, 400, "invalid_argument"},
      {Error::Code::kUnauthenticated, 401, "unauthenticated"},
      {Error::Code::kPermissionDenied, 403, "permission_denied"},
      {Error::Code::kNotFound, 404, "not_found"},
      {Error::Code::kAlreadyExists, 409, "already_exists"},
      {Error::Code::kFailedPrecondition, 412, "failed_precondition"},
      {Error::Code::kResourceExhausted, 429, "resource_exhausted"},
      {Error::Code::kInternal, 500, "internal"},
      {Error::Code::kUnimplemented, 501, "unimplemented"},
      {Error::Code::kUnavailable, 503, "unavailable"},
  };
  for (const auto& [code, status, name] : cases) {
    const TwirpReply reply = make_twirp_error({code, "why"});
    EXPECT_EQ(reply.status, status);
    EXPECT_EQ(reply.content_type, "application/json");
    EXPECT_EQ(reply.body, R"({"code":")" + name + R"(","msg":"why"})");
  }
}

TEST(Twirp, EscapesErrorTexts) {
  EXPECT_EQ(make_twirp_error({Error::Code::kInternal, "a \"b\"\n"}).body, R"({"code":"internal","msg":"a \"b\"\n"})");
  EXPECT_EQ(make_twirp_bad_route("no such method").body, R"({"code":"bad_route","msg":"no such method"})");
  EXPECT_EQ(make_twirp_bad_route("no such method").status, 404);
}

}  // namespace
}  // namespace parley::livekit

#include "product/voice/rights.h"

#include <gtest/gtest.h>

namespace parley::product::voice {
namespace {

using access::PermissionMask;
using enum access::Permission;

TEST(Grants, TOK6_FollowThePermissions) {
  EXPECT_EQ(decide_grants(PermissionMask::of(kView), {}), std::nullopt);
  EXPECT_EQ(decide_grants(PermissionMask::of(kConnect), {}), std::nullopt);
  const auto listener = decide_grants(PermissionMask::of(kView, kConnect), {});
  ASSERT_TRUE(listener.has_value());
  EXPECT_TRUE(listener->can_subscribe && listener->can_publish_data);
  EXPECT_FALSE(listener->can_speak || listener->can_use_camera || listener->can_share_screen);
  const auto all = decide_grants(PermissionMask::everything(), {});
  EXPECT_TRUE(all->can_speak && all->can_use_camera && all->can_share_screen);
}

TEST(Grants, OneWhoIsMutedKeepsTheCameraAndOneWhoIsDeafenedHearsAndSaysNothing) {
  const auto muted = decide_grants(PermissionMask::everything(), {.is_muted = true});
  EXPECT_FALSE(muted->can_speak);
  EXPECT_TRUE(muted->can_use_camera && muted->can_subscribe);
  const auto deaf = decide_grants(PermissionMask::everything(), {.is_deafened = true});
  EXPECT_FALSE(deaf->can_speak || deaf->can_subscribe);
}

TEST(Profile, EscapesWhatStandsInItsJSON) {
  const auto profile = make_profile({.name = "Ə\"}", .avatar_url = "https://a/b.png", .role = "Mod"}, {});
  EXPECT_EQ(profile.name, "Ə\"}");
  EXPECT_EQ(profile.metadata, R"({"name":"Ə\"}","avatar":"https://a/b.png","role":"Mod"})");
  EXPECT_EQ(profile.attributes.at("serverMuted"), "false");
}

}  // namespace
}  // namespace parley::product::voice

#include "tools/load_options.h"

#include <gtest/gtest.h>

namespace parley::tools {
namespace {

LoadOptions with_url(std::string url) {
  LoadOptions options;
  options.url = std::move(url);
  return options;
}

TEST(ParseDuration, ReadsDurationsAsGoWritesThem) {
  EXPECT_EQ(parse_duration("90s"), TimeDelta::seconds(90));
  EXPECT_EQ(parse_duration("1h30m"), TimeDelta::seconds(5400));
  EXPECT_EQ(parse_duration("500ms"), TimeDelta::millis(500));
  EXPECT_EQ(parse_duration("0"), TimeDelta::zero());
}

TEST(ParseDuration, RefusesWhatIsNone) {
  for (const char* text : {"", "5", "s", "-5s", "5 s", "5x", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(CheckOptions, TakesTheUrlApart) {
  const auto plan = check_options(with_url("ws://[::1]:7880/media/"));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->host, "::1");
  EXPECT_EQ(plan->port, "7880");
  EXPECT_EQ(plan->path, "/media");
  const auto plain = check_options(with_url("http://example.org"));
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "example.org");
  EXPECT_EQ(plain->port, "80");
}

TEST(CheckOptions, NamesTheWrongOption) {
  for (const char* url : {"", "127.0.0.1", "wss://127.0.0.1", "ws://", "ws://:80", "ftp://x"}) {
    const auto plan = check_options(with_url(url));
    ASSERT_FALSE(plan) << url;
    EXPECT_NE(plan.error().message.find("--url"), std::string::npos);
  }
  LoadOptions options;
  options.layout = "6x6";
  EXPECT_FALSE(check_options(options));
  options = {};
  options.video_codec = "h264";
  EXPECT_FALSE(check_options(options));
  options = {};
  options.num_per_second = 0;
  EXPECT_FALSE(check_options(options));
}

TEST(MakeLayers, PublishesEveryLayerUpToTheResolution) {
  const auto high = make_layers("high", true);
  ASSERT_TRUE(high);
  ASSERT_EQ(high->size(), 3u);
  EXPECT_EQ(high->back().height, 720u);
  const auto medium = make_layers("medium", true);
  ASSERT_TRUE(medium);
  EXPECT_EQ(medium->back().height, 360u);
  EXPECT_FALSE(make_layers("4k", true));
}

TEST(MakeLayers, PublishesOneLayerWithoutARidWhenThereIsNoSimulcast) {
  const auto layers = make_layers("high", false);
  ASSERT_TRUE(layers);
  ASSERT_EQ(layers->size(), 1u);
  EXPECT_EQ(layers->front().height, 720u);
  EXPECT_TRUE(layers->front().rid.empty());
}

}  // namespace
}  // namespace parley::tools

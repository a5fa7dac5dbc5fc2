#include "tools/load_report.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace parley::tools {
namespace {

TEST(LoadTotals, DifferenceIsWhatCameInBetween) {
  LoadTotals before;
  before.packets = 100;
  before.lost = 3;
  before.latency.add(TimeDelta::millis(500));
  LoadTotals after = before;
  after.packets = 300;
  after.lost = 2;  // One came after all.
  for (int i = 0; i < 10; ++i) after.latency.add(TimeDelta::millis(2));
  const LoadTotals between = difference(after, before);
  EXPECT_EQ(between.packets, 200u);
  EXPECT_EQ(between.lost, -1);
  EXPECT_EQ(between.loss(), 0.0);
  EXPECT_EQ(between.latency.count(), 10u);
  EXPECT_LT(between.latency.quantile(0.99), TimeDelta::millis(3));
}

TEST(LoadTotals, LossIsTheShareOfPacketsThatNeverCame) {
  LoadTotals totals;
  totals.packets = 99;
  totals.lost = 1;
  EXPECT_DOUBLE_EQ(totals.loss(), 0.01);
  EXPECT_EQ(LoadTotals().loss(), 0.0);
}

TEST(Quantile, TakesTheValueAtThePlace) {
  std::vector<TimeDelta> times;
  for (int i = 99; i >= 0; --i) times.push_back(TimeDelta::millis(i));
  EXPECT_EQ(quantile(times, 0.5), TimeDelta::millis(50));
  EXPECT_EQ(quantile(times, 0.99), TimeDelta::millis(99));
  EXPECT_EQ(quantile({}, 0.5), TimeDelta::zero());
}

TEST(LoadReport, CountsEqualErrorsTogether) {
  LoadResult result;
  result.errors = {"refused", "refused", "no connection in time"};
  result.window = TimeDelta::seconds(10);
  result.totals.packets = 5000;
  const auto json = boost::json::parse(to_json(result, {})).as_object();
  EXPECT_EQ(json.at("errors").at("refused").as_int64(), 2);
  EXPECT_DOUBLE_EQ(json.at("packets_per_s").as_double(), 500.0);
  EXPECT_NE(to_table(result).find("2 x refused"), std::string::npos);
}

}  // namespace
}  // namespace parley::tools

#include <gtest/gtest.h>

#include <set>

#include "product/model/ids.h"
#include "product/model/problem.h"

namespace parley::product {
namespace {

TEST(Problem, EveryCodeHasItsRowWithAStatusAndThreeTitles) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(ProblemCode::kInternal); ++i) {
    const ProblemInfo& row = info(static_cast<ProblemCode>(i));
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_GE(row.status, 400);
    EXPECT_LT(row.status, 600);
    EXPECT_FALSE(row.en.empty() || row.tr.empty() || row.az.empty()) << row.name;
  }
}

TEST(Ids, AreUuidsOfVersionSevenThatSortByTheirCreation) {
  SeededRng rng(1);
  std::string last;
  for (int64_t ms = 1'700'000'000'000; ms < 1'700'000'000'100; ++ms) {
    const std::string id = make_uuid(WallTime{ms * 1000}, rng);
    ASSERT_EQ(id.size(), 36u);
    EXPECT_EQ(id[14], '7');
    EXPECT_NE(std::string_view("89ab").find(id[19]), std::string_view::npos);
    EXPECT_LT(last, id);
    last = id;
  }
}

}  // namespace
}  // namespace parley::product

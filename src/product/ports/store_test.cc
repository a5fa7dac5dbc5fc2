#include "product/ports/store.h"

#include <gtest/gtest.h>

#include "product/model/ids.h"

namespace parley::product {
namespace {

enum class Colour : unsigned char { kRed, kBlue };

struct Thing {
  UserId id;
  std::optional<std::string> note;
  Colour colour = Colour::kRed;
  bool is_good = false;
  WallTime made_at;
};
BOOST_DESCRIBE_STRUCT(Thing, (), (id, note, colour, is_good, made_at))

TEST(SqlValues, GoIntoColumnsAndComeBack) {
  EXPECT_EQ(to_sql(UserId("a")), SqlValue("a"));
  EXPECT_EQ(to_sql(std::optional<int>()), SqlValue());
  EXPECT_EQ(from_sql<Colour>(to_sql(Colour::kBlue)), Colour::kBlue);
  EXPECT_EQ(from_sql<WallTime>(to_sql(WallTime{7})), WallTime{7});
  EXPECT_EQ(from_sql<std::optional<std::string>>(SqlValue()), std::nullopt);
  EXPECT_EQ(from_sql<double>(SqlValue(int64_t{2})), 2.0);
}

/// Answers every statement with the same rows.
class FixedTx : public Tx {
 public:
  explicit FixedTx(SqlRows rows) : rows_(std::move(rows)) {}
  SqlRows run(std::string_view, std::span<const SqlValue> arguments) override {
    arguments_ = arguments.size();
    return rows_;
  }
  void emit(OutboxEvent) override {}
  bool is_broken() const override { return false; }
  size_t arguments_ = 0;

 private:
  SqlRows rows_;
};

TEST(Rows, FillADescribedStructByPosition) {
  FixedTx tx(SqlRows{.width = 5, .values = {"u1", {}, int64_t{1}, int64_t{1}, int64_t{99}}, .affected = 0});
  const auto thing = one<Thing>(tx, "select", 1, "two", UserId("u1"));
  ASSERT_TRUE(thing.has_value());
  EXPECT_EQ(tx.arguments_, 3u);
  EXPECT_EQ(thing->id, UserId("u1"));
  EXPECT_FALSE(thing->note.has_value());
  EXPECT_EQ(thing->colour, Colour::kBlue);
  EXPECT_TRUE(thing->is_good);
  EXPECT_EQ(thing->made_at.unix_us, 99);
}

}  // namespace
}  // namespace parley::product

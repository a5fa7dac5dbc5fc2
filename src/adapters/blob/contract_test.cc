// What a blob store promises, on disk and on S3.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "adapters/blob/file_source.h"
#include "adapters/blob/test_blobs.h"

namespace parley::blob {
namespace {

using product::BlobEntry;
using product::Outcome;
using product::ProblemCode;

class BlobContractTest : public testing::TestWithParam<Kind> {
 protected:
  Outcome<void> put(std::string_view name, std::string_view bytes) {
    return blobs().put(key(name), product::TextBlobSource(bytes), {}, soon());
  }
  std::string read(std::string_view name, uint64_t offset = 0, size_t max = size_t{1} << 20) {
    auto got = blobs().read(key(name), offset, max, soon());
    EXPECT_TRUE(got) << got.error().detail;
    return got.value_or("(nothing)");
  }
  std::vector<std::string> list(std::string_view prefix, std::string_view after = "", size_t limit = 100) {
    auto got = blobs().list(prefix, after, limit, soon());
    EXPECT_TRUE(got) << got.error().detail;
    std::vector<std::string> names;
    if (got) {
      for (const BlobEntry& entry : *got) names.push_back(entry.key.text());
    }
    return names;
  }
  product::BlobStore& blobs() { return world_.blobs(); }

  BlobWorld world_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Kinds, BlobContractTest, testing::ValuesIn(kinds()),
                         [](const auto& test) { return name_of(test.param); });

TEST_P(BlobContractTest, WhatIsPutCanBeReadWholeAndInRanges) {
  ASSERT_TRUE(put("a/b/hello.txt", "hello world"));
  EXPECT_EQ(read("a/b/hello.txt"), "hello world");
  EXPECT_EQ(read("a/b/hello.txt", 6), "world");
  EXPECT_EQ(read("a/b/hello.txt", 4, 3), "o w");
  EXPECT_EQ(read("a/b/hello.txt", 10, 100), "d");
  EXPECT_EQ(blobs().size_of(key("a/b/hello.txt"), soon()), 11u);
}

TEST_P(BlobContractTest, NothingIsBehindTheEnd) {
  ASSERT_TRUE(put("x", "abc"));
  EXPECT_EQ(read("x", 3), "");
  EXPECT_EQ(read("x", 1'000'000'000'000), "");
  EXPECT_EQ(read("x", 0, 0), "");
}

TEST_P(BlobContractTest, ABlobMayBeEmpty) {
  ASSERT_TRUE(put("empty", ""));
  EXPECT_EQ(read("empty"), "");
  EXPECT_EQ(blobs().size_of(key("empty"), soon()), 0u);
}

TEST_P(BlobContractTest, ABlobMayHoldAnyBytesAndBeLargerThanAPart) {
  const std::string bytes = random_bytes(700'001);
  ASSERT_TRUE(put("large", bytes));
  EXPECT_TRUE(read("large") == bytes);
  EXPECT_TRUE(read("large", 600'000, 50) == bytes.substr(600'000, 50));
}

TEST_P(BlobContractTest, OneReadGivesNoMoreThanItsLimit) {
  const std::string bytes = random_bytes(product::BlobStore::kMaxRead + 10);
  ASSERT_TRUE(put("larger", bytes));
  EXPECT_TRUE(read("larger", 0, size_t{1} << 30) == bytes.substr(0, product::BlobStore::kMaxRead));
}

TEST_P(BlobContractTest, AFileAndARangeOfOneCanBePut) {
  const std::string path = world_.folder() + "/source";
  std::ofstream(path) << random_bytes(300'000);
  const auto whole = FileSource::open(path);
  ASSERT_TRUE(whole);
  ASSERT_TRUE(blobs().put(key("whole"), **whole, {}, soon()));
  EXPECT_TRUE(read("whole") == random_bytes(300'000));
  const int fd = ::open(path.c_str(), O_RDONLY);
  ASSERT_TRUE(blobs().put(key("part"), FileSource(fd, 10, 100), {}, soon()));
  ::close(fd);
  EXPECT_TRUE(read("part") == random_bytes(300'000).substr(10, 100));
}

TEST_P(BlobContractTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(code_of(blobs().read(key("no/such"), 0, 10, soon())), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(blobs().read(key("no/such"), 0, 0, soon())), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(blobs().size_of(key("no/such"), soon())), ProblemCode::kNotFound);
  ASSERT_TRUE(put("no", "x"));
  EXPECT_EQ(code_of(blobs().size_of(key("no/such"), soon())), ProblemCode::kNotFound) << "below another blob";
}

TEST_P(BlobContractTest, PuttingTheSameAgainIsFine) {
  ASSERT_TRUE(put("twice", "same"));
  ASSERT_TRUE(put("twice", "same"));
  EXPECT_EQ(read("twice"), "same");
  EXPECT_EQ(list("").size(), 1u);
}

TEST_P(BlobContractTest, AKeyMayGoOnBelowAnother) {
  ASSERT_TRUE(put("a", "1"));
  ASSERT_TRUE(put("a/b", "2"));
  ASSERT_TRUE(put("a/b/c", "3"));
  EXPECT_EQ(read("a") + read("a/b") + read("a/b/c"), "123");
}

TEST_P(BlobContractTest, TheLongestKeyWorks) {
  const std::string longest(product::BlobKey::kMaxLength, 'k');
  ASSERT_TRUE(put(longest, "x"));
  EXPECT_EQ(list(""), std::vector{longest});
}

TEST_P(BlobContractTest, RemovingIsDoneOnceAndForAll) {
  ASSERT_TRUE(put("a/b", "x"));
  EXPECT_TRUE(blobs().remove(key("a/b"), soon()));
  EXPECT_TRUE(blobs().remove(key("a/b"), soon()));
  EXPECT_TRUE(blobs().remove(key("never/was"), soon()));
  EXPECT_EQ(code_of(blobs().size_of(key("a/b"), soon())), ProblemCode::kNotFound);
  EXPECT_TRUE(list("").empty());
}

TEST_P(BlobContractTest, AListIsInTheOrderOfTheKeysBytes) {
  for (const char* name : {"b", "a/x", "a.b", "a-b", "a", "a/x/y", "a/w", "a0", "c/d/e"}) ASSERT_TRUE(put(name, name));
  const std::vector<std::string> all{"a", "a-b", "a.b", "a/w", "a/x", "a/x/y", "a0", "b", "c/d/e"};
  EXPECT_EQ(list(""), all);
  EXPECT_EQ(list("a/"), (std::vector<std::string>{"a/w", "a/x", "a/x/y"}));
  EXPECT_EQ(list("a/x"), (std::vector<std::string>{"a/x", "a/x/y"}));
  EXPECT_EQ(list("c/d"), (std::vector<std::string>{"c/d/e"}));
  EXPECT_EQ(list("d"), std::vector<std::string>());
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(list("", all[i]), std::vector(all.begin() + static_cast<ptrdiff_t>(i) + 1, all.end()));
  }
  EXPECT_EQ(list("a/", "a/w"), (std::vector<std::string>{"a/x", "a/x/y"}));
}

TEST_P(BlobContractTest, AListComesInPagesWithSizesAndTimes) {
  for (int i = 10; i < 20; ++i) ASSERT_TRUE(put("p/" + std::to_string(i), std::string(static_cast<size_t>(i), 'x')));
  std::string after;
  uint64_t sizes = 0;
  size_t pages = 0;
  while (true) {
    const auto page = blobs().list("p/", after, 4, soon());
    ASSERT_TRUE(page) << page.error().detail;
    if (page->empty()) break;
    ++pages;
    for (const BlobEntry& entry : *page) {
      EXPECT_GT(entry.modified, WallTime{1'600'000'000'000'000});
      sizes += entry.size;
      after = entry.key.text();
    }
  }
  EXPECT_EQ(pages, 3u);
  EXPECT_EQ(sizes, 145u);
  EXPECT_TRUE(list("p/", "", 0).empty());
}

TEST_P(BlobContractTest, SeveralMayPutOneKeyAtATimeAndNobodySeesHalfOfIt) {
  const std::string bytes = random_bytes(400'000);
  std::vector<std::thread> writers;
  std::atomic<int> done{0};
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] { done += put("shared/key", bytes).has_value() ? 1 : 0; });
  }
  std::thread reader([&] {
    while (done < 4 && !testing::Test::HasFailure()) {
      const auto size = blobs().size_of(key("shared/key"), soon());
      if (size) EXPECT_EQ(*size, bytes.size());
      if (!size) EXPECT_EQ(size.error().code, ProblemCode::kNotFound);
    }
  });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(done, 4);
  done = 4;
  reader.join();
  EXPECT_TRUE(read("shared/key") == bytes);
}

/// Breaks in the middle.
class BrokenSource final : public product::BlobSource {
 public:
  uint64_t size() const override { return 900'000; }
  Outcome<void> read(uint64_t offset, std::span<char> into) const override {
    if (offset + into.size() > 600'000) return product::refuse(ProblemCode::kStorageUnavailable, "broken source");
    std::ranges::fill(into, 'x');
    return {};
  }
};

TEST_P(BlobContractTest, NothingIsThereWhenItsSourceBreaks) {
  const auto done = blobs().put(key("half"), BrokenSource(), {}, soon());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().detail, "broken source");
  EXPECT_EQ(code_of(blobs().size_of(key("half"), soon())), ProblemCode::kNotFound);
  EXPECT_TRUE(world_.has_no_leftovers());
}

TEST_P(BlobContractTest, NothingIsDoneAfterTheDeadline) {
  ASSERT_TRUE(put("a", "x"));
  const Timestamp past = net::read_clock().mono;
  EXPECT_EQ(code_of(blobs().put(key("b"), product::TextBlobSource("x"), {}, past)), ProblemCode::kDeadlineExceeded);
  EXPECT_EQ(code_of(blobs().read(key("a"), 0, 1, past)), ProblemCode::kDeadlineExceeded);
  EXPECT_EQ(code_of(blobs().size_of(key("a"), past)), ProblemCode::kDeadlineExceeded);
  EXPECT_EQ(code_of(blobs().remove(key("a"), past)), ProblemCode::kDeadlineExceeded);
  EXPECT_EQ(code_of(blobs().list("", "", 1, past)), ProblemCode::kDeadlineExceeded);
  EXPECT_EQ(list(""), std::vector<std::string>{"a"});
}

TEST(BlobKeyTest, IsNoWayOutOfTheFolder) {
  const std::string too_long(product::BlobKey::kMaxLength + 1, 'a');
  for (const std::string& text :
       {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"), std::string(".."),
        std::string("a/../b"), std::string("a/.."), std::string("."), std::string("./a"), std::string("a/./b"),
        std::string("a..b"), std::string("A"), std::string("a b"), std::string("a\0b", 3), std::string("a%2fb"),
        std::string("a~"), std::string("a\\b"), std::string("\xc3\xa7"), too_long}) {
    EXPECT_FALSE(product::BlobKey::make(text)) << text;
  }
  for (const char* text : {"a", "0/1_2-3.4", ".a", "a.", "-"}) EXPECT_TRUE(product::BlobKey::make(text)) << text;
}

}  // namespace
}  // namespace parley::blob

// What only the disk can do wrong.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "adapters/blob/file_source.h"
#include "adapters/blob/test_blobs.h"

namespace parley::blob {
namespace {

using product::Outcome;
using product::ProblemCode;

class DiskBlobsTest : public testing::Test {
 protected:
  std::unique_ptr<DiskBlobs> open() { return DiskBlobs::open(folder_.path()).value(); }
  size_t unfinished() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() + "/~unfinished")) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }
  BlobFolder folder_;
};

TEST_F(DiskBlobsTest, BlobsSurviveTheProcess) {
  ASSERT_TRUE(open()->put(key("a/b"), product::TextBlobSource("x"), {}, soon()));
  EXPECT_EQ(open()->read(key("a/b"), 0, 10, soon()), "x");
}

/// Says that it has begun, and then gives nothing more.
class StuckSource final : public product::BlobSource {
 public:
  explicit StuckSource(int begun) : begun_(begun) {}
  uint64_t size() const override { return 1'000'000; }
  Outcome<void> read(uint64_t offset, std::span<char> into) const override {
    std::ranges::fill(into, 'x');
    if (offset == 0) return {};
    static_cast<void>(::write(begun_, "b", 1));
    while (true) ::pause();
  }

 private:
  const int begun_;
};

TEST_F(DiskBlobsTest, AProcessKilledWhileItWritesLeavesNoHalfAndTheNextOneSweepsUp) {
  int begun[2];
  ASSERT_EQ(::pipe(begun), 0);
  const auto blobs = open();
  const pid_t child = ::fork();
  if (child == 0) {
    static_cast<void>(blobs->put(key("a/half"), StuckSource(begun[1]), {}, soon()));
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(begun[0], &byte, 1), 1);
  EXPECT_EQ(unfinished(), 1u);
  open();
  EXPECT_EQ(unfinished(), 1u) << "another process's work is left alone";
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const auto next = open();
  EXPECT_EQ(unfinished(), 0u);
  EXPECT_EQ(code_of(next->size_of(key("a/half"), soon())), ProblemCode::kNotFound);
  ::close(begun[0]);
  ::close(begun[1]);
}

TEST_F(DiskBlobsTest, AFullDiskIsToldAndLeavesNothing) {
  const auto blobs = open();
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const rlimit limit{400'000, old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const auto done = blobs->put(key("large"), product::TextBlobSource(random_bytes(500'000)), {}, soon());
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(code_of(done), ProblemCode::kStorageFull);
  EXPECT_EQ(unfinished(), 0u);
  EXPECT_EQ(code_of(blobs->size_of(key("large"), soon())), ProblemCode::kNotFound);
}

TEST_F(DiskBlobsTest, AFolderThatCannotBeIsRefusedByName) {
  const std::string path = folder_.path() + "/file";
  std::ofstream(path) << "x";
  const auto opened = DiskBlobs::open(path);
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().message.contains(path)) << opened.error().message;
}

TEST_F(DiskBlobsTest, AFolderThatHasGoneIsUnavailableNotEmpty) {
  const auto blobs = open();
  std::filesystem::remove_all(folder_.path());
  EXPECT_EQ(code_of(blobs->put(key("a"), product::TextBlobSource("x"), {}, soon())), ProblemCode::kStorageUnavailable);
}

TEST_F(DiskBlobsTest, ALinkInTheFolderLeadsNowhere) {
  const auto blobs = open();
  const BlobFolder outside;
  std::ofstream(outside.path() + "/secret~") << "secret";
  std::filesystem::create_symlink(outside.path() + "/secret~", folder_.path() + "/link~");
  std::filesystem::create_directory_symlink(outside.path(), folder_.path() + "/folder");
  EXPECT_NE(code_of(blobs->read(key("link"), 0, 10, soon())), std::nullopt);
  EXPECT_NE(code_of(blobs->put(key("folder/x"), product::TextBlobSource("x"), {}, soon())), std::nullopt);
  EXPECT_TRUE(blobs->list("", "", 10, soon())->empty());
}

TEST_F(DiskBlobsTest, OthersOnTheMachineCannotRead) {
  const auto blobs = open();
  ASSERT_TRUE(blobs->put(key("a/b"), product::TextBlobSource("x"), {}, soon()));
  struct stat status{};
  ASSERT_EQ(::stat((folder_.path() + "/a/b~").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(blobs->link(key("a/b"), {}, WallTime{}), std::nullopt);
}

TEST(FileSourceTest, SaysWhyAFileCannotBeTaken) {
  const BlobFolder folder;
  EXPECT_EQ(code_of(FileSource::open(folder.path() + "/none")), ProblemCode::kNotFound);
  EXPECT_EQ(code_of(FileSource::open(folder.path())), ProblemCode::kStorageUnavailable);
  const std::string path = folder.path() + "/short";
  std::ofstream(path) << "abc";
  const auto source = FileSource::open(path).value();
  ASSERT_EQ(::truncate(path.c_str(), 1), 0);
  std::array<char, 3> room{};
  EXPECT_EQ(code_of(source->read(0, room)), ProblemCode::kStorageUnavailable);
}

}  // namespace
}  // namespace parley::blob

// What becomes of files, from the first byte to the sweep, without the bytes.
#include <gtest/gtest.h>

#include <string>

#include "adapters/store/test_store.h"
#include "product/files/garbage.h"
#include "product/files/processing.h"

namespace parley::product::files {
namespace {

class FilesTest : public store::OnBothDatabases {
 protected:
  template <class F>
  auto act(F&& body) {
    return store_->write(soon(), body);
  }
  Outcome<FileRow> begin(const std::string& user, int64_t size, bool is_voice = false) {
    return act([&](Tx& tx) {
      return begin_upload(tx, {UserId(user), now_, rng_},
                          {.name = FileName("a.txt"), .size = size, .is_voice = is_voice}, limits_);
    });
  }
  Outcome<FileRow> add(const std::string& user, const FileId& file, int64_t position, int64_t size) {
    const std::string key = "incoming/" + std::to_string(++blobs_);
    return act([&](Tx& tx) {
      announce_blob(tx, key, now_);
      return add_chunk(tx, {UserId(user), now_, rng_}, file, {position, size, key});
    });
  }
  FileId uploaded(const std::string& user, int64_t size = 10) {
    const FileId id = begin(user, size)->id;
    EXPECT_TRUE(add(user, id, 0, size));
    return id;
  }
  std::optional<Job> claim() {
    return *act([&](Tx& tx) -> Outcome<std::optional<Job>> { return claim_next(tx, now_); });
  }
  Content content(const std::string& hash) {
    Content out{.id = make_id<ContentId>(now_, rng_), .sha256 = hash};
    out.facts.content_type = "text/plain";
    out.forms = {{.role = FormRole::kOriginal, .blob_key = "files/" + out.id.text(), .content_type = "text/plain"}};
    return out;
  }
  bool finish(const Job& job, const Content& found) {
    return act([&](Tx& tx) -> Outcome<void> {
             announce_blob(tx, found.forms[0].blob_key, now_);
             if (!finish_new(tx, job, found, now_)) return refuse(ProblemCode::kConflict);
             return {};
           })
        .has_value();
  }
  FileView view(const FileId& file) {
    return *store_->read(soon(), [&](Tx& tx) -> Outcome<FileView> {
      const auto row = find_row(tx, file);
      if (!row) return refuse(ProblemCode::kNotFound);
      return to_view(tx, *row);
    });
  }
  bool is_there(const FileId& file) {
    return *store_->read(soon(), [&](Tx& tx) -> Outcome<bool> { return find_row(tx, file).has_value(); });
  }
  std::vector<std::string> garbage() {
    return *store_->read(soon(), [&](Tx& tx) -> Outcome<std::vector<std::string>> { return due_garbage(tx, now_); });
  }
  int64_t sweep() {
    return *act([&](Tx& tx) -> Outcome<int64_t> { return sweep_files(tx, now_) + sweep_contents(tx, now_); });
  }
  void advance(TimeDelta delta) { now_.unix_us += delta.us(); }
  template <class T>
  static ProblemCode code_of(const Outcome<T>& outcome) {
    return outcome ? ProblemCode::kInternal : outcome.error().code;
  }

  WallTime now_{1'800'000'000'000'000};
  SeededRng rng_{7};
  FileLimits limits_{.file = 1000, .user = 2500, .server = 0};
  int blobs_ = 0;
};

TEST_P(FilesTest, ChunksMakeAFileInTheirOrderAlone) {
  const FileId id = begin("ada", 10)->id;
  EXPECT_EQ(code_of(add("ada", id, 4, 2)), ProblemCode::kConflict);
  ASSERT_TRUE(add("ada", id, 0, 4));
  EXPECT_EQ(code_of(add("ada", id, 0, 4)), ProblemCode::kConflict) << "the same again";
  EXPECT_EQ(code_of(add("ada", id, 4, 7)), ProblemCode::kInvalidRequest) << "more than announced";
  EXPECT_EQ(view(id).state, FileState::kReceiving);
  ASSERT_TRUE(add("ada", id, 4, 6));
  EXPECT_EQ(view(id).state, FileState::kProcessing);
  const auto job = claim();
  ASSERT_TRUE(job);
  ASSERT_EQ(job->chunks.size(), 2u);
  EXPECT_EQ(job->chunks[1].position, 4);
}

TEST_P(FilesTest, NobodyElseSeesOrContinuesAnUpload) {
  const FileId id = begin("ada", 10)->id;
  EXPECT_EQ(code_of(add("bora", id, 0, 4)), ProblemCode::kNotFound);
  const auto gone = act([&](Tx& tx) { return delete_file(tx, UserId("bora"), id, now_); });
  EXPECT_EQ(code_of(gone), ProblemCode::kNotFound);
}

TEST_P(FilesTest, LimitsOfAFileAUserAndTheServerHold) {
  EXPECT_EQ(code_of(begin("ada", 1001)), ProblemCode::kBodyTooLarge);
  ASSERT_TRUE(begin("ada", 1000));
  ASSERT_TRUE(begin("ada", 1000));
  EXPECT_EQ(code_of(begin("ada", 501)), ProblemCode::kQuotaExceeded);
  EXPECT_TRUE(begin("ada", 500)) << "exactly what is left";
  EXPECT_TRUE(begin("bora", 500)) << "another user's";
  limits_ = {.file = 1000, .user = 0, .server = 0};
  for (int i = 0; i < kMaxOpenUploads; ++i) begin("cem", 1);
  EXPECT_EQ(code_of(begin("cem", 1)), ProblemCode::kLimitReached);
}

TEST_P(FilesTest, EqualBytesAreStoredOnceAndGoWithTheLastFile) {
  const FileId first = uploaded("ada");
  const Content kept = content("hash");
  ASSERT_TRUE(finish(*claim(), kept));
  const FileId second = uploaded("bora");
  const Content same = content("hash");
  ASSERT_TRUE(finish(*claim(), same));
  EXPECT_EQ(view(second).content_type, "text/plain");
  // The chunks and the second storing of the same bytes.
  EXPECT_EQ(garbage().size(), 3u);
  EXPECT_EQ(std::ranges::count(garbage(), same.forms[0].blob_key), 1);
  EXPECT_EQ(std::ranges::count(garbage(), kept.forms[0].blob_key), 0);
  ASSERT_TRUE(act([&](Tx& tx) { return delete_file(tx, UserId("ada"), first, now_); }));
  advance(TimeDelta::seconds(120));
  sweep();
  EXPECT_EQ(std::ranges::count(garbage(), kept.forms[0].blob_key), 0) << "bora's file needs it";
  ASSERT_TRUE(act([&](Tx& tx) { return delete_file(tx, UserId("bora"), second, now_); }));
  sweep();
  EXPECT_EQ(std::ranges::count(garbage(), kept.forms[0].blob_key), 1);
}

TEST_P(FilesTest, OneClaimIsForOneAndEndsWithItsTime) {
  const FileId id = uploaded("ada");
  const auto first = claim();
  ASSERT_TRUE(first);
  EXPECT_FALSE(claim()) << "somebody has it";
  advance(kClaimFor);
  const auto second = claim();
  ASSERT_TRUE(second) << "who had it died";
  EXPECT_FALSE(finish(*first, content("late"))) << "the first comes back too late";
  EXPECT_EQ(view(id).state, FileState::kProcessing);
  EXPECT_TRUE(finish(*second, content("hash")));
  EXPECT_EQ(view(id).state, FileState::kReady);
}

TEST_P(FilesTest, ClaimsAreCountedBecauseAFileMayKillWhoeverLooksAtIt) {
  uploaded("ada");
  for (int64_t i = 1; i <= kMaxAttempts + 1; ++i) {
    const auto job = claim();
    ASSERT_TRUE(job);
    EXPECT_EQ(job->attempts, i);
    advance(kClaimFor);
  }
}

TEST_P(FilesTest, WhatIsGivenBackWaitsAndCountsNoAttempt) {
  const FileId id = uploaded("ada");
  for (int64_t i = 0; i < 3 * kMaxAttempts; ++i) {
    const auto job = claim();
    ASSERT_TRUE(job);
    EXPECT_EQ(job->attempts, 1);
    ASSERT_TRUE(act([&](Tx& tx) -> Outcome<void> {
      give_back(tx, *job, WallTime{now_.unix_us + 1000});
      return {};
    }));
    EXPECT_FALSE(claim());
    advance(TimeDelta::millis(1));
  }
  EXPECT_EQ(view(id).state, FileState::kProcessing);
}

TEST_P(FilesTest, UploadsAndUnusedFilesAreForgottenAfterADay) {
  const FileId unfinished = begin("ada", 10)->id;
  ASSERT_TRUE(add("ada", unfinished, 0, 4));
  const FileId unused = uploaded("ada");
  const Content kept = content("hash");
  ASSERT_TRUE(finish(*claim(), kept));
  advance(TimeDelta::micros(kUnusedFor.us() - 1));
  sweep();
  EXPECT_TRUE(is_there(unfinished) && is_there(unused));
  advance(TimeDelta::micros(1));
  EXPECT_EQ(code_of(add("ada", unfinished, 4, 6)), ProblemCode::kNotFound) << "its time is over";
  sweep();
  EXPECT_FALSE(is_there(unfinished) || is_there(unused));
  EXPECT_EQ(std::ranges::count(garbage(), kept.forms[0].blob_key), 1);
}

TEST_P(FilesTest, WhatWasStoredByOneThatDiedIsGarbageLater) {
  ASSERT_TRUE(act([&](Tx& tx) -> Outcome<void> {
    announce_blob(tx, "incoming/lost", now_);
    return {};
  }));
  EXPECT_TRUE(garbage().empty()) << "it may still be on its way";
  advance(kStoringTakes);
  EXPECT_EQ(garbage(), std::vector<std::string>{"incoming/lost"});
  ASSERT_TRUE(act([&](Tx& tx) -> Outcome<void> {
    forget_garbage(tx, due_garbage(tx, now_));
    return {};
  }));
  EXPECT_TRUE(garbage().empty());
}

TEST_P(FilesTest, AnExportHoldsOnesOwnFilesAlone) {
  const FileId mine = uploaded("ada");
  ASSERT_TRUE(finish(*claim(), content("hash")));
  uploaded("bora");
  const auto taken =
      *store_->read(soon(), [&](Tx& tx) -> Outcome<std::vector<FileView>> { return export_files(tx, UserId("ada")); });
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].id, mine);
  EXPECT_EQ(taken[0].content_type, "text/plain");
}

TEST(FileNames, HaveNoFoldersAndNothingThatDeceives) {
  EXPECT_EQ(safe_name("../../etc/passwd").text(), "passwd");
  EXPECT_EQ(safe_name("C:\\a\\b.txt").text(), "b.txt");
  EXPECT_EQ(safe_name("photo\u202egpj.exe").text(), "photogpj.exe");
  EXPECT_EQ(safe_name("a\r\nb\t.txt").text(), "ab.txt");
  EXPECT_EQ(safe_name("Şəkil ğ.png").text(), "Şəkil ğ.png");
  for (const char* name : {"", "..", " . ", "a/", "\xff\xfe"}) EXPECT_EQ(safe_name(name).text(), "file") << name;
  const std::string kLong = safe_name(std::string(200, 'a') + std::string(100, 'b')).text();
  EXPECT_EQ(kLong.size(), 255u);
  EXPECT_EQ(safe_name(std::string(254, 'a') + "ş").text().size(), 254u) << "no half of a character";
}

PARLEY_ON_BOTH_DATABASES(FilesTest);

}  // namespace
}  // namespace parley::product::files

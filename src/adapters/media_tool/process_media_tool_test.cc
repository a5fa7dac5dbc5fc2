#include "adapters/media_tool/process_media_tool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/check.h"

namespace parley::media_tool_adapter {
namespace {

using product::ProblemCode;

Timestamp in(TimeDelta delta) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return Timestamp::micros(std::chrono::duration_cast<std::chrono::microseconds>(now).count()) + delta;
}

/// Examines with executables of the test's own: scripts that misbehave.
class ProcessMediaToolTest : public ::testing::Test {
 protected:
  ProcessMediaToolTest() {
    std::string name = (std::filesystem::temp_directory_path() / "parley_tool_XXXXXX").string();
    PARLEY_CHECK(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    std::filesystem::create_directory(folder_ / "out");
  }
  ~ProcessMediaToolTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// The path of a script. It is closed before it is run.
  std::string script(const std::string& body) {
    const std::string path = (folder_ / "script").string();
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  product::MediaJob job() const {
    return {.input_path = (folder_ / "input").string(), .output_folder = (folder_ / "out").string(), .purpose = {}};
  }
  static std::optional<ProblemCode> code_of(const product::Outcome<product::MediaFacts>& outcome) {
    return outcome ? std::nullopt : std::optional(outcome.error().code);
  }

  std::filesystem::path folder_;
};

TEST_F(ProcessMediaToolTest, BelievesFactsAndKeepsTheFilesThatTheyName) {
  ProcessMediaTool tool({.executable = script(R"(
printf abc >"$3/small"; : >"$3/large"
echo '{"facts":{"kind":"image","contentType":"image/png","width":4,"height":3,"blurhash":"","durationMs":0,'\
'"waveform":"","derived":[{"role":"small","contentType":"image/webp","fileName":"small","size":3,"width":2,"height":1}]}}')")});
  const auto facts = tool.examine(job(), in(TimeDelta::seconds(20)));
  ASSERT_TRUE(facts.has_value()) << facts.error().detail;
  EXPECT_EQ(facts->width, 4);
  EXPECT_EQ(facts->derived.at(0).role, product::DerivedRole::kSmall);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/small"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/large"));
  EXPECT_EQ(tool.stats().finished, 1U);
}

TEST_F(ProcessMediaToolTest, PassesOnTheProblemsThatTheToolNames) {
  ProcessMediaTool tool({.executable = script(R"(echo '{"problem":"media_too_large","detail":"60000x60000"}')")});
  const auto facts = tool.examine(job(), in(TimeDelta::seconds(20)));
  EXPECT_EQ(code_of(facts), ProblemCode::kMediaTooLarge);
  EXPECT_EQ(facts.error().detail, "60000x60000");
  EXPECT_EQ(tool.stats().refused, 1U);
}

TEST_F(ProcessMediaToolTest, SaysUnreadableWhenTheToolCrashes) {
  ProcessMediaTool tool({.executable = script("echo last words >&2; kill -SEGV $$")});
  EXPECT_EQ(code_of(tool.examine(job(), in(TimeDelta::seconds(20)))), ProblemCode::kMediaUnreadable);
  EXPECT_EQ(tool.stats().crashed, 1U);
}

TEST_F(ProcessMediaToolTest, SaysUnreadableWhenTheToolEndsWithAnErrorOrWithoutAWord) {
  ProcessMediaTool failing({.executable = script("exit 3")});
  EXPECT_EQ(code_of(failing.examine(job(), in(TimeDelta::seconds(20)))), ProblemCode::kMediaUnreadable);
  EXPECT_EQ(failing.stats().crashed, 1U);
  ProcessMediaTool silent({.executable = script("exit 0")});
  EXPECT_EQ(code_of(silent.examine(job(), in(TimeDelta::seconds(20)))), ProblemCode::kMediaUnreadable);
  EXPECT_EQ(silent.stats().garbled, 1U);
}

TEST_F(ProcessMediaToolTest, KillsAtTheDeadlineWhatDoesNotEndWithAllItStarted) {
  const std::string pids = (folder_ / "pids").string();
  ProcessMediaTool tool(
      {.executable = script("trap '' TERM INT; sleep 1000 & echo $$ $! >" + pids + "; wait; sleep 1000")});
  EXPECT_EQ(code_of(tool.examine(job(), in(TimeDelta::millis(500)))), ProblemCode::kMediaUnreadable);
  EXPECT_EQ(tool.stats().timed_out, 1U);
  pid_t script = 0;
  pid_t started = 0;
  std::ifstream(pids) >> script >> started;
  ASSERT_GT(started, 0);
  // The script is reaped; its child has died, and whoever inherits it reaps it.
  EXPECT_EQ(::kill(script, 0), -1);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  const auto is_dead = [&] {
    std::ifstream stat("/proc/" + std::to_string(started) + "/stat");
    std::string number;
    std::string name;
    std::string state;
    return !(stat >> number >> name >> state) || state == "Z";
  };
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!is_dead() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(is_dead());
}

TEST_F(ProcessMediaToolTest, HasATimeLimitOfItsOwn) {
  ProcessMediaTool tool({.executable = script("sleep 1000"), .time_limit = TimeDelta::millis(200)});
  EXPECT_EQ(code_of(tool.examine(job(), Timestamp::never())), ProblemCode::kMediaUnreadable);
  EXPECT_EQ(tool.stats().timed_out, 1U);
}

TEST_F(ProcessMediaToolTest, KillsWhatFloodsItsOutput) {
  ProcessMediaTool tool(
      {.executable = script("while :; do echo ffffffffffffffffffffffffffffffffffffffffffffff; done")});
  EXPECT_EQ(code_of(tool.examine(job(), in(TimeDelta::seconds(60)))), ProblemCode::kMediaUnreadable);
  EXPECT_EQ(tool.stats().garbled, 1U);
}

TEST_F(ProcessMediaToolTest, IsNotHeldUpByMuchComplaining) {
  ProcessMediaTool tool({.executable = script(R"(
i=0; while [ $i -lt 5000 ]; do echo 'something is odd with this file, and that is said again and again' >&2; i=$((i+1)); done
echo '{"problem":"media_unreadable"}')")});
  EXPECT_EQ(code_of(tool.examine(job(), in(TimeDelta::seconds(60)))), ProblemCode::kMediaUnreadable);
  EXPECT_EQ(tool.stats().refused, 1U);
}

TEST_F(ProcessMediaToolTest, DoesNotBelieveFilesOutsideOfTheFolder) {
  std::ofstream(folder_ / "secret") << "abc";
  for (const auto* name : {"../secret", "/etc/passwd", "missing", ""}) {
    ProcessMediaTool tool(
        {.executable = script(
             R"(echo '{"facts":{"kind":"image","contentType":"image/png","width":4,"height":3,"blurhash":"","durationMs":0,"waveform":"",)"
             R"("derived":[{"role":"small","contentType":"image/webp","fileName":")" +
             std::string(name) + R"(","size":3,"width":2,"height":1}]}}')")});
    EXPECT_EQ(code_of(tool.examine(job(), in(TimeDelta::seconds(20)))), ProblemCode::kMediaUnreadable) << name;
    EXPECT_EQ(tool.stats().garbled, 1U) << name;
  }
}

TEST_F(ProcessMediaToolTest, DoesNotBelieveThatADerivedFileIsAPage) {
  ProcessMediaTool tool({.executable = script(R"(printf abc >"$3/small"
echo '{"facts":{"kind":"image","contentType":"image/png","width":4,"height":3,"blurhash":"","durationMs":0,'\
'"waveform":"","derived":[{"role":"small","contentType":"text/html","fileName":"small","size":3,"width":2,"height":1}]}}')")});
  EXPECT_EQ(code_of(tool.examine(job(), in(TimeDelta::seconds(20)))), ProblemCode::kMediaUnreadable);
}

TEST_F(ProcessMediaToolTest, GivesTheChildNoEnvironmentAndNoDescriptors) {
  ::setenv("PARLEY_TOOL_TEST_SECRET", "x", 1);
  const std::string seen = (folder_ / "seen").string();
  ProcessMediaTool tool(
      {.executable = script("ls /proc/self/fd >" + seen + "; tr '\\0' '\\n' </proc/$$/environ >>" + seen)});
  const std::ofstream held(folder_ / "held");
  EXPECT_FALSE(tool.examine(job(), in(TimeDelta::seconds(20))).has_value());
  std::ifstream file(seen);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // 3 is the folder that ls reads.
  EXPECT_EQ(text, "0\n1\n2\n3\n");
  ::unsetenv("PARLEY_TOOL_TEST_SECRET");
}

TEST_F(ProcessMediaToolTest, SaysThatItIsNotConfiguredWithoutAnExecutable) {
  ProcessMediaTool none({.executable = ""});
  EXPECT_EQ(code_of(none.examine(job(), in(TimeDelta::seconds(1)))), ProblemCode::kNotConfigured);
  ProcessMediaTool missing({.executable = (folder_ / "no_such_tool").string()});
  EXPECT_EQ(code_of(missing.examine(job(), in(TimeDelta::seconds(1)))), ProblemCode::kNotConfigured);
  EXPECT_EQ(missing.stats().not_started, 1U);
}

TEST_F(ProcessMediaToolTest, RunsOnlySoManyAtATimeAndTurnsTheRestAway) {
  const std::string gate = (folder_ / "gate").string();
  ProcessMediaTool tool({.executable = script("until [ -e " + gate +
                                              " ]; do sleep 0.02; done; echo '{\"problem\":\"media_unreadable\"}'"),
                         .concurrent = 1,
                         .waiting = 1});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back(
        [&] { EXPECT_EQ(code_of(tool.examine(job(), in(TimeDelta::seconds(60)))), ProblemCode::kMediaUnreadable); });
  }
  while (tool.stats().running != 1 || tool.stats().waiting != 1) std::this_thread::yield();
  EXPECT_EQ(code_of(tool.examine(job(), in(TimeDelta::seconds(60)))), ProblemCode::kOverloaded);
  std::ofstream(gate) << "open";
  threads.clear();
  EXPECT_EQ(tool.stats().refused, 2U);
  EXPECT_EQ(tool.stats().overloaded, 1U);
  EXPECT_EQ(tool.stats().running, 0U);
}

TEST_F(ProcessMediaToolTest, GivesUpItsTurnAtTheDeadline) {
  const std::string gate = (folder_ / "gate").string();
  ProcessMediaTool tool({.executable = script("until [ -e " + gate + " ]; do sleep 0.02; done"), .concurrent = 1});
  std::jthread busy([&] { EXPECT_FALSE(tool.examine(job(), in(TimeDelta::seconds(60))).has_value()); });
  while (tool.stats().running != 1) std::this_thread::yield();
  EXPECT_EQ(code_of(tool.examine(job(), in(TimeDelta::millis(50)))), ProblemCode::kOverloaded);
  std::ofstream(gate) << "open";
}

}  // namespace
}  // namespace parley::media_tool_adapter

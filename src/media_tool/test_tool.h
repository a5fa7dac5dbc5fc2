// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "adapters/media_tool/child_process.h"
#include "adapters/media_tool/process_media_tool.h"
#include "base/check.h"
#include "media_tool/files.h"

namespace parley::media_tool {

using product::DerivedFile;
using product::MediaFacts;
using product::MediaPurpose;
using product::ProblemCode;

/// The executable itself, in its sandbox, as the server runs it.
class ToolTest : public ::testing::Test {
 protected:
  ToolTest() {
    std::string name = (std::filesystem::temp_directory_path() / "parley_media_XXXXXX").string();
    PARLEY_CHECK(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
  }
  ~ToolTest() override {
    EXPECT_EQ(tool_.stats().crashed + tool_.stats().garbled + tool_.stats().not_started, 0U);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// A new folder for each file.
  Outcome<MediaFacts> examine(const std::string& bytes, MediaPurpose purpose = MediaPurpose::kFile) {
    const std::string input = path("input");
    std::ofstream(input, std::ios::binary | std::ios::trunc) << bytes;
    out_ = path("out" + std::to_string(++jobs_));
    std::filesystem::create_directory(out_);
    return tool_.examine({.input_path = input, .output_folder = out_, .purpose = purpose}, Timestamp::never());
  }
  Outcome<MediaFacts> listen(const std::string& bytes) { return examine(bytes, MediaPurpose::kVoice); }

  static const DerivedFile* find(const Outcome<MediaFacts>& facts, DerivedRole role) {
    if (!facts) return nullptr;
    for (const DerivedFile& file : facts->derived) {
      if (file.role == role) return &file;
    }
    return nullptr;
  }
  /// Of the last file that was examined; empty when there is none.
  std::string derived(const Outcome<MediaFacts>& facts, DerivedRole role) const {
    const DerivedFile* file = find(facts, role);
    return file == nullptr ? std::string() : read(out_ + "/" + file->file_name);
  }
  static std::string problem_of(const Outcome<MediaFacts>& facts) {
    return facts ? "" : std::string(product::info(facts.error().code).name);
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// What ffmpeg writes with `arguments` (in which quotes are the shell's) into a file of this name.
  std::string ffmpeg(const std::string& arguments, const std::string& name) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    const auto end = media_tool_adapter::run_child(
        {"/bin/sh", "-c", "exec ffmpeg -v error -y " + arguments + " '" + path(name) + "'"}, 4096, until);
    EXPECT_TRUE(end && end->how == media_tool_adapter::ChildEnd::How::kExited && end->code == 0)
        << arguments << ": " << (end ? end->last_line : "not started");
    return read(path(name));
  }

  /// The test stands in the build's src/.
  static std::string tool_path() {
    const auto self = std::filesystem::read_symlink("/proc/self/exe");
    return (self.parent_path().parent_path() / "parley-media").string();
  }

  media_tool_adapter::ProcessMediaTool tool_{{.executable = tool_path()}};

 private:
  std::filesystem::path folder_;
  std::string out_;
  int jobs_ = 0;
};

}  // namespace parley::media_tool

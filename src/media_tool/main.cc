// SPDX-License-Identifier: GPL-2.0-or-later
// parley-media: looks at one untrusted file and writes derived files and one line of JSON. See LICENSE.md beside this.

#include <unistd.h>

#include <cstdio>
#include <span>
#include <string>

#include "json/writer.h"
#include "media_tool/examine.h"
#include "media_tool/pictures.h"
#include "media_tool/recordings.h"
#include "media_tool/sandbox.h"
#include "product/ports/media_answer.h"

namespace parley::media_tool {
namespace {

/// Of the process. Anything but kAnswered means that there is no answer.
enum Exit : int { kAnswered = 0, kUsage = 2, kNotReady = 3 };

Exit complain(Exit exit, const char* sentence) {
  (void)std::fprintf(stderr, "parley-media: %s\n", sentence);
  return exit;
}

Exit run(std::span<char*> arguments) {
  if (arguments.size() != 4) return complain(kUsage, "usage: parley-media file|voice INPUT FOLDER");
  const std::string_view purpose = arguments[1];
  if (purpose != "file" && purpose != "voice") return complain(kUsage, "the purpose is file or voice");
  if (!limit_process()) return complain(kNotReady, "the limits cannot be set");
  const auto input = InputFile::open(arguments[2]);
  if (!input) return complain(kNotReady, input.error().detail.c_str());
  const auto outputs = OutputFiles::open(arguments[3]);
  if (!outputs) return complain(kNotReady, outputs.error().detail.c_str());
  if (!init_pictures()) return complain(kNotReady, "libvips cannot be initialised");
  init_recordings();
  if (!enter_sandbox()) return complain(kNotReady, "the sandbox cannot be entered");

  auto facts =
      examine(purpose == "voice" ? product::MediaPurpose::kVoice : product::MediaPurpose::kFile, *input, *outputs);
  if (!facts && facts.error().code == product::ProblemCode::kInternal) {
    return complain(kNotReady, facts.error().detail.c_str());
  }
  product::MediaAnswer answer;
  if (facts) {
    answer.facts = std::move(*facts);
  } else {
    answer.problem = product::info(facts.error().code).name;
    answer.detail = facts.error().detail;
  }
  const std::string line = json::to_json(answer) + "\n";
  const bool is_written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
  return is_written ? kAnswered : complain(kNotReady, "the answer cannot be written");
}

}  // namespace
}  // namespace parley::media_tool

int main(int argc, char** argv) {
  // Without the libraries' farewells: the answer is out, and nothing that they would free matters.
  ::_exit(parley::media_tool::run(std::span(argv, static_cast<size_t>(argc))));
}

#include "tools/run_load.h"

#include <cstdio>

#include "tools/load_loop.h"

namespace parley::tools {
namespace {

constexpr int kWrongOption = 2;

int refuse(const Error& error) {
  std::fprintf(stderr, "parley: %s\n", error.message.c_str());
  return kWrongOption;
}

bool write_file(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (!file) return false;
  const bool is_written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && is_written;
}

}  // namespace

int run_load_test(const LoadOptions& typed) {
  LoadOptions options = typed;
  if (options.video_publishers == 0 && options.audio_publishers == 0 && options.subscribers == 0) {
    options.video_publishers = 1;  // As `lk`.
    options.subscribers = 1;
  }
  auto plan = check_options(options);
  if (!plan) return refuse(plan.error());
  auto loop = LoadLoop::make(options, std::move(*plan));
  if (!loop) return refuse(loop.error());
  const LoadResult result = (*loop)->run();
  std::fputs(to_table(result).c_str(), stdout);
  if (!options.json_path.empty() && !write_file(options.json_path, to_json(result, options))) {
    return refuse({Error::Code::kInvalidArgument, "--json: cannot write " + options.json_path});
  }
  return result.errors.empty() ? 0 : 1;
}

}  // namespace parley::tools

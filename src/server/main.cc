// parley: the command line. Each command's work is elsewhere; here options become calls.

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "base/log.h"
#include "server/app.h"
#include "server/commands.h"
#include "server/store_commands.h"

namespace parley::server {
namespace {

/// Log lines go to standard error: standard output carries what a command was asked for.
void write_line(log::Level, std::string_view line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fputc('\n', stderr);
}

log::Level level_from(const std::string& name) {
  if (name == "debug") return log::Level::kDebug;
  if (name == "warn") return log::Level::kWarn;
  if (name == "error") return log::Level::kError;
  return log::Level::kInfo;
}

/// The web app beside the program: `build/release/parley` finds `web/dist` of its checkout.
std::string default_web_root() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "" : (program.parent_path() / "../../web/dist").lexically_normal().string();
}

struct ServeOptions {
  ConfigSources sources;
  bool exits_with_stdin = false;
};

/// Blocks until SIGTERM or SIGINT, or, when asked to, until standard input closes.
void wait_for_end(int signals, bool watches_stdin) {
  pollfd fds[2] = {{signals, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  while (true) {
    if (poll(fds, watches_stdin ? 2 : 1, -1) < 0) continue;
    if (fds[0].revents & POLLIN) return;
    char buffer[256];
    if (watches_stdin && fds[1].revents && read(STDIN_FILENO, buffer, sizeof buffer) <= 0) return;
  }
}

/// Each signal connection and each TCP peer is a descriptor; the usual soft limit of 1,024 is not enough.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(const ServeOptions& options) {
  auto config = load_config(options.sources);
  if (!config) {
    std::fprintf(stderr, "parley: %s\n", config.error().message.c_str());
    return 2;
  }
  if (config->web_root.empty()) config->web_root = default_web_root();
  log::set_sink(write_line, level_from(config->log_level));
  for (const std::string& notice : config->notices) log::warn("configuration", {{"notice", notice}});
  // Before any thread starts, so that all inherit the mask and the signal reaches only the descriptor.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  const int signals = signalfd(-1, &ends, SFD_CLOEXEC);
  auto app = App::start(*config);
  if (!app) {
    std::fprintf(stderr, "parley: %s\n", app.error().message.c_str());
    return 1;
  }
  std::printf("listening %d\n", static_cast<int>((*app)->port()));
  if (config->is_dev) std::printf("open http://127.0.0.1:%d/\n", static_cast<int>((*app)->port()));
  std::fflush(stdout);
  wait_for_end(signals, options.exits_with_stdin);
  log::info("stopping");
  (*app)->stop();
  return 0;
}

void add_serve(CLI::App& cli, ServeOptions& options, int& status) {
  CLI::App* command = cli.add_subcommand("serve", "Run the server");
  add_source_options(*command, options.sources);
  command->add_flag("--exit-with-stdin", options.exits_with_stdin, "Stop when standard input closes (for tests)");
  for (const Option& option : server::options()) {
    command
        ->add_option_function<std::string>(
            option.flag(),
            [&options, key = std::string(option.key)](const std::string& v) { options.sources.flags[key] = v; },
            std::string(option.help))
        ->group("Options");
  }
  command->callback([&] {
    options.sources.env = read_environment();
    status = serve(options);
  });
}

int run(int argc, char** argv) {
  CLI::App cli{"Parley: calls, messages and live support in one server"};
  cli.require_subcommand(1);
  int status = 0;
  ServeOptions serve_options;
  add_serve(cli, serve_options, status);
  add_commands(cli, status);
  add_store_commands(cli, status);
  CLI11_PARSE(cli, argc, argv);
  return status;
}

}  // namespace
}  // namespace parley::server

int main(int argc, char** argv) { return parley::server::run(argc, argv); }

#pragma once

namespace CLI {
class App;
}

namespace parley::server {

/// The commands that are not the server: `token create`, `load-test`. `status` becomes the exit code.
void add_commands(CLI::App& cli, int& status);

}  // namespace parley::server

#pragma once

namespace CLI {
class App;
}

namespace parley::server {

/// The commands around configuration and database: `config check`, `config docs`, `migrate`, `backup`, `user create`.
/// `status` becomes the exit code.
void add_store_commands(CLI::App& cli, int& status);

}  // namespace parley::server

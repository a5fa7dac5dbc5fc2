#pragma once

namespace CLI {
class App;
}

namespace parley::server {

struct ConfigSources;

/// --config, --env and --dev, which every command has that reads the configuration.
void add_source_options(CLI::App& command, ConfigSources& sources);

/// The commands around configuration and database: `config check`, `config docs`, `doctor`, `migrate`, `backup`, `user
/// create`.
/// `status` becomes the exit code.
void add_store_commands(CLI::App& cli, int& status);

}  // namespace parley::server

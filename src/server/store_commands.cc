#include "server/store_commands.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <memory>

#include "adapters/identity/argon2_hasher.h"
#include "adapters/store/maintenance.h"
#include "net/clock.h"
#include "product/identity/accounts.h"
#include "server/config.h"
#include "server/doctor.h"
#include "server/product.h"
#include "server/system_rng.h"

namespace parley::server {
namespace {

constexpr TimeDelta kPatience = TimeDelta::seconds(600);

/// What the commands are given; one object for the life of the program, because CLI11 writes into it.
struct Options {
  ConfigSources sources;
  std::string data;
  std::string copy_to;
  std::string backup_path;
  std::string username;
  std::string email;
  std::string name;
  bool is_admin = false;
};

int report(const std::string& fault) {
  std::fprintf(stderr, "parley: %s\n", fault.c_str());
  return 1;
}

const ConfigSources& sources_of(Options& options) {
  options.sources.env = read_environment();
  if (!options.data.empty()) options.sources.flags["data"] = options.data;
  return options.sources;
}

/// Opens the configured database, brought up to date.
Result<std::unique_ptr<store::Database>> open_migrated(Options& options) {
  const auto config = load_config(sources_of(options));
  if (!config) return std::unexpected(config.error());
  auto database = open_configured_database(*config);
  if (!database) return database;
  const auto done = store::migrate(**database, store::after(kPatience));
  if (!done) return std::unexpected(done.error());
  std::fprintf(stderr, "database: version %d, was %d\n", done->to, done->from);
  return database;
}

int copy_to(store::Database& from, const std::string& url) {
  auto target = store::open_store({.url = Redacted<std::string>(url)});
  if (!target) return report("--to: " + target.error().message);
  if (const auto done = store::migrate(**target, store::after(kPatience)); !done) {
    return report("--to: " + done.error().message);
  }
  const auto copied = store::copy(from, **target, store::after(kPatience));
  if (!copied) return report("--to: " + copied.error().message);
  for (const auto& table : copied->tables) {
    std::printf("%s %lld\n", table.name.c_str(), static_cast<long long>(table.rows));
  }
  return 0;
}

int migrate(Options& options) {
  auto database = open_migrated(options);
  if (!database) return report(database.error().message);
  return options.copy_to.empty() ? 0 : copy_to(**database, options.copy_to);
}

int backup(Options& options) {
  auto database = open_migrated(options);
  if (!database) return report(database.error().message);
  const auto done = store::backup(**database, options.backup_path);
  return done ? 0 : report(done.error().message);
}

int create_user(Options& options) {
  std::string password;
  std::fputs("password: ", stderr);
  if (!std::getline(std::cin, password)) return report("the password is read from standard input");
  auto database = open_migrated(options);
  if (!database) return report(database.error().message);
  identity_adapter::Argon2Hasher hasher;
  SystemRng rng;
  product::identity::Kit kit{**database, hasher, rng};
  product::identity::NewAccount account{.password = Redacted<std::string>(password), .display_name = options.name};
  if (!options.username.empty()) account.username = options.username;
  if (!options.email.empty()) account.email = options.email;
  const auto right = options.is_admin ? product::identity::AdminRight::kAdmin : product::identity::AdminRight::kNone;
  const auto user = product::identity::create_account(kit, account, right,
                                                      {net::read_clock().wall, store::after(TimeDelta::seconds(30))});
  if (!user) return report(std::string(product::info(user.error().code).name) + ": " + user.error().detail);
  std::printf("%s\n", user->id.text().c_str());
  return 0;
}

int check(Options& options) {
  const auto config = load_config(sources_of(options));
  std::fputs(config_report(options.sources).c_str(), stdout);
  return config ? 0 : report(config.error().message);
}

int examine(Options& options) { return run_doctor(sources_of(options), stdout) ? 0 : 1; }

}  // namespace

void add_source_options(CLI::App& command, ConfigSources& sources) {
  command.add_option("--config", sources.yaml_path, "YAML file; see docs/options.md")->check(CLI::ExistingFile);
  command
      .add_option("--env", sources.profile,
                  "Profile: reads .env and .env.<profile> here; \"development\" means --dev, too")
      ->envname("PARLEY_ENV");
  command.add_flag("--dev", sources.is_dev, "Development: key devkey/secret, loopback candidates, loud logs");
}

void add_store_commands(CLI::App& cli, int& status) {
  const auto options = std::make_shared<Options>();
  const auto add = [&](CLI::App& to, const char* name, const char* help, int (*run)(Options&)) {
    CLI::App* command = to.add_subcommand(name, help);
    add_source_options(*command, options->sources);
    command->add_option("--data", options->data, "Folder of what must survive");
    command->callback([options, run, &status] { status = run(*options); });
    return command;
  };
  CLI::App* config = cli.add_subcommand("config", "Configuration")->require_subcommand(1);
  config->add_subcommand("docs", "Print docs/options.md")->callback([] { std::fputs(options_page().c_str(), stdout); });
  add(*config, "check", "Print every option with its origin, without secrets; fails as the server would", check);
  add(cli, "doctor", "Try what the configuration names, and say what to mend; fails when something must be", examine);
  add(cli, "migrate", "Bring the database up to date", migrate)
      ->add_option("--to", options->copy_to, "Then copy it to this empty PostgreSQL, ids unchanged");
  add(cli, "backup", "Copy a SQLite database while it is in use", backup)
      ->add_option("file", options->backup_path, "New file")
      ->required();
  CLI::App* user = cli.add_subcommand("user", "Accounts")->require_subcommand(1);
  CLI::App* create = add(*user, "create", "Make an account; the password is read from standard input", create_user);
  create->add_option("--username", options->username, "User name");
  create->add_option("--email", options->email, "E-mail address");
  create->add_option("--name", options->name, "Name that others see");
  create->add_flag("--admin", options->is_admin, "Of this whole server");
}

}  // namespace parley::server

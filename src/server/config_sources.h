#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace parley::server {

struct Option;

/// Where values come from, strongest last.
struct ConfigSources {
  std::string yaml_path;  ///< Empty: none.
  /// "development", "production" or a name of one's own: the files `.env` and `.env.<profile>` are read, the second
  /// being the stronger. Empty: neither.
  std::string profile;
  std::string folder;                        ///< Where these are; empty: the working directory.
  std::map<std::string, std::string> env;    ///< The variables that are set; stronger than the files.
  std::map<std::string, std::string> flags;  ///< By option key.
  bool is_dev = false;                       ///< --dev; the profile "development" means it too.
};

/// The variables of this process.
std::map<std::string, std::string> read_environment();

/// Reads the variables of a `.env` file: NAME=value lines, `export` before them, values bare, 'literal' or "with \n";
/// `#` begins a comment at a line's start or behind a space. kInvalidArgument names the line that is none of this.
Result<std::map<std::string, std::string>> parse_env_file(std::string_view text);

/// A value and who gave it.
struct Setting {
  std::string value;
  std::string origin;  ///< "DATABASE_URL in .env.production", "--port", "parley.yaml".
};

/// All values that were given, of which the strongest counts.
class Settings {
 public:
  /// Reads the files; what is wrong with them is appended to `faults`, a line each.
  Settings(const ConfigSources& sources, std::string& faults);

  std::optional<Setting> find(const Option& option) const;
  /// A variable of the environment or of a `.env` file.
  std::optional<Setting> variable(const std::string& name) const;
  /// Where whoever asks should write a variable that is missing: the profile's file, or the environment.
  std::string place_for_variables() const;

 private:
  void read_env_file(const std::string& name, std::string& faults);
  void read_yaml(std::string& faults);

  const ConfigSources& sources_;
  std::map<std::string, Setting> variables_;
  std::map<std::string, std::string> yaml_;
};

}  // namespace parley::server

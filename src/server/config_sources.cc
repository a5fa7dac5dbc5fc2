#include "server/config_sources.h"

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "server/config.h"

extern char** environ;

namespace parley::server {
namespace {

/// A YAML tree as dotted keys; lists become comma-separated, the map under `keys` becomes "key: secret" pairs.
void flatten(const YAML::Node& node, const std::string& path, std::map<std::string, std::string>& out) {
  if (node.IsMap() && path != "keys") {
    for (const auto& entry : node) {
      flatten(entry.second, path.empty() ? entry.first.Scalar() : path + "." + entry.first.Scalar(), out);
    }
    return;
  }
  std::string value;
  const auto append = [&value](const std::string& item) { value += (value.empty() ? "" : ",") + item; };
  if (node.IsMap()) {
    for (const auto& entry : node) append(entry.first.Scalar() + ": " + entry.second.Scalar());
  } else if (node.IsSequence()) {
    for (const auto& item : node) append(item.Scalar());
  } else if (node.IsScalar()) {
    value = node.Scalar();
  }
  out[path] = value;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t from = text.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  if (name.empty() || !is_letter(name.front())) return false;
  for (const char c : name) {
    if (!is_letter(c) && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

bool is_comment(std::string_view text) {
  const std::string_view rest = trim(text);
  return rest.empty() || rest.front() == '#';
}

/// What stands behind the `=`; nullopt when a quote is not closed or something follows it.
std::optional<std::string> parse_value(std::string_view text) {
  text = trim(text);
  const char quote = text.empty() ? '\0' : text.front();
  if (quote != '"' && quote != '\'') {
    const size_t comment = text.find(" #");
    return std::string(trim(text.starts_with('#') ? std::string_view() : text.substr(0, comment)));
  }
  std::string out;
  for (size_t at = 1; at < text.size(); ++at) {
    if (text[at] == quote) return is_comment(text.substr(at + 1)) ? std::optional(std::move(out)) : std::nullopt;
    if (text[at] != '\\' || quote == '\'' || at + 1 == text.size()) {
      out += text[at];
      continue;
    }
    const char escaped = text[++at];
    out += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
  }
  return std::nullopt;
}

}  // namespace

std::map<std::string, std::string> read_environment() {
  std::map<std::string, std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    const size_t equals = text.find('=');
    if (equals != std::string::npos) all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return all;
}

Result<std::map<std::string, std::string>> parse_env_file(std::string_view text) {
  std::map<std::string, std::string> out;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    std::string_view line = trim(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (is_comment(line)) continue;
    constexpr std::string_view kExport = "export ";
    if (line.starts_with(kExport)) line = trim(line.substr(kExport.size()));
    const size_t equals = line.find('=');
    const std::string_view name = trim(line.substr(0, equals));
    auto value = equals == std::string_view::npos ? std::nullopt : parse_value(line.substr(equals + 1));
    // The line itself is not repeated: it may hold a secret.
    if (!value || !is_variable_name(name)) {
      return fail(Error::Code::kInvalidArgument, "line " + std::to_string(number) + " is not NAME=value");
    }
    out[std::string(name)] = std::move(*value);
  }
  return out;
}

Settings::Settings(const ConfigSources& sources, std::string& faults) : sources_(sources) {
  if (!sources.profile.empty()) {
    read_env_file(".env", faults);
    read_env_file(".env." + sources.profile, faults);
  }
  for (const auto& [name, value] : sources.env) variables_[name] = {value, name};
  if (!sources.yaml_path.empty()) read_yaml(faults);
}

void Settings::read_env_file(const std::string& name, std::string& faults) {
  const std::filesystem::path path = std::filesystem::path(sources_.folder) / name;
  std::ifstream file(path);
  if (!file) return;
  std::stringstream text;
  text << file.rdbuf();
  const auto parsed = parse_env_file(text.str());
  if (!parsed) {
    faults += "  " + name + ": " + parsed.error().message + "\n";
    return;
  }
  for (const auto& [variable, value] : *parsed) variables_[variable] = {value, variable + " in " + name};
}

void Settings::read_yaml(std::string& faults) {
  try {
    flatten(YAML::LoadFile(sources_.yaml_path), "", yaml_);
  } catch (const YAML::Exception& e) {
    faults += "  " + sources_.yaml_path + ": " + e.what() + "\n";
    return;
  }
  std::set<std::string_view> known;
  for (const Option& option : options()) known.insert(option.key);
  for (const auto& [key, value] : yaml_) {
    if (!known.contains(key))
      faults += "  " + key + " (" + sources_.yaml_path + "): no such option; see docs/options.md\n";
  }
}

std::optional<Setting> Settings::find(const Option& option) const {
  const std::string key(option.key);
  if (const auto flag = sources_.flags.find(key); flag != sources_.flags.end()) {
    return Setting{flag->second, option.flag()};
  }
  if (auto seed = variable(std::string(option.seed_variable))) return seed;
  if (auto own = variable(option.variable())) return own;
  if (const auto it = yaml_.find(key); it != yaml_.end()) return Setting{it->second, sources_.yaml_path};
  return std::nullopt;
}

std::optional<Setting> Settings::variable(const std::string& name) const {
  const auto it = variables_.find(name);
  return it == variables_.end() ? std::nullopt : std::optional(it->second);
}

std::string Settings::place_for_variables() const {
  return sources_.profile.empty() ? "the environment" : ".env." + sources_.profile;
}

}  // namespace parley::server

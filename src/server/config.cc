#include "server/config.h"

#include <yaml-cpp/yaml.h>

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

Result<std::map<std::string, std::string>> read_yaml(const std::string& path) {
  std::map<std::string, std::string> values;
  try {
    flatten(YAML::LoadFile(path), "", values);
  } catch (const YAML::Exception& e) {
    return fail(Error::Code::kInvalidArgument, path + ": " + e.what());
  }
  return values;
}

/// Variables that other back ends had, and that can do nothing any more.
struct DeadVariable {
  std::string_view name;
  std::string_view why;
  bool is_refused;  ///< In production.
};
constexpr DeadVariable kDeadVariables[] = {
    {"FCM_SERVER_KEY",
     "Google shut this API down in 2024; pushes need a service account (FCM HTTP v1). Remove the variable", true},
    {"EXPO_PUSH_TOKEN",
     "this is the address of one phone, not a secret of the server; pushes need an Expo access token", false},
};

void check_dead_variables(const ConfigSources& sources, Config& config, std::string& faults) {
  for (const DeadVariable& dead : kDeadVariables) {
    if (!sources.env.contains(std::string(dead.name))) continue;
    const std::string text = std::string(dead.name) + ": " + std::string(dead.why);
    if (dead.is_refused && !config.is_dev) {
      faults += "  " + text + "\n";
    } else {
      config.notices.push_back(text);
    }
  }
}

void check_production(const Config& config, std::string& faults) {
  for (const std::string& origin : config.frontend_urls) {
    if (origin.find('*') != std::string::npos) {
      faults += "  frontend_url: \"" + origin + "\" lets every site act for your users; name the origins\n";
    } else if (!origin.starts_with("https://")) {
      faults += "  frontend_url: \"" + origin + "\" is not https; passwords and cameras need it\n";
    }
  }
  if (config.keys.empty()) faults += "  keys: no API key is set; give `keys: \"name: secret\"`, or use --dev\n";
  for (const livekit::ApiKey& key : config.keys) {
    if (key.key == "devkey" || key.secret.reveal() == "secret") {
      faults += "  keys: devkey/secret is for --dev only; make a secret with `openssl rand -base64 32`\n";
    }
  }
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

std::string config_report(const ConfigSources& sources) {
  std::map<std::string, std::string> yaml;
  if (!sources.yaml_path.empty()) yaml = read_yaml(sources.yaml_path).value_or(yaml);
  std::string report;
  for (const Option& option : options()) {
    std::string value(option.initial);
    std::string origin = "default";
    const auto look = [&](const std::map<std::string, std::string>& from, const std::string& name,
                          const std::string& who) {
      const auto it = from.find(name);
      if (it == from.end()) return;
      value = option.is_secret ? "(secret)" : it->second;
      origin = who;
    };
    const std::string key(option.key);
    look(yaml, key, sources.yaml_path);
    look(sources.env, option.variable(), option.variable());
    look(sources.env, std::string(option.seed_variable), std::string(option.seed_variable));
    look(sources.flags, key, option.flag());
    report += key + " = " + value + "    (" + origin + ")\n";
  }
  return report;
}

Result<Config> load_config(const ConfigSources& sources) {
  Config config;
  config.is_dev = sources.is_dev;
  if (config.is_dev) {
    config.keys = {{"devkey", Redacted<std::string>("secret")}};
    config.enable_loopback = true;
    config.log_level = "debug";
  }
  std::map<std::string, std::string> yaml;
  if (!sources.yaml_path.empty()) {
    auto read = read_yaml(sources.yaml_path);
    if (!read) return std::unexpected(read.error());
    yaml = std::move(*read);
  }
  std::string faults;
  const auto apply = [&](const Option& option, const std::string& value, const std::string& origin) {
    if (!option.set(config, value)) {
      faults += "  " + std::string(option.key) + " (" + origin + "): \"" + (option.is_secret ? "..." : value) +
                "\" is not valid; " + std::string(option.help) + "\n";
    }
  };
  for (const Option& option : options()) {
    const std::string key(option.key);
    if (const auto it = yaml.find(key); it != yaml.end()) apply(option, it->second, sources.yaml_path);
    if (const auto it = sources.env.find(option.variable()); it != sources.env.end()) {
      apply(option, it->second, option.variable());
    }
    if (const auto it = sources.env.find(std::string(option.seed_variable)); it != sources.env.end()) {
      apply(option, it->second, it->first);
    }
    if (const auto it = sources.flags.find(key); it != sources.flags.end()) apply(option, it->second, option.flag());
    yaml.erase(key);
  }
  for (const auto& [key, value] : yaml) {
    faults += "  " + key + " (" + sources.yaml_path + "): no such option; see docs/options.md\n";
  }
  if (!config.livekit_url.empty() && (config.livekit_api_key.empty() || config.livekit_api_secret.reveal().empty())) {
    faults += "  livekit.url: LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be set beside LIVEKIT_URL\n";
  }
  check_dead_variables(sources, config, faults);
  if (!config.is_dev) check_production(config, faults);
  if (!faults.empty()) return fail(Error::Code::kInvalidArgument, "the configuration has faults:\n" + faults);
  return config;
}

}  // namespace parley::server

#include "server/config.h"

namespace parley::server {
namespace {

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

void check_dead_variables(const Settings& settings, Config& config, std::string& faults) {
  for (const DeadVariable& dead : kDeadVariables) {
    const auto found = settings.variable(std::string(dead.name));
    if (!found) continue;
    const std::string text = found->origin + ": " + std::string(dead.why);
    if (dead.is_refused && !config.is_dev) {
      faults += "  " + text + "\n";
    } else {
      config.notices.push_back(text);
    }
  }
}

/// RFC 2104 section 3: not shorter than what the hash puts out.
constexpr size_t kMinSecretLength = 32;

/// LiveKit's variables belong together (TRB-1).
void check_livekit(const Settings& settings, Config& config, std::string& faults) {
  const std::string where = "; set it in " + settings.place_for_variables();
  const bool has_key = !config.livekit_api_key.empty();
  const size_t secret_length = config.livekit_api_secret.reveal().size();
  if (config.livekit_url.empty()) {
    if (has_key || secret_length > 0 || !config.livekit_api_host.empty()) {
      config.notices.push_back("livekit_not_configured: LIVEKIT_URL not configured, so rooms are on this server" +
                               where + " to use another LiveKit");
    }
    return;
  }
  const auto demand = [&](const char* variable) {
    faults +=
        std::string("  livekit_not_configured: ") + variable + " not configured beside LIVEKIT_URL" + where + "\n";
  };
  if (!has_key) demand("LIVEKIT_API_KEY");
  if (secret_length == 0) demand("LIVEKIT_API_SECRET");
  if (secret_length == 0 || secret_length >= kMinSecretLength) return;
  const std::string text =
      "livekit.api_secret: shorter than 32 characters, so tokens can be forged; LiveKit makes longer ones";
  if (config.is_dev) {
    config.notices.push_back(text);
  } else {
    faults += "  " + text + "\n";
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
  if (!config.cdn_base_url.empty() && !config.cdn_base_url.starts_with("https://"))
    faults += "  cdn_base_url: \"" + config.cdn_base_url + "\" is not https; browsers would not show its pictures\n";
  if (!config.smtp_url.empty() && config.frontend_urls.empty() && config.public_url.empty()) {
    faults += "  public_url: links in mails would lead nowhere; set PUBLIC_URL, or FRONTEND_URL\n";
  }
  if (config.keys.empty() && config.livekit_url.empty())
    faults += "  keys: no API key is set; give `keys: \"name: secret\"`, or use --dev\n";
  for (const livekit::ApiKey& key : config.keys) {
    if (key.key == "devkey" || key.secret.reveal() == "secret") {
      faults += "  keys: devkey/secret is for --dev only; make a secret with `openssl rand -base64 32`\n";
    } else if (key.secret.reveal().size() < kMinSecretLength) {
      faults += "  keys: the secret of \"" + key.key +
                "\" is shorter than 32 characters; make one with `openssl rand -base64 32`\n";
    }
  }
}

}  // namespace

std::string config_report(const ConfigSources& sources) {
  std::string faults;  // Whoever asks for the report loads the configuration too, and is told there.
  const Settings settings(sources, faults);
  std::string report;
  for (const Option& option : options()) {
    const auto given = settings.find(option);
    const std::string value = !given ? std::string(option.initial) : option.is_secret ? "(secret)" : given->value;
    report += std::string(option.key) + " = " + value + "    (" + (given ? given->origin : "default") + ")\n";
  }
  return report;
}

Result<Config> load_config(const ConfigSources& sources) {
  Config config;
  config.is_dev = sources.is_dev || sources.profile == "development";
  if (config.is_dev) {
    config.keys = {{"devkey", Redacted<std::string>("secret")}};
    config.enable_loopback = true;
    config.log_level = "debug";
  }
  std::string faults;
  const Settings settings(sources, faults);
  if (config.is_dev && sources.profile == "production") {
    faults += "  --dev and --env production contradict each other\n";
  }
  for (const Option& option : options()) {
    const auto given = settings.find(option);
    if (!given || option.set(config, given->value)) continue;
    faults += "  " + std::string(option.key) + " (" + given->origin + "): \"" +
              (option.is_secret ? "..." : given->value) + "\" is not valid; " + std::string(option.help) + "\n";
  }
  check_livekit(settings, config, faults);
  if (!config.s3_bucket.empty() && (config.s3_access_key.empty() || config.s3_secret_key.reveal().empty()))
    faults +=
        "  s3.bucket: without AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nothing can be stored there; set both\n";
  check_dead_variables(settings, config, faults);
  if (!config.is_dev) check_production(config, faults);
  if (!config.is_dev && !config.conformance.empty()) faults += "  conformance: for --dev only; remove it\n";
  if (!faults.empty()) return fail(Error::Code::kInvalidArgument, "the configuration has faults:\n" + faults);
  // Whoever brings LiveKit's variables needs no second pair.
  if (config.keys.empty()) config.keys = {{config.livekit_api_key, config.livekit_api_secret}};
  return config;
}

}  // namespace parley::server

#include "server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "server/doctor.h"

namespace parley::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using Variables = std::map<std::string, std::string>;

const std::string kSecret = "a secret of more than thirty-two characters";

/// A folder with the files of a test, gone with it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "parley-config-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name) << text; }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::string faults_of(const ConfigSources& sources) {
  const auto config = load_config(sources);
  return config ? std::string() : config.error().message;
}

TEST(EnvFile, HoldsNamesAndValuesAsOtherProgramsWriteThem) {
  const auto read = parse_env_file(
      "# a comment\n\nPLAIN=one two # comment\r\nexport EXPORTED=3\n HASH=a#b\nEMPTY=\n"
      "SINGLE='a \\n $x # y'\nDOUBLE=\"line\\nnext \\\"q\\\"\" # comment\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (Variables{{"PLAIN", "one two"},
                              {"EXPORTED", "3"},
                              {"HASH", "a#b"},
                              {"EMPTY", ""},
                              {"SINGLE", "a \\n $x # y"},
                              {"DOUBLE", "line\nnext \"q\""}}));
}

TEST(EnvFile, NamesTheLineThatIsWrongAndNotWhatItSays) {
  for (const std::string line : {"no equals hush", "1X=hush", "A=\"hush", "A='hush' more", "=hush"}) {
    const auto read = parse_env_file("GOOD=1\n" + line + "\n");
    ASSERT_FALSE(read) << line;
    EXPECT_THAT(read.error().message, HasSubstr("line 2"));
    EXPECT_THAT(read.error().message, Not(HasSubstr("hush")));
  }
}

TEST(Config, CFG2_DBS3_AProfileLoadsItsOwnUrlDatabaseAndLivekit) {
  Folder folder;
  folder.write(".env", "EMAIL_FROM=both@example.com\nDATABASE_URL=postgres://nobody/reads_this\n");
  folder.write(".env.development",
               "DATABASE_URL=postgres://localhost/naxtapaz_dev\nFRONTEND_URL=http://localhost:3000\n"
               "LIVEKIT_URL=wss://dev.livekit.cloud\nLIVEKIT_API_KEY=dev\nLIVEKIT_API_SECRET=" +
                   kSecret + "\n");
  folder.write(".env.production",
               "DATABASE_URL=postgres://db/naxtapaz\nFRONTEND_URL=https://naxtapaz.az\n"
               "LIVEKIT_URL=wss://prod.livekit.cloud\nLIVEKIT_API_KEY=prod\nLIVEKIT_API_SECRET=" +
                   kSecret + "\n");
  const auto development = load_config({.profile = "development", .folder = folder.path()});
  ASSERT_TRUE(development) << development.error().message;
  EXPECT_TRUE(development->is_dev);
  EXPECT_EQ(development->database_url.reveal(), "postgres://localhost/naxtapaz_dev");
  EXPECT_EQ(development->livekit_url, "wss://dev.livekit.cloud");
  EXPECT_EQ(development->frontend_urls, std::vector<std::string>{"http://localhost:3000"});
  EXPECT_EQ(development->mail_from, "both@example.com");

  const auto production = load_config({.profile = "production", .folder = folder.path()});
  ASSERT_TRUE(production) << production.error().message;
  EXPECT_FALSE(production->is_dev);
  EXPECT_EQ(production->database_url.reveal(), "postgres://db/naxtapaz");
  EXPECT_EQ(production->livekit_url, "wss://prod.livekit.cloud");
  EXPECT_EQ(production->livekit_api_key, "prod");
  EXPECT_EQ(production->mail_from, "both@example.com");
}

TEST(Config, WithoutAProfileNoFileIsRead) {
  Folder folder;
  folder.write(".env", "EMAIL_FROM=file@example.com\n");
  const auto config = load_config({.folder = folder.path(), .is_dev = true});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->mail_from, "parley@localhost");
}

TEST(Config, CFG7_TheStrongestSourceCountsAndIsNamed) {
  Folder folder;
  folder.write("p.yaml", "port: 1\nrtc:\n  udp_port: 2\n  tcp_port: 3\nmail:\n  from: yaml@x\n");
  folder.write(".env.staging", "PARLEY_RTC_UDP_PORT=12\nEMAIL_FROM=file@x\nDATABASE_URL=postgres://u:hush@db/x\n");
  const ConfigSources sources{.yaml_path = folder.path() + "/p.yaml",
                              .profile = "staging",
                              .folder = folder.path(),
                              .env = {{"EMAIL_FROM", "process@x"}},
                              .flags = {{"port", "4"}},
                              .is_dev = true};
  const auto config = load_config(sources);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->port, 4);
  EXPECT_EQ(config->udp_port, 12);
  EXPECT_EQ(config->tcp_port, 3);
  EXPECT_EQ(config->mail_from, "process@x");
  const std::string report = config_report(sources);
  EXPECT_THAT(report, HasSubstr("port = 4    (--port)"));
  EXPECT_THAT(report, HasSubstr("rtc.udp_port = 12    (PARLEY_RTC_UDP_PORT in .env.staging)"));
  EXPECT_THAT(report, HasSubstr("rtc.tcp_port = 3    (" + folder.path() + "/p.yaml)"));
  EXPECT_THAT(report, HasSubstr("mail.from = process@x    (EMAIL_FROM)"));
  EXPECT_THAT(report, HasSubstr("database.url = (secret)    (DATABASE_URL in .env.staging)"));
  EXPECT_THAT(report, HasSubstr("room.auto_create = true    (default)"));
  EXPECT_THAT(report, Not(HasSubstr("hush")));
}

TEST(Config, CFG5_ProductionNamesEveryFaultAtOnce) {
  const std::string faults = faults_of({.env = {{"FRONTEND_URL", "*,http://chat.example.com"},
                                                {"LIVEKIT_KEYS", "devkey: secret, mine: short"},
                                                {"FCM_SERVER_KEY", "AAAA"},
                                                {"PARLEY_PORT", "many"}}});
  EXPECT_THAT(faults_of({.env = {{"SMTP_URL", "smtps://mail.example.com"}}}), HasSubstr("set PUBLIC_URL"));
  for (const char* text : {"\"*\" lets every site act", "\"http://chat.example.com\" is not https",
                           "devkey/secret is for --dev only", "the secret of \"mine\" is shorter than 32",
                           "FCM_SERVER_KEY: Google shut this API down", "port (PARLEY_PORT): \"many\""}) {
    EXPECT_THAT(faults, HasSubstr(text));
  }
}

TEST(Config, ProductionAndDevelopmentContradictEachOther) {
  EXPECT_THAT(faults_of({.profile = "production", .is_dev = true}), HasSubstr("contradict"));
}

TEST(Config, TRB1_SaysWhichVariableIsMissingAndWhere) {
  const Variables half{{"LIVEKIT_URL", "wss://x.livekit.cloud"}};
  const std::string faults = faults_of({.profile = "production", .folder = "/nonexistent", .env = half});
  EXPECT_THAT(faults, HasSubstr("livekit_not_configured: LIVEKIT_API_KEY not configured beside LIVEKIT_URL; set it in "
                                ".env.production"));
  EXPECT_THAT(faults, HasSubstr("livekit_not_configured: LIVEKIT_API_SECRET not configured"));

  const auto without_url = load_config({.env = {{"LIVEKIT_API_KEY", "k"}}, .is_dev = true});
  ASSERT_TRUE(without_url);
  ASSERT_EQ(without_url->notices.size(), 1U);
  EXPECT_THAT(without_url->notices[0], HasSubstr("livekit_not_configured: LIVEKIT_URL not configured"));
  EXPECT_THAT(without_url->notices[0], HasSubstr("the environment"));
}

TEST(Config, TRB2_ATooShortSecretIsRefusedInProductionAndNamedInDevelopment) {
  ConfigSources sources{
      .env = {{"LIVEKIT_URL", "wss://x.livekit.cloud"}, {"LIVEKIT_API_KEY", "k"}, {"LIVEKIT_API_SECRET", "short"}}};
  EXPECT_THAT(faults_of(sources), HasSubstr("livekit.api_secret: shorter than 32 characters"));
  sources.is_dev = true;
  const auto config = load_config(sources);
  ASSERT_TRUE(config);
  EXPECT_THAT(config->notices, testing::ElementsAre(HasSubstr("livekit.api_secret: shorter")));
}

TEST(Config, LivekitsVariablesAloneAreEnoughForProduction) {
  const auto config = load_config(
      {.env = {{"LIVEKIT_URL", "wss://x.livekit.cloud"}, {"LIVEKIT_API_KEY", "k"}, {"LIVEKIT_API_SECRET", kSecret}}});
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->keys.size(), 1U);
  EXPECT_EQ(config->keys[0].key, "k");
}

std::string doctor_says(const ConfigSources& sources, bool expected) {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* out = open_memstream(&text, &size);
  EXPECT_EQ(run_doctor(sources, out), expected);
  std::fclose(out);
  std::string said(text, size);
  std::free(text);
  return said;
}

TEST(Doctor, IsContentWithAFreshDevelopmentServer) {
  Folder folder;
  const std::string said = doctor_says(
      {.flags = {{"data", folder.path()}, {"port", "0"}, {"rtc.udp_port", "0"}, {"rtc.tcp_port", "0"}}, .is_dev = true},
      true);
  EXPECT_THAT(said, HasSubstr("ok    database: SQLite, which the first start makes"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/parley.db")) << "it only looks";
}

TEST(Doctor, TRB1_NamesTheVariableAndTheFileOfALivekitThatDoesNotAnswer) {
  Folder folder;
  folder.write(".env.production",
               "LIVEKIT_URL=ws://127.0.0.1:1\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET=" + kSecret + "\n");
  const std::string said =
      doctor_says({.profile = "production", .folder = folder.path(), .flags = {{"data", folder.path()}}}, false);
  EXPECT_THAT(said, HasSubstr("FAIL  livekit_unreachable: LIVEKIT_URL: "));
  EXPECT_THAT(said, HasSubstr("(LIVEKIT_URL in .env.production)"));
  EXPECT_THAT(said, Not(HasSubstr(kSecret)));
}

TEST(Doctor, NamesADatabaseThatDoesNotAnswer) {
  Folder folder;
  const std::string said = doctor_says({.env = {{"DATABASE_URL", "postgres://u:hush@127.0.0.1:1/x"}},
                                        .flags = {{"data", folder.path()}},
                                        .is_dev = true},
                                       false);
  EXPECT_THAT(said, HasSubstr("FAIL  database: DATABASE_URL: "));
  EXPECT_THAT(said, Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace parley::server

#include "adapters/store/url.h"

#include "adapters/store/test_store.h"

namespace parley::store {
namespace {

TEST(DatabaseUrlTest, FilesMayBeNamedInAllUsualWays) {
  for (const auto& [url, path] :
       std::vector<std::pair<std::string, std::string>>{{"data/parley.db", "data/parley.db"},
                                                        {"file:./dev.db", "./dev.db"},
                                                        {"file:///srv/p.db", "/srv/p.db"},
                                                        {"sqlite:p.db?mode=rw", "p.db"},
                                                        {"sqlite:///srv/a%20b", "/srv/a b"}}) {
    const auto parsed = parse_database_url(url);
    ASSERT_TRUE(parsed) << url;
    EXPECT_EQ(parsed->engine, Engine::kSqlite);
    EXPECT_EQ(parsed->path, path);
  }
}

TEST(DatabaseUrlTest, DBS1_PrismasSchemaIsTakenOutAndTheRestKept) {
  for (const auto& [url, postgres, schema] : std::vector<std::array<std::string, 3>>{
           {"postgresql://u:p@h:1/d?schema=public", "postgresql://u:p@h:1/d", "public"},
           {"postgres://h/d?sslmode=require&schema=a%22b&connect_timeout=3",
            "postgres://h/d?sslmode=require&connect_timeout=3", "a\"b"},
           {"postgresql:///d?host=/run/x", "postgresql:///d?host=/run/x", ""}}) {
    const auto parsed = parse_database_url(url);
    ASSERT_TRUE(parsed) << url;
    EXPECT_EQ(parsed->engine, Engine::kPostgres);
    EXPECT_EQ(parsed->postgres.reveal(), postgres);
    EXPECT_EQ(parsed->schema, schema);
  }
}

TEST(DatabaseUrlTest, OthersAreRefusedWithoutQuotingThem) {
  for (const char* url : {"mysql://u:secret@h/d", "", "file:", "file://secret/x",
                          "postgres://h/secret?schema=", "postgres://h/secret?schema=%zz"}) {
    const auto parsed = parse_database_url(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().message.find("secret"), std::string::npos);
  }
}

TEST(OpenStoreTest, PasswordsAreNotInErrors) {
  for (const char* url : {"postgresql://u:secret@127.0.0.1:1/d", "postgresql://u:secret@[bad/d",
                          "postgresql://u:secret@127.0.0.1:1/d?nonsense=1"}) {
    const auto opened = open_store({.url = Redacted(std::string(url))});
    ASSERT_FALSE(opened) << url;
    EXPECT_EQ(opened.error().message.find("secret"), std::string::npos) << opened.error().message;
  }
}

TEST(OpenStoreTest, DBS1_ConnectsWithAndWithoutPrismasSchema) {
  for (const char* query : {"", "&schema=public", "&schema=Mixed%22Case"}) {
    const auto opened = open_store({.url = Redacted(TestPostgres::shared().url() + query)});
    ASSERT_TRUE(opened) << opened.error().message;
    const auto migrated = migrate(**opened, after(TimeDelta::seconds(60)));
    EXPECT_TRUE(migrated) << migrated.error().message;
  }
}

TEST(OpenStoreTest, AFileThatCannotBeIsNamed) {
  const auto opened = open_store({.url = Redacted(std::string("no/such/folder/parley.db"))});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("no/such/folder"), std::string::npos);
}

}  // namespace
}  // namespace parley::store

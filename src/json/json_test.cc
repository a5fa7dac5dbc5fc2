#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "json/reader.h"
#include "json/schema.h"
#include "json/time_text.h"
#include "json/writer.h"

namespace parley::json {
namespace {

enum class Kind : unsigned char { kText, kVoiceMessage };
BOOST_DESCRIBE_ENUM(Kind, kText, kVoiceMessage)

class PhotoId {
 public:
  PhotoId() = default;
  explicit PhotoId(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct Attachment {
  Text<1, 5> file_name;
  Number<0, 100> size;
};
BOOST_DESCRIBE_STRUCT(Attachment, (), (file_name, size))

struct Message {
  Block<0, 10> text;
  Kind kind = Kind::kText;
  List<Attachment, 2> attachments;
  std::optional<PhotoId> photo_id;
  Patch<Text<1, 4>> reply_to;
  Map<std::string, 2> labels;
  Mask allow;
  WallTime created_at;
};
BOOST_DESCRIBE_STRUCT(Message, (), (text, kind, attachments, photo_id, reply_to, labels, allow, created_at))

struct Change {
  Patch<Text<1, 4>> topic;
  std::optional<bool> is_open;
};
BOOST_DESCRIBE_STRUCT(Change, (), (topic, is_open))

const std::string kMessage =
    R"({"text":"a\nb","kind":"voice_message","attachments":[{"fileName":"ş.png","size":3}],"photoId":"p1",)"
    R"("replyTo":null,"labels":{"a/b":"c"},"allow":"18446744073709551615","createdAt":"2026-11-20T12:36:00.123Z"})";

std::string faults_of(const Faults& faults) {
  std::string out = faults.is_malformed ? "malformed\n" : "";
  for (const Fault& fault : faults.list) out += fault.pointer + ": " + fault.message + "\n";
  return out;
}
template <class T>
std::string faults_in(std::string_view text) {
  const auto read = parse<T>(text);
  return read ? "none" : faults_of(read.error());
}

TEST(Json, ReadsAndWritesADescribedStructUnchanged) {
  const auto message = parse<Message>(kMessage);
  ASSERT_TRUE(message) << faults_of(message.error());
  EXPECT_EQ(message->kind, Kind::kVoiceMessage);
  EXPECT_EQ(message->attachments[0].file_name.text(), "ş.png");
  EXPECT_EQ(message->allow.bits, ~uint64_t{0});
  EXPECT_EQ(message->created_at.unix_us, 1'795'178'160'123'000);
  EXPECT_EQ(to_json(*message), kMessage);
}

TEST(Json, CollectsEveryFaultWithItsPlace) {
  EXPECT_EQ(faults_in<Message>(
                R"({"text":3,"kind":"x","attachments":[{"fileName":"","size":101,"role":"owner"}],"labels":{"a~/":1},)"
                R"("allow":7,"createdAt":"yesterday","isAdmin":true})"),
            "/text: expected a string\n"
            "/kind: expected one of text voice_message\n"
            "/attachments/0/fileName: shorter than 1\n"
            "/attachments/0/size: must be at most 100\n"
            "/attachments/0/role: unknown field\n"
            "/labels/a~0~1: expected a string\n"
            "/allow: expected a string\n"
            "/createdAt: expected a time as in RFC 3339\n"
            "/isAdmin: unknown field\n");
}

TEST(Json, StopsCollectingFaultsAtItsLimit) {
  std::string text = R"({"x":0)";
  for (int i = 0; i < 1000; ++i) text += ",\"" + std::string(1000, 'k') + std::to_string(i) + "\":0";
  const auto read = parse<Change>(text + "}");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().list.size(), kMaxFaults);
  EXPECT_LT(faults_of(read.error()).size(), 3000u);
}

TEST(Json, SaysWhichFieldsAreMissing) {
  EXPECT_EQ(faults_in<Attachment>("{}"), "/fileName: is missing\n/size: is missing\n");
}

TEST(Json, TellsAbsentNullAndValueApart) {
  EXPECT_TRUE(parse<Change>("{}")->topic.is_absent());
  EXPECT_TRUE(parse<Change>(R"({"topic":null})")->topic.is_null());
  EXPECT_EQ(parse<Change>(R"({"topic":"ab"})")->topic.value().text(), "ab");
  EXPECT_EQ(faults_in<Change>(R"({"isOpen":null})"), "/isOpen: expected true or false\n");
}

TEST(Json, AppliesAChange) {
  const std::optional<std::string> old = "old";
  EXPECT_EQ(Patch<std::string>().apply_to(old), "old");
  EXPECT_EQ(Patch<std::string>::null().apply_to(old), std::nullopt);
  EXPECT_EQ(Patch<std::string>("new").apply_to(old), "new");
}

TEST(Json, CountsCodePointsNotBytes) {
  EXPECT_EQ(faults_in<Attachment>(R"({"fileName":"ğüşöç","size":0})"), "none");
  EXPECT_EQ(faults_in<Attachment>(R"({"fileName":"ğüşöçı","size":0})"), "/fileName: longer than 5\n");
}

TEST(Json, RefusesControlCharactersWhereTheyAreNotWanted) {
  for (const char* bad : {R"(a\u0000)", R"(a\n)", R"(a\u001b)", R"(a\u007f)", R"(a\u0085)", R"(a\u2028)"}) {
    EXPECT_EQ(faults_in<Attachment>(std::string(R"({"fileName":")") + bad + R"(","size":0})"),
              "/fileName: must not hold control characters\n")
        << bad;
  }
  struct Case {
    const char* text;
    bool is_good;
  };
  for (const Case& c : {Case{R"("a\r\n\tb")", true}, Case{R"("a\u0000")", false}, Case{R"("a\u0007")", false}}) {
    EXPECT_EQ((parse<Block<0, 10>>(c.text).has_value()), c.is_good) << c.text;
  }
}

TEST(Json, RefusesWhatTwoReadersUnderstandDifferently) {
  EXPECT_EQ(faults_in<Change>(R"({"isOpen":true,"isOpen":false})"),
            "malformed\n: an object says a key twice at byte 29\n");
  EXPECT_EQ(faults_in<Change>(R"({"isOpen":true,"is\u004fpen":false})").substr(0, 9), "malformed");
  for (const std::string& text : {std::string("{\"topic\":\"\xff\"}"), std::string(R"({"topic":"\ud800"})"),
                                  std::string("{} {}"), std::string("{\"topic\":NaN}"), std::string("{,}"),
                                  std::string(""), std::string("{\"a\":1e999}"), std::string("{/**/}")}) {
    EXPECT_EQ(faults_in<Change>(text).substr(0, 9), "malformed") << text;
  }
}

TEST(Json, LimitsDepthAndNumberOfValues) {
  std::string deep(kMaxDepth + 1, '[');
  deep += std::string(kMaxDepth + 1, ']');
  EXPECT_EQ(faults_in<Raw>(deep).substr(0, 9), "malformed");
  EXPECT_EQ(faults_in<Raw>(deep.substr(1, deep.size() - 2)), "none");
  std::string wide = "[0";
  for (size_t i = 0; i < kMaxValues; ++i) wide += ",0";
  EXPECT_EQ(faults_in<Raw>(wide + "]").substr(0, 9), "malformed");
}

TEST(Json, LimitsLists) {
  EXPECT_EQ((faults_in<List<int, 2, 1>>("[1,2,3]")), ": more items than 2\n");
  EXPECT_EQ((faults_in<List<int, 2, 1>>("[]")), ": fewer items than 1\n");
  EXPECT_EQ((faults_in<Map<std::string, 1>>(R"({"a":"","b":""})")), ": more members than 1\n");
  EXPECT_EQ((faults_in<Map<std::string, 1>>(R"({"":""})")), "/: a key must be a line of 1 to 128 characters\n");
}

TEST(Json, HoldsIntegersToTheirRange) {
  EXPECT_EQ(faults_in<uint8_t>("255"), "none");
  EXPECT_EQ(faults_in<uint8_t>("256"), ": must be at most 255\n");
  EXPECT_EQ(faults_in<uint8_t>("-1"), ": must be at least 0\n");
  EXPECT_EQ(faults_in<uint8_t>("3.0"), "none");
  EXPECT_EQ(faults_in<uint8_t>("3.5"), ": expected an integer\n");
  EXPECT_EQ(faults_in<uint8_t>("\"3\""), ": expected an integer\n");
  EXPECT_EQ(faults_in<int64_t>("9223372036854775807"), "none");
  EXPECT_EQ(faults_in<int64_t>("9223372036854775808"), ": must be at most 9223372036854775807\n");
}

TEST(Json, ReadsDoublesToTheirLastDigit) {
  for (const double value : {7e-31, 0.1, 1.7976931348623157e308, 5e-324, -2.2250738585072014e-308, 1e22}) {
    EXPECT_EQ(parse<double>(to_json(value)).value(), value);
  }
  EXPECT_EQ(parse<double>("1e-999").value(), 0.0);
  EXPECT_FALSE(parse<double>("1e309"));
}

TEST(Json, ReadsMasksInOneSpellingOnly) {
  EXPECT_EQ(parse<Mask>("\"9007199254740993\"")->bits, 9007199254740993u);
  for (const char* bad : {"\"\"", "\"01\"", "\"-1\"", "\"18446744073709551616\"", "\"1 \"", "1"}) {
    EXPECT_FALSE(parse<Mask>(bad)) << bad;
  }
}

TEST(Json, WritesTextsThatAreAlwaysJson) {
  EXPECT_EQ(to_json(std::string("a\"\\\n\x01\x7f ş")), "\"a\\\"\\\\\\n\\u0001\x7f ş\"");
  EXPECT_EQ(to_json(std::string("a\xff\xc5")), "\"a\uFFFD\uFFFD\"");
  EXPECT_EQ(to_json(std::vector<double>{0.1, 1e300, std::numeric_limits<double>::infinity()}), "[0.1,1e+300,null]");
}

struct Filter {
  std::optional<Number<1, 100>> limit;
  std::optional<bool> is_new;
  std::optional<List<Kind, 3>> kinds;
  Text<1, 10> text;
};
BOOST_DESCRIBE_STRUCT(Filter, (), (limit, is_new, kinds, text))

TEST(Json, ReadsAQueryByTheTypesOfItsFields) {
  const auto filter =
      parse_query<Filter>({{"limit", "7"}, {"isNew", "true"}, {"kinds", "text,voice_message"}, {"text", "12"}});
  ASSERT_TRUE(filter) << faults_of(filter.error());
  EXPECT_EQ(filter->limit->value(), 7);
  EXPECT_EQ(filter->kinds->size(), 2u);
  EXPECT_EQ(filter->text.text(), "12");
}

TEST(Json, NamesTheParameterOfAQueryThatIsWrong) {
  const auto filter = parse_query<Filter>({{"limit", "1x"}, {"isNew", "yes"}, {"kinds", "a"}, {"page", "1"}});
  ASSERT_FALSE(filter);
  EXPECT_EQ(
      faults_of(filter.error()),
      "?limit: expected an integer\n?isNew: expected true or false\n?kinds/0: expected one of text voice_message\n"
      "?text: is missing\n?page: unknown field\n");
  EXPECT_EQ(faults_of(parse_query<Filter>({{"text", "\xff"}}).error()), "?text: must be UTF-8\n");
}

TEST(TimeText, ReadsAnyOffsetAndWritesUtc) {
  const std::pair<const char*, const char*> cases[] = {
      {"2026-11-20T16:36:00+04:00", "2026-11-20T12:36:00.000Z"},
      {"2024-02-29t23:59:59.9999z", "2024-02-29T23:59:59.999Z"},
      {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"},
      {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"},
  };
  for (const auto& [text, utc] : cases) EXPECT_EQ(format_time(parse_time(text).value()), utc);
}

TEST(TimeText, RefusesWhatIsNoTime) {
  for (const char* bad : {"", "2026-11-20", "2026-02-29T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T23:59:60Z",
                          "2026-11-20T12:00:00", "2026-11-20T12:00:00.Z", "2026-11-20 12:00:00Z",
                          "2026-11-20T12:00:00Zx", "2026-11-20T12:00:00.1234567890Z", "2026-11-20T12:00:00+0400"}) {
    EXPECT_FALSE(parse_time(bad)) << bad;
  }
}

TEST(Schema, DescribesAStructAsAComponent) {
  Schemas schemas;
  EXPECT_EQ(schema_of<Attachment>(schemas, Schemas::Use::kRequest), R"({"$ref":"#/components/schemas/Attachment"})");
  EXPECT_EQ(schemas.components(),
            R"("Attachment":{"type":"object","properties":{"fileName":{"type":"string","minLength":1,"maxLength":5,)"
            R"("pattern":"^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$"},)"
            R"("size":{"type":"integer","minimum":0,"maximum":100,"format":"int32"}},)"
            R"("required":["fileName","size"],"additionalProperties":false})");
}

TEST(Schema, IsJsonAndKeepsAnswersOpenToMoreFields) {
  Schemas schemas;
  schema_of<Message>(schemas, Schemas::Use::kAnswer);
  const std::string text = "{" + schemas.components() + "}";
  const boost::json::value all = boost::json::parse(text);
  EXPECT_TRUE(all.as_object().contains("Attachment"));
  EXPECT_FALSE(text.contains("additionalProperties\":false"));
  schema_of<Message>(schemas, Schemas::Use::kRequest);
  EXPECT_TRUE(schemas.components().contains("additionalProperties\":false"));
}

namespace other {
struct Attachment {
  int x = 0;
};
BOOST_DESCRIBE_STRUCT(Attachment, (), (x))
}  // namespace other

TEST(Schema, TellsTypesOfTheSameNameApart) {
  Schemas schemas;
  schema_of<Attachment>(schemas, Schemas::Use::kRequest);
  EXPECT_EQ(schema_of<other::Attachment>(schemas, Schemas::Use::kRequest),
            R"({"$ref":"#/components/schemas/Attachment2"})");
}

}  // namespace
}  // namespace parley::json

// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base64.h"
#include "media_tool/test_tool.h"

namespace parley::media_tool {
namespace {

constexpr const char* kTone = "-f lavfi -i sine=frequency=440:duration=2 ";
constexpr const char* kPictures = "-f lavfi -i testsrc2=size=640x360:duration=2:rate=15 ";

/// Which containers and codecs a browser or telephone gives us, and how ffmpeg makes them.
struct Form {
  std::string arguments;
  std::string name;
  std::string content_type;
  product::MediaKind kind;
};
const std::vector<Form>& forms() {
  using enum product::MediaKind;
  static const std::string tone = std::string(kTone) + "-ac 1 ";
  static const std::string film = std::string(kPictures) + kTone + "-shortest ";
  static const std::vector<Form> all{
      {tone + "-c:a libopus", "a.ogg", "audio/ogg", kAudio},
      {tone + "-c:a libvorbis", "b.ogg", "audio/ogg", kAudio},
      {tone + "-c:a libopus", "a.webm", "audio/webm", kAudio},
      {tone + "-c:a aac", "a.m4a", "audio/mp4", kAudio},
      {tone + "-c:a aac -movflags frag_keyframe+empty_moov", "a.mp4", "audio/mp4", kAudio},
      {tone + "-c:a aac", "a.aac", "audio/aac", kAudio},
      {tone + "-c:a libmp3lame", "a.mp3", "audio/mpeg", kAudio},
      {tone, "a.wav", "audio/wav", kAudio},
      {tone, "a.flac", "audio/flac", kAudio},
      {film + "-c:v libx264 -preset ultrafast -c:a aac", "v.mp4", "video/mp4", kVideo},
      {film + "-c:v libx264 -preset ultrafast -c:a aac", "v.mov", "video/quicktime", kVideo},
      {film + "-c:v libvpx -deadline realtime -cpu-used 8 -c:a libopus", "v.webm", "video/webm", kVideo},
      {film + "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus", "v9.webm", "video/webm", kVideo},
      {film + "-c:v libx264 -preset ultrafast -c:a aac", "v.mkv", "video/x-matroska", kVideo}};
  return all;
}

class Recordings : public ToolTest {};

TEST_F(Recordings, OfAllFormsAreKnownAndMeasured) {
  for (const Form& form : forms()) {
    const auto facts = examine(ffmpeg(form.arguments, form.name));
    ASSERT_TRUE(facts.has_value()) << form.name << facts.error().detail;
    EXPECT_EQ(facts->content_type, form.content_type) << form.name;
    EXPECT_EQ(facts->kind, form.kind) << form.name;
    EXPECT_NEAR(static_cast<double>(facts->duration_ms), 2000, 100) << form.name;
    EXPECT_EQ(facts->width, form.kind == product::MediaKind::kVideo ? 640 : 0) << form.name;
    EXPECT_EQ(facts->height, form.kind == product::MediaKind::kVideo ? 360 : 0) << form.name;
    const DerivedFile* poster = find(facts, DerivedRole::kPoster);
    EXPECT_EQ(poster != nullptr, form.kind == product::MediaKind::kVideo) << form.name;
    EXPECT_EQ(facts->blurhash.size(), form.kind == product::MediaKind::kVideo ? 28U : 0U) << form.name;
  }
}

TEST_F(Recordings, LoseTheirMetadataAndNothingElse) {
  for (const Form& form : forms()) {
    if (form.name == "a.aac") continue;  // It has no place for any.
    const std::string tags = "-metadata title='Where Ada lives' -metadata comment='Where Ada lives' ";
    const std::string file = ffmpeg(form.arguments + " " + tags, form.name);
    EXPECT_THAT(file, ::testing::HasSubstr("Where Ada lives")) << form.name;
    const auto facts = examine(file);
    ASSERT_TRUE(facts.has_value()) << form.name << facts.error().detail;
    const std::string clean = derived(facts, DerivedRole::kClean);
    ASSERT_FALSE(clean.empty()) << form.name;
    EXPECT_THAT(clean, ::testing::Not(::testing::HasSubstr("Where Ada lives"))) << form.name;
    const auto again = examine(clean);
    ASSERT_TRUE(again.has_value()) << form.name << again.error().detail;
    EXPECT_EQ(again->content_type, form.content_type);
    EXPECT_NEAR(static_cast<double>(again->duration_ms), static_cast<double>(facts->duration_ms), 50) << form.name;
    EXPECT_EQ(find(again, DerivedRole::kClean), nullptr) << form.name;
  }
}

TEST_F(Recordings, LoseThePlaceWhereTheyWereMade) {
  const std::string file = ffmpeg(
      std::string(kPictures) + "-c:v libx264 -preset ultrafast -metadata location='+41.0082+028.9784/'", "v.mov");
  EXPECT_THAT(file, ::testing::HasSubstr("+41.0082"));
  const auto facts = examine(file);
  const std::string clean = derived(facts, DerivedRole::kClean);
  ASSERT_FALSE(clean.empty());
  EXPECT_THAT(clean, ::testing::Not(::testing::HasSubstr("+41.0082")));
}

TEST_F(Recordings, LoseTheirSubtitlesWhichMayHoldPlaces) {
  std::ofstream(path("s.srt")) << "1\n00:00:00,000 --> 00:00:01,000\nGPS(49.8,40.4)\n\n";
  const std::string file = ffmpeg(
      std::string(kPictures) + "-i '" + path("s.srt") + "' -c:v libx264 -preset ultrafast -c:s mov_text", "v.mp4");
  EXPECT_THAT(file, ::testing::HasSubstr("GPS(49.8"));
  const std::string clean = derived(examine(file), DerivedRole::kClean);
  ASSERT_FALSE(clean.empty());
  EXPECT_THAT(clean, ::testing::Not(::testing::HasSubstr("GPS(49.8")));
}

TEST_F(Recordings, AreMeasuredAndShownAsTurned) {
  ffmpeg(std::string(kPictures) + "-c:v libx264 -preset ultrafast", "flat.mp4");
  const std::string file = ffmpeg("-i '" + path("flat.mp4") + "' -c copy -metadata:s:v rotate=90", "turned.mp4");
  const auto facts = examine(file);
  ASSERT_TRUE(facts.has_value()) << facts.error().detail;
  EXPECT_EQ(facts->width, 360);
  EXPECT_EQ(facts->height, 640);
  const DerivedFile* poster = find(facts, DerivedRole::kPoster);
  ASSERT_NE(poster, nullptr);
  EXPECT_EQ(poster->width, 360);
  EXPECT_EQ(poster->height, 640);
}

TEST_F(Recordings, WithoutTheirEndsAreUnreadableOrShorter) {
  for (const Form& form : forms()) {
    const std::string file = ffmpeg(form.arguments, form.name);
    for (const size_t part : {10, 4, 2}) {
      const auto facts = examine(file.substr(0, file.size() / part));
      if (facts) {
        EXPECT_LE(facts->duration_ms, 2200) << form.name;
      } else {
        EXPECT_EQ(problem_of(facts), "media_unreadable") << form.name;
      }
    }
  }
}

/// A port of this machine on which nobody may knock.
class Trap {
 public:
  Trap() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    PARLEY_CHECK(::bind(fd_, static_cast<sockaddr*>(static_cast<void*>(&address)), size) == 0 && ::listen(fd_, 8) == 0);
    PARLEY_CHECK(::getsockname(fd_, static_cast<sockaddr*>(static_cast<void*>(&address)), &size) == 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  }
  ~Trap() { ::close(fd_); }
  Trap(const Trap&) = delete;
  Trap& operator=(const Trap&) = delete;
  const std::string& url() const { return url_; }
  bool was_touched() const {
    pollfd wait{fd_, POLLIN, 0};
    return ::poll(&wait, 1, 0) != 0;
  }

 private:
  int fd_;
  std::string url_;
};

TEST_F(Recordings, FollowNoPlaylists) {
  const Trap trap;
  const std::string playlist =
      "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\n" + trap.url() + "a.ts\n#EXT-X-ENDLIST\n";
  const auto facts = examine(playlist);
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->kind, product::MediaKind::kOther);
  EXPECT_EQ(problem_of(listen(playlist)), "media_unreadable");
  // With the first bytes of an MP4, as a careless reader would take them.
  EXPECT_EQ(problem_of(examine(std::string("\0\0\0\x10"
                                           "ftypisom\0\0\2\0",
                                           16) +
                               playlist)),
            "media_unreadable");
  const std::string concat = "ffconcat version 1.0\nfile '" + trap.url() + "a'\n";
  EXPECT_EQ(examine(concat)->kind, product::MediaKind::kOther);
  EXPECT_FALSE(trap.was_touched());
}

TEST_F(Recordings, FollowNoReferencesToElsewhere) {
  const Trap trap;
  std::string file = ffmpeg(std::string(kPictures) + "-c:v libx264 -preset ultrafast", "v.mp4");
  // The data reference box says "in this file" (flag 1, no address). Here it names an address, in the place of the
  // handler box behind it, whose size is given up for it.
  size_t at = 0;
  ASSERT_NE(at = file.find(std::string("url \0\0\0\1", 8)), std::string::npos);
  const std::string url = trap.url() + std::string(1, '\0');
  file[at - 1] = static_cast<char>(12 + url.size());
  file[at + 7] = 0;
  file.replace(at + 8, url.size(), url);
  const auto facts = examine(file);
  EXPECT_TRUE(facts || problem_of(facts) == "media_unreadable");
  EXPECT_FALSE(trap.was_touched());
}

TEST_F(Recordings, OfTooManyPixelsAreRefused) {
  std::string file = ffmpeg(std::string(kPictures) + "-c:v libvpx -deadline realtime -cpu-used 8", "v.webm");
  // PixelWidth (B0) and PixelHeight (BA) say 640x360; they shall say 65535x65535, of a codec that nobody knows.
  const auto replace = [&](const std::string& old, const std::string& by) {
    const size_t at = file.find(old);
    ASSERT_NE(at, std::string::npos);
    file.replace(at, by.size(), by);
  };
  replace(std::string("\xb0\x82\x02\x80", 4), "\xb0\x82\xff\xff");
  replace(std::string("\xba\x82\x01\x68", 4), "\xba\x82\xff\xff");
  replace("V_VP8", "V_VPX");
  EXPECT_EQ(problem_of(examine(file)), "media_too_large");
}

class Voice : public ToolTest {
 protected:
  static size_t parts_of(const MediaFacts& facts) {
    return base64_decode(facts.waveform).value_or(ByteVector()).size();
  }
};

TEST_F(Voice, OfEveryRecorderHasADurationAWaveformAndAPlayableForm) {
  const std::string tone = std::string(kTone) + "-ac 1 ";
  // Chromium and Firefox, without and with a duration in the header, and Safari, which writes fragments.
  ffmpeg(tone + "-c:a libopus", "o.webm");
  const std::vector<std::string> recordings{
      ffmpeg(tone + "-c:a libopus", "v.ogg"), ffmpeg(tone + "-c:a libopus", "v.webm"),
      ffmpeg("-i '" + path("o.webm") + "' -c copy -f webm -live 1", "live.webm"),
      ffmpeg(tone + "-c:a aac -movflags frag_keyframe+empty_moov+default_base_moof", "v.mp4")};
  for (const std::string& recording : recordings) {
    const auto facts = listen(recording);
    ASSERT_TRUE(facts.has_value()) << facts.error().detail;
    EXPECT_NEAR(static_cast<double>(facts->duration_ms), 2000, 60);
    EXPECT_EQ(parts_of(*facts), 64U);
    const DerivedFile* playable = find(facts, DerivedRole::kPlayable);
    ASSERT_NE(playable, nullptr);
    EXPECT_EQ(playable->content_type, "audio/mp4");
    const auto again = listen(derived(facts, DerivedRole::kPlayable));
    ASSERT_TRUE(again.has_value()) << again.error().detail;
    EXPECT_EQ(find(again, DerivedRole::kPlayable), nullptr);
    EXPECT_EQ(find(again, DerivedRole::kClean), nullptr);
    EXPECT_NEAR(static_cast<double>(again->duration_ms), static_cast<double>(facts->duration_ms), 60);
  }
}

TEST_F(Voice, ThatIsPlainAacStaysAsItIs) {
  const auto facts = listen(ffmpeg(std::string(kTone) + "-c:a aac", "v.m4a"));
  ASSERT_TRUE(facts.has_value()) << facts.error().detail;
  EXPECT_EQ(facts->content_type, "audio/mp4");
  EXPECT_EQ(find(facts, DerivedRole::kPlayable), nullptr);
}

TEST_F(Voice, ShowsWhereItIsLoudAndWhereSilent) {
  const auto facts = listen(
      ffmpeg("-f lavfi -i \"aevalsrc='if(lt(t,10),0,0.8*sin(2*PI*300*t))':d=20:s=48000\" -c:a libopus", "v.ogg"));
  ASSERT_TRUE(facts.has_value()) << facts.error().detail;
  const auto bars = base64_decode(facts->waveform);
  ASSERT_TRUE(bars.has_value());
  ASSERT_GE(bars->size(), 64U);
  ASSERT_LE(bars->size(), 256U);
  for (size_t i = 0; i < bars->size() / 2 - 2; ++i) EXPECT_LE(bars->at(i), 8) << i;
  for (size_t i = bars->size() / 2 + 2; i < bars->size() - 2; ++i) EXPECT_NEAR(bars->at(i), 204, 30) << i;
}

TEST_F(Voice, IsOneSoundAndNothingElse) {
  const std::string tone = kTone;
  EXPECT_EQ(
      problem_of(listen(ffmpeg(std::string(kPictures) + tone + "-c:v libx264 -preset ultrafast -c:a aac", "v.mp4"))),
      "media_unreadable");
  EXPECT_EQ(problem_of(listen(ffmpeg(tone + "-map 0 -map 0 -c:a libopus", "two.webm"))), "media_unreadable");
  EXPECT_EQ(problem_of(listen(ffmpeg(tone, "v.mp3"))), "media_unreadable");
  EXPECT_EQ(problem_of(listen(ffmpeg(tone + "-c:a libvorbis", "v.ogg"))), "media_unreadable");
  EXPECT_EQ(problem_of(listen("hello")), "media_unreadable");
  EXPECT_EQ(problem_of(listen("")), "media_unreadable");
}

TEST_F(Voice, IsAtMostAQuarterOfAnHourLong) {
  const std::string silence = "-f lavfi -i anullsrc=r=48000:cl=mono -c:a libopus -b:a 6k -compression_level 0 -t ";
  EXPECT_EQ(problem_of(listen(ffmpeg(silence + "901", "long.ogg"))), "media_too_large");
  const auto facts = listen(ffmpeg(silence + "899", "short.ogg"));
  ASSERT_TRUE(facts.has_value()) << facts.error().detail;
  EXPECT_EQ(facts->duration_ms / 1000, 899);
  EXPECT_EQ(parts_of(*facts), 256U);
}

}  // namespace
}  // namespace parley::media_tool

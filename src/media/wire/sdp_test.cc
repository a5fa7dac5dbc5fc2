#include "media/wire/sdp.h"

#include <gtest/gtest.h>

#include "media/wire/sdp_samples.h"

namespace parley::wire {
namespace {

using Code = SdpError::Code;

/// With CRLF line ends, as on the wire.
std::string with_crlf(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') result += '\r';
    result += c;
  }
  return result;
}

SessionDescription parse_or_fail(std::string_view text) {
  const auto session = parse_sdp(text);
  EXPECT_TRUE(session.has_value()) << to_string(session.error());
  return session.value_or(SessionDescription{});
}

constexpr std::string_view kHead = "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\n";
constexpr std::string_view kAudio = "m=audio 9 UDP/TLS/RTP/SAVPF 111\n";

/// The session-level and one audio section with `lines` in it.
std::string audio_with(std::string_view lines) { return std::string(kHead) + std::string(kAudio) + std::string(lines); }

SdpError error_of(std::string_view text) {
  const auto session = parse_sdp(text);
  EXPECT_FALSE(session.has_value());
  return session.has_value() ? SdpError{} : session.error();
}

TEST(Sdp, ReadsTheSessionPartOfAChromiumOffer) {
  const auto s = parse_or_fail(with_crlf(kChromiumOffer));
  EXPECT_EQ(s.origin, (SdpOrigin{"-", 4611732188226401512u, 2}));
  ASSERT_NE(s.bundle(), nullptr);
  EXPECT_EQ(s.bundle()->mids.size(), 8u);
  EXPECT_TRUE(s.extmap_allow_mixed);
  EXPECT_EQ(s.msid_semantic, "WMS 6f1b7a0e");
  EXPECT_FALSE(s.ice_lite);
  ASSERT_EQ(s.media.size(), 8u);
  EXPECT_EQ(s.section("7"), &s.media[7]);
  EXPECT_EQ(s.section("8"), nullptr);
}

TEST(Sdp, ReadsAnAudioSection) {
  const auto s = parse_or_fail(with_crlf(kChromiumOffer));
  const MediaSection& audio = s.media[0];
  EXPECT_EQ(audio.kind, MediaKind::kAudio);
  EXPECT_EQ(audio.direction, Direction::kRecvOnly);
  EXPECT_EQ(audio.mid, "0");
  EXPECT_TRUE(audio.rtcp_mux);
  EXPECT_TRUE(audio.rtcp_rsize);
  EXPECT_EQ(audio.transport.ice_ufrag, "Zk3P");
  EXPECT_EQ(audio.transport.setup, SetupRole::kActPass);
  ASSERT_TRUE(audio.transport.fingerprint.has_value());
  EXPECT_EQ(audio.transport.fingerprint->algorithm, "sha-256");
  EXPECT_EQ(audio.transport.fingerprint->digest.size(), 32u);
  EXPECT_EQ(audio.transport.fingerprint->digest[1], 0x1b);
  ASSERT_EQ(audio.codecs.size(), 8u);
  EXPECT_EQ(audio.codecs[0], (SdpCodec{111, "opus", 48000, 2, "minptime=10;useinbandfec=1", {"transport-cc"}}));
  EXPECT_EQ(audio.codec(63)->fmtp, "111/111");
  EXPECT_EQ(audio.codec(97), nullptr);
  ASSERT_EQ(audio.extmaps.size(), 4u);
  EXPECT_EQ(audio.extmaps[3], (SdpExtmap{4, "urn:ietf:params:rtp-hdrext:sdes:mid", std::nullopt}));
}

TEST(Sdp, APayloadTypeWithoutRtpmapTakesItsStaticMeaning) {
  const auto s = parse_or_fail(with_crlf(kChromiumOffer));
  EXPECT_EQ(s.media[1].codec(0)->name, "PCMU");
  EXPECT_EQ(s.media[1].codec(0)->clock_rate, 8000u);
}

TEST(Sdp, BundleOnlyIsNotARejection) {
  const auto s = parse_or_fail(with_crlf(kChromiumOffer));
  EXPECT_EQ(s.media[2].port, 0);
  EXPECT_FALSE(s.media[2].is_rejected());
  EXPECT_TRUE(parse_or_fail(std::string(kHead) + "m=audio 0 UDP/TLS/RTP/SAVPF 0\n").media[0].is_rejected());
}

TEST(Sdp, ReadsFeedbackAndRetransmissionOfVideo) {
  const auto s = parse_or_fail(with_crlf(kChromiumOffer));
  const SdpCodec* vp8 = s.media[3].codec(96);
  ASSERT_NE(vp8, nullptr);
  EXPECT_TRUE(vp8->has_feedback("nack pli"));
  EXPECT_TRUE(vp8->has_feedback("ccm fir"));
  EXPECT_FALSE(vp8->has_feedback("ack"));
  EXPECT_EQ(fmtp_value(s.media[3].codec(97)->fmtp, "apt"), "96");
}

TEST(Sdp, ReadsSsrcsGroupsAndMsid) {
  const auto s = parse_or_fail(with_crlf(kChromiumOffer));
  const MediaSection& video = s.media[5];
  EXPECT_EQ(video.msid, (Msid{"6f1b7a0e", "9d2c51f3"}));
  ASSERT_EQ(video.ssrcs.size(), 2u);
  EXPECT_EQ(video.ssrcs[1], (SdpSsrc{632943048, "4TOk42mSjXCkVIa6", Msid{"6f1b7a0e", "9d2c51f3"}}));
  ASSERT_EQ(video.ssrc_groups.size(), 1u);
  EXPECT_EQ(video.ssrc_groups[0], (SdpSsrcGroup{"FID", {2231627014, 632943048}}));
}

TEST(Sdp, ReadsSimulcast) {
  const auto s = parse_or_fail(with_crlf(kChromiumOffer));
  const MediaSection& video = s.media[6];
  ASSERT_EQ(video.rids.size(), 3u);
  EXPECT_EQ(video.rids[0], (SdpRid{"q", RidDirection::kSend, ""}));
  ASSERT_TRUE(video.simulcast.has_value());
  EXPECT_EQ(video.simulcast->send, (std::vector<SimulcastRid>{{"q", false}, {"h", false}, {"f", true}}));
  EXPECT_TRUE(video.simulcast->recv.empty());
}

TEST(Sdp, ReadsDataChannels) {
  const auto s = parse_or_fail(with_crlf(kChromiumOffer));
  const MediaSection& data = s.media[7];
  EXPECT_EQ(data.kind, MediaKind::kApplication);
  EXPECT_EQ(data.protocol, "UDP/DTLS/SCTP");
  EXPECT_EQ(data.format, "webrtc-datachannel");
  EXPECT_EQ(data.sctp_port, 5000);
  EXPECT_EQ(data.max_message_size, 262144u);
}

TEST(Sdp, ReadsAFirefoxOffer) {
  const auto s = parse_or_fail(kFirefoxOffer);
  EXPECT_EQ(s.origin.username, "mozilla...THIS_IS_SDPARTA-99.0");
  EXPECT_EQ(s.msid_semantic, "WMS *");
  ASSERT_EQ(s.media.size(), 3u);
  EXPECT_EQ(s.media[0].direction, Direction::kSendRecv) << "inherited from the session";
  EXPECT_EQ(s.media[0].codecs[0].name, "opus");
  EXPECT_EQ(s.media[0].codecs[0].fmtp, "maxplaybackrate=48000;stereo=1;useinbandfec=1") << "fmtp came before rtpmap";
  EXPECT_EQ(s.media[0].extmaps[1].direction, Direction::kRecvOnly);
  EXPECT_EQ(s.media[0].ssrcs[0].cname, "{8f3a9b10-aaaa}");
  EXPECT_FALSE(s.media[0].ssrcs[0].msid.has_value());
  EXPECT_TRUE(s.media[1].codec(120)->has_feedback("transport-cc")) << "wildcard";
  EXPECT_TRUE(s.media[1].codec(124)->has_feedback("transport-cc")) << "wildcard";
}

TEST(Sdp, ReadsCandidatesAndDropsThoseOfUnknownTransport) {
  const auto s = parse_or_fail(kFirefoxOffer);
  ASSERT_EQ(s.media[0].candidates.size(), 2u);
  EXPECT_EQ(s.media[0].candidates[1].tcp_type, TcpType::kActive);
  EXPECT_TRUE(s.media[0].end_of_candidates);
  EXPECT_FALSE(s.media[1].end_of_candidates);
}

TEST(Sdp, TransportAttributesFallBackToTheSession) {
  const auto s = parse_or_fail(kFirefoxOffer);
  const SdpTransport t = s.transport_of(s.media[1]);
  EXPECT_EQ(t.ice_ufrag, "8d1c2f3a");
  ASSERT_TRUE(t.fingerprint.has_value());
  EXPECT_EQ(t.fingerprint->algorithm, "sha-256") << "preferred to the sha-1 before it";
  EXPECT_EQ(t.ice_options, std::vector<std::string>{"trickle"});
  EXPECT_EQ(t.setup, SetupRole::kActPass);
}

TEST(Sdp, BothOffersSurviveTheRoundTrip) {
  for (const std::string_view text : {kChromiumOffer, kFirefoxOffer}) {
    const auto session = parse_or_fail(text);
    const auto again = parse_sdp(serialize(session));
    ASSERT_TRUE(again.has_value()) << to_string(again.error());
    EXPECT_EQ(*again, session);
  }
}

TEST(Sdp, ABuiltAnswerReadsBackAsBuilt) {
  SessionDescription answer;
  answer.origin = {"-", 77, 3};
  answer.groups = {{"BUNDLE", {"0", "1"}}};
  answer.ice_lite = true;
  answer.transport.fingerprint = Fingerprint{"sha-256", ByteVector(32, 0xab)};
  MediaSection& video = answer.media.emplace_back();
  video.kind = MediaKind::kVideo;
  video.mid = "0";
  video.direction = Direction::kRecvOnly;
  video.transport = {"ufrag", "a-password-of-22-chars", {"trickle"}, std::nullopt, SetupRole::kPassive};
  video.codecs = {{96, "VP8", 90000, 1, "", {"nack", "nack pli"}}, {97, "rtx", 90000, 1, "apt=96", {}}};
  video.extmaps = {{10, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", Direction::kRecvOnly}};
  video.rids = {{"q", RidDirection::kRecv, "pt=96;max-width=640"}, {"h", RidDirection::kRecv, ""}};
  video.simulcast = Simulcast{{}, {{"q", false}, {"h", true}}};
  video.candidates = {*parse_candidate("candidate:1 1 udp 2130706431 203.0.113.9 7882 typ host")};
  video.end_of_candidates = true;
  video.rtcp_mux = true;
  MediaSection& data = answer.media.emplace_back();
  data.kind = MediaKind::kApplication;
  data.protocol = "UDP/DTLS/SCTP";
  data.format = "webrtc-datachannel";
  data.mid = "1";
  data.sctp_port = 5000;
  EXPECT_EQ(parse_or_fail(serialize(answer)), answer);
}

TEST(Sdp, WritesTheLinesOfASmallSection) {
  SessionDescription s;
  MediaSection& audio = s.media.emplace_back();
  audio.mid = "a";
  audio.direction = Direction::kSendOnly;
  audio.codecs = {{111, "opus", 48000, 2, "useinbandfec=1", {"nack"}}};
  audio.msid = Msid{"PA_1|TR_2", "TR_2"};
  audio.ssrcs = {{5, "PA_1|TR_2", audio.msid}};
  EXPECT_EQ(serialize(s),
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:a\r\na=sendonly\r\na=msid:PA_1|TR_2 TR_2\r\n"
            "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\na=fmtp:111 useinbandfec=1\r\n"
            "a=ssrc:5 cname:PA_1|TR_2\r\na=ssrc:5 msid:PA_1|TR_2 TR_2\r\n");
}

TEST(Sdp, LineBreaksInAValueCannotAddLines) {
  SessionDescription s;
  MediaSection& audio = s.media.emplace_back();
  audio.codecs = {{111, "opus", 48000, 2, "", {}}};
  audio.mid = "0\r\na=candidate:evil";
  EXPECT_EQ(parse_or_fail(serialize(s)).media[0].mid, "0__a=candidate:evil");
}

TEST(Sdp, TenThousandMediaLinesAreAQuickClearError) {
  std::string text(kHead);
  for (int i = 0; i < 10'000; ++i) text += kAudio;
  const SdpError error = error_of(text);
  EXPECT_EQ(error.code, Code::kTooManyMediaSections);
  EXPECT_EQ(to_string(error), "line 505: there are too many m-lines");
}

TEST(Sdp, AsManyMediaLinesAsTheLimitAreRead) {
  std::string text(kHead);
  for (size_t i = 0; i < kSdpMaxMediaSections; ++i) text += kAudio;
  EXPECT_EQ(parse_or_fail(text).media.size(), kSdpMaxMediaSections);
}

TEST(Sdp, TextAndLinesAreBounded) {
  EXPECT_EQ(error_of(std::string(kSdpMaxText + 1, 'x')), (SdpError{Code::kTextTooLong, 0}));
  EXPECT_EQ(error_of(audio_with("a=x:" + std::string(kSdpMaxLine, 'y'))), (SdpError{Code::kLineTooLong, 6}));
}

TEST(Sdp, PayloadTypesAreBoundedAndRepeatsAreDropped) {
  std::string line = "m=audio 9 UDP/TLS/RTP/SAVPF";
  for (size_t i = 0; i < kSdpMaxPayloadTypes; ++i) line += " 111";
  EXPECT_EQ(parse_or_fail(std::string(kHead) + line + "\n").media[0].codecs.size(), 1u);
  EXPECT_EQ(error_of(std::string(kHead) + line + " 111\n").code, Code::kTooManyPayloadTypes);
}

/// `count` lines made from their number.
template <class F>
std::string repeat(size_t count, F&& line) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += line(std::to_string(i + 1)) + "\n";
  return text;
}

TEST(Sdp, ListsOfASectionAreBounded) {
  const auto extmap = [](const std::string& n) { return "a=extmap:" + n + " urn:x"; };
  EXPECT_TRUE(parse_sdp(audio_with(repeat(kSdpMaxExtmaps, extmap))).has_value());
  EXPECT_EQ(error_of(audio_with(repeat(kSdpMaxExtmaps + 1, extmap))).code, Code::kTooManyExtmaps);
  const auto ssrc = [](const std::string& n) { return "a=ssrc:" + n + " cname:c"; };
  EXPECT_TRUE(parse_sdp(audio_with(repeat(kSdpMaxSsrcs, ssrc))).has_value());
  EXPECT_EQ(error_of(audio_with(repeat(kSdpMaxSsrcs + 1, ssrc))).code, Code::kTooManySsrcs);
  const auto group = [](const std::string& n) { return "a=ssrc-group:FID " + n; };
  EXPECT_EQ(error_of(audio_with(repeat(kSdpMaxSsrcGroups + 1, group))).code, Code::kTooManyItems);
  const auto rid = [](const std::string& n) { return "a=rid:" + n + " send"; };
  EXPECT_EQ(error_of(audio_with(repeat(kSdpMaxRids + 1, rid))).code, Code::kTooManyItems);
  const auto feedback = [](const std::string& n) { return "a=rtcp-fb:111 x" + n; };
  EXPECT_EQ(error_of(audio_with(repeat(kSdpMaxFeedbackPerCodec + 1, feedback))).code, Code::kTooManyItems);
  const auto candidate = [](const std::string& n) { return "a=candidate:" + n + " 1 udp 1 192.0.2.1 1 typ host"; };
  EXPECT_EQ(error_of(audio_with(repeat(kSdpMaxCandidates + 1, candidate))).code, Code::kTooManyItems);
}

TEST(Sdp, MalformedLinesAreNamedByNumber) {
  EXPECT_EQ(error_of(""), (SdpError{Code::kBadVersion, 0}));
  EXPECT_EQ(error_of("v=1\n"), (SdpError{Code::kBadVersion, 1}));
  EXPECT_EQ(error_of("v=0\n"), (SdpError{Code::kBadOrigin, 0}));
  EXPECT_EQ(error_of("v=0\no=- x 1 IN IP4 0\n"), (SdpError{Code::kBadOrigin, 2}));
  EXPECT_EQ(error_of(audio_with("nonsense\n")), (SdpError{Code::kMalformedLine, 6}));
  EXPECT_EQ(error_of(audio_with("a=x\ry\n")), (SdpError{Code::kMalformedLine, 6}));
  EXPECT_EQ(error_of(std::string(kHead) + "m=text 9 RTP/AVP 98\n").code, Code::kUnsupportedKind);
  EXPECT_EQ(error_of(std::string(kHead) + "m=audio 9 RTP/AVP 128\n").code, Code::kBadMedia);
  EXPECT_EQ(error_of(std::string(kHead) + "m=audio 9 RTP/AVP\n").code, Code::kBadMedia);
  EXPECT_EQ(error_of(std::string(kHead) + "m=audio 70000 RTP/AVP 0\n").code, Code::kBadMedia);
}

TEST(Sdp, MalformedKnownAttributesAreErrors) {
  for (const std::string_view line :
       {"a=rtpmap:111 opus\n", "a=rtpmap:111 opus/x\n", "a=rtpmap:111 opus/48000/0\n", "a=extmap:x urn:y\n",
        "a=extmap:1/sideways urn:y\n", "a=ssrc:x cname:y\n", "a=ssrc-group:FID x\n", "a=rid:q both\n", "a=simulcast:\n",
        "a=simulcast:send ;q\n", "a=fingerprint:sha-256 XY\n", "a=setup:maybe\n", "a=sctp-port:x\n", "a=mid:\n",
        "a=max-message-size:-1\n", "a=ice-ufrag:\n", "a=msid:\n"}) {
    EXPECT_EQ(error_of(audio_with(line)), (SdpError{Code::kBadAttribute, 6})) << line;
  }
}

TEST(Sdp, UnknownAttributesAndUselessOnesAreIgnored) {
  const auto plain = parse_or_fail(audio_with(""));
  EXPECT_EQ(parse_or_fail(audio_with("b=AS:500\na=unknown\na=x-y:z\na=rtpmap:5 DVI4/8000\na=fmtp:5 x\n"
                                     "a=rtcp-fb:5 nack\na=extmap:4096 urn:x\na=candidate:garbage\n")),
            plain);
}

TEST(Sdp, SimulcastTakesTheDraftFormAndTheFirstAlternative) {
  const auto s = parse_or_fail(audio_with("a=simulcast: send rid=q,x;~h recv a\n"));
  EXPECT_EQ(s.media[0].simulcast->send, (std::vector<SimulcastRid>{{"q", false}, {"h", true}}));
  EXPECT_EQ(s.media[0].simulcast->recv, (std::vector<SimulcastRid>{{"a", false}}));
}

TEST(Sdp, FmtpValuesAreFoundByKey) {
  EXPECT_EQ(fmtp_value("minptime=10; useinbandfec=1", "UseInbandFec"), "1");
  EXPECT_EQ(fmtp_value("apt=96", "apt"), "96");
  EXPECT_EQ(fmtp_value("111/111", "apt"), std::nullopt);
  EXPECT_EQ(fmtp_value("", "apt"), std::nullopt);
}

TEST(Sdp, AnAnswererSeesTheDirectionReversed) {
  EXPECT_EQ(reversed(Direction::kSendOnly), Direction::kRecvOnly);
  EXPECT_EQ(reversed(Direction::kRecvOnly), Direction::kSendOnly);
  EXPECT_EQ(reversed(Direction::kSendRecv), Direction::kSendRecv);
  EXPECT_EQ(reversed(Direction::kInactive), Direction::kInactive);
}

}  // namespace
}  // namespace parley::wire

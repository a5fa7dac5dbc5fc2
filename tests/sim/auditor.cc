#include "sim/auditor.h"

#include <functional>
#include <string_view>

#include "media/wire/demux.h"
#include "media/wire/rtp.h"
#include "media/wire/sdp.h"

namespace parley::sim {
namespace {
/// A fault that repeats is told often enough by its first cases.
constexpr size_t kMaxViolations = 20;
constexpr uint8_t kPaddingBit = 0x20;  ///< RFC 3550 section 5.1.
}  // namespace

void Auditor::report(std::string text) {
  if (violations_.size() < kMaxViolations) violations_.push_back(name_ + ": " + std::move(text));
}

void Auditor::forget_idle() {
  std::erase_if(streams_, [](const auto& entry) { return entry.second.is_idle; });
  for (auto& [ssrc, stream] : streams_) stream.is_idle = true;
}

void Auditor::on_description(const livekit::pb::SessionDescription& description) {
  const auto parsed = wire::parse_sdp(description.sdp());
  if (!parsed) {
    report("a description does not parse: " + wire::to_string(parsed.error()));
    return;
  }
  for (const wire::MediaSection& section : parsed->media) {
    for (const wire::SdpSsrc& ssrc : section.ssrcs) announced_.insert(ssrc.ssrc);
  }
}

void Auditor::on_datagram(ByteView datagram) {
  const auto kind = wire::classify(datagram);
  if (kind == wire::PacketKind::kRtp) on_rtp(datagram);
  if (kind == wire::PacketKind::kRtcp) on_rtcp(datagram);
}

void Auditor::on_rtp(ByteView datagram) {
  ++rtp_packets_;
  // The count behind the padding bit is encrypted: only the header can be read.
  ByteVector readable(datagram.begin(), datagram.end());
  readable[0] &= static_cast<uint8_t>(~kPaddingBit);
  const auto rtp = wire::parse_rtp(readable);
  if (!rtp) return report("an RTP packet does not parse");
  if (!announced_.contains(rtp->ssrc)) return report("ssrc " + std::to_string(rtp->ssrc) + " is in no description");
  Stream& stream = streams_[rtp->ssrc];
  // RFC 3711 section 3.3.1: who misses the packets before a roll-over near the start can decrypt none after it.
  if (stream.newest < 0 && rtp->sequence_number > 0x7fff) {
    report("ssrc " + std::to_string(rtp->ssrc) + " begins with " + std::to_string(rtp->sequence_number));
  }
  const int64_t sequence = stream.unwrapper.unwrap(rtp->sequence_number) + 65536;
  if (stream.newest >= 0 && sequence <= stream.newest - static_cast<int64_t>(kWindow)) {
    return report("number " + std::to_string(sequence) + " long after " + std::to_string(stream.newest));
  }
  if (stream.newest >= 0 && sequence > stream.newest + kMaxJump) {
    return report("numbers jump from " + std::to_string(stream.newest) + " to " + std::to_string(sequence));
  }
  stream.is_idle = false;
  stream.newest = std::max(stream.newest, sequence);
  // What is encrypted alike is alike: the nonce depends on stream and number only.
  const uint64_t hash = std::hash<std::string_view>{}(as_text(datagram));
  Sent& sent = stream.window[static_cast<size_t>(sequence) % kWindow];
  if (sent.sequence == sequence && sent.hash != hash) {
    report("number " + std::to_string(sequence) + " of ssrc " + std::to_string(rtp->ssrc) + " has two contents");
  }
  sent = {sequence, hash};
}

void Auditor::on_rtcp(ByteView datagram) {
  // RFC 7714 section 9.4: with GCM the index and its E flag are the last four bytes.
  if (datagram.size() < 4) return report("a short RTCP packet");
  ByteReader reader(datagram.last(4));
  const auto index = static_cast<int64_t>(reader.u32() & 0x7fffffff);
  if (index <= newest_rtcp_) report("SRTCP index " + std::to_string(index) + " after " + std::to_string(newest_rtcp_));
  newest_rtcp_ = index;
}

}  // namespace parley::sim

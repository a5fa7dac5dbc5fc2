#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/sequence.h"
#include "media/livekit/proto/rtc.pb.h"

namespace parley::sim {

/// Watches everything the server sends to one peer connection, as it goes on the wire, for what may never happen:
/// a number of an SRTP stream used twice for different bytes, an SRTCP index used twice, a stream that no description
/// to this participant names.
class Auditor {
 public:
  explicit Auditor(std::string name) : name_(std::move(name)) {}

  void on_description(const livekit::pb::SessionDescription& description);
  void on_datagram(ByteView datagram);

  /// Forgets streams of which nothing came since the last call.
  void forget_idle();

  const std::vector<std::string>& violations() const { return violations_; }
  uint64_t rtp_packets() const { return rtp_packets_; }

 private:
  /// Numbers looked back at. Older ones may not be used again at all.
  static constexpr size_t kWindow = 2048;
  /// What is sent in the 15 s until a silent peer has failed, 200 packets a second, and as much again. RFC 3711 allows
  /// half of all numbers to be lost in a row; a mistake of ours jumps anywhere.
  static constexpr int64_t kMaxJump = 6000;
  struct Sent {
    int64_t sequence = -1;
    uint64_t hash = 0;
  };
  struct Stream {
    Unwrapper<uint16_t> unwrapper;
    int64_t newest = -1;
    bool is_idle = false;
    std::vector<Sent> window = std::vector<Sent>(kWindow);
  };
  void on_rtp(ByteView datagram);
  void on_rtcp(ByteView datagram);
  void report(std::string text);

  std::string name_;
  std::set<uint32_t> announced_;
  std::unordered_map<uint32_t, Stream> streams_;
  int64_t newest_rtcp_ = -1;
  uint64_t rtp_packets_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace parley::sim

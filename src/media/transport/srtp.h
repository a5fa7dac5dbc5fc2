#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "media/transport/srtp_cipher.h"
#include "media/transport/ssrc_table.h"

namespace parley::transport {

/// Why a packet was refused. One counter per cause in SrtpErrorCounts.
enum class SrtpError : uint8_t {
  kTooShort,        ///< Shorter than its own header and tag.
  kTooLong,         ///< Longer than kSrtpMaxPacket.
  kAuth,            ///< The tag does not fit: tampered with, or the wrong keys.
  kReplay,          ///< Seen before, or older than the replay window.
  kTooManyStreams,  ///< The session already has its most SSRCs.
  kNotEncrypted,    ///< SRTCP with E = 0, which no WebRTC endpoint sends (RFC 8827 section 6.5).
  kIndexExhausted,  ///< This key has used all its indices, or the sequence number lies before the stream's first.
};
inline constexpr size_t kSrtpErrorKinds = 7;
using SrtpErrorCounts = std::array<uint64_t, kSrtpErrorKinds>;

/// The longest packet either direction handles, in bytes: an Ethernet MTU and slack. Media never needs more, and
/// buffers of this size hold any.
inline constexpr size_t kSrtpMaxPacket = 2048;
/// What protect() may add to an RTP packet, in bytes, for any profile.
inline constexpr size_t kSrtpMaxOverhead = 16;
/// What protect_rtcp() may add: the tag and the E flag with the index (RFC 3711 section 3.4).
inline constexpr size_t kSrtcpMaxOverhead = 20;

/// Master key and salt of one direction, as the DTLS exporter gives them (RFC 5764 section 4.2).
struct SrtpMasterKey {
  SrtpProfile profile = SrtpProfile::kAeadAes128Gcm;
  std::array<uint8_t, 32> key{};   ///< The first key_size(profile) bytes count.
  std::array<uint8_t, 14> salt{};  ///< The first salt_size(profile) bytes count.
};

/// The session keys of one direction. The RTCP key schedule is rebuilt for each RTCP packet (about 100 ns) instead of
/// kept (about 1 kB): RTCP is rare.
struct SrtpSessionKeys {
  SrtpSessionKeys(const SrtpBackend& backend, const SrtpMasterKey& master);

  const SrtpBackend* backend;
  SrtpProfile profile;
  std::unique_ptr<SrtpCipher> rtp;
  SrtpCipherKey rtcp_key;
  std::array<uint8_t, 16> rtp_salt{};  ///< Zero-padded at the end.
  std::array<uint8_t, 16> rtcp_salt{};
};

/// The most SSRCs one connection may send or receive. A subscriber of a very large room holds some thousand.
inline constexpr size_t kSrtpMaxSendStreams = 16384;
inline constexpr size_t kSrtpMaxReceiveStreams = 1024;

/// Names one SSRC of one SrtpSender, so that the packet path needs no look-up. Valid as long as the sender.
struct SrtpStream {
  uint32_t index = 0;
};

/// Encrypts what one connection sends (RFC 3711, RFC 7714). Keeps per SSRC only the highest index, from which the
/// roll-over counter of any packet less than 32,768 away follows; so a retransmission on the same SSRC is encrypted
/// with the index it had. The same sequence number must always carry the same bytes: the nonce depends on nothing
/// else. For the same reason an SSRC is never forgotten. Owner: one shard. Allocates only when an SSRC is new.
class SrtpSender {
 public:
  SrtpSender(const SrtpBackend& backend, const SrtpMasterKey& master) : keys_(backend, master) {}

  SrtpProfile profile() const { return keys_.profile; }
  /// Bytes that protect() adds.
  size_t overhead() const { return tag_size(keys_.profile); }
  /// The handle for `ssrc`, known or new. Begin a new one with a sequence number below 32,768: a receiver that misses
  /// the packets before a roll-over near the start would guess the wrong counter (RFC 3711 section 3.3.1).
  std::expected<SrtpStream, SrtpError> stream(uint32_t ssrc);

  /// `dst` holds an RTP header of `header_size` bytes (with CSRCs and extensions) and room for the payload and
  /// overhead(). Encrypts `payload`, which must not overlap `dst` unless it is exactly dst + header_size. Returns the
  /// size of the finished packet.
  std::expected<size_t, SrtpError> protect(SrtpStream stream, uint8_t* dst, size_t header_size, ByteView payload);
  /// Encrypts the packet of `size` bytes in place, by handle.
  std::expected<size_t, SrtpError> protect_in_place(SrtpStream stream, uint8_t* packet, size_t header_size,
                                                    size_t size) {
    if (size < header_size) return std::unexpected(SrtpError::kTooShort);
    return protect(stream, packet, header_size, ByteView(packet + header_size, size - header_size));
  }
  /// Encrypts the packet of `size` bytes in place; finds the handle by its SSRC.
  std::expected<size_t, SrtpError> protect_in_place(uint8_t* packet, size_t header_size, size_t size);

  /// Encrypts a compound RTCP packet in place; needs kSrtcpMaxOverhead bytes of room behind it.
  std::expected<size_t, SrtpError> protect_rtcp(uint8_t* packet, size_t size);

 private:
  struct Stream {
    uint32_t ssrc;
    int64_t newest = -1;  ///< Highest index (ROC * 65,536 + sequence) sent; -1 before the first.
  };
  SrtpSessionKeys keys_;
  std::vector<Stream> streams_;
  SsrcTable index_of_;
  uint32_t rtcp_index_ = 0;  ///< One counter for all SSRCs: each sees a strictly rising one.
};

/// Which indices of one stream have been received: a sliding window of `kBits` (RFC 3711 section 3.3.2).
template <size_t kBits>
class ReplayWindow {
 public:
  int64_t newest() const { return newest_; }
  bool is_fresh(int64_t index) const {
    if (index > newest_) return true;
    if (index <= newest_ - static_cast<int64_t>(kBits)) return false;
    return (words_[slot(index)] >> (index & 63) & 1) == 0;
  }
  void mark(int64_t index) {
    if (index > newest_) {
      // Words that the window enters are cleared whole; at most all of them.
      const int64_t first = (newest_ >> 6) + 1;
      const int64_t last = index >> 6;
      const int64_t from =
          last - first >= static_cast<int64_t>(kWords) ? last - static_cast<int64_t>(kWords) + 1 : first;
      for (int64_t word = from; word <= last; ++word) words_[static_cast<size_t>(word) % kWords] = 0;
      newest_ = index;
    }
    words_[slot(index)] |= uint64_t{1} << (index & 63);
  }

 private:
  /// One word more than the window has, because it seldom begins at a word's first bit.
  static constexpr size_t kWords = kBits / 64 + 1;
  static size_t slot(int64_t index) { return static_cast<size_t>(index >> 6) % kWords; }

  int64_t newest_ = -1;
  std::array<uint64_t, kWords> words_{};
};

/// Decrypts what one connection receives. An SSRC gets state only with its first authentic packet, so strangers cannot
/// fill the table. Owner: one shard. Allocates only when an SSRC is new.
class SrtpReceiver {
 public:
  SrtpReceiver(const SrtpBackend& backend, const SrtpMasterKey& master, size_t max_streams = kSrtpMaxReceiveStreams)
      : keys_(backend, master), max_streams_(max_streams) {}

  SrtpProfile profile() const { return keys_.profile; }
  /// Decrypts one SRTP packet. `out` needs room for `in.size()` bytes, and may be `in.data()` itself but must not
  /// overlap it otherwise. On success it holds the RTP packet (header copied) and its size is returned; on failure its
  /// content is unspecified.
  std::expected<size_t, SrtpError> unprotect(ByteView in, uint8_t* out);
  /// The same for SRTCP.
  std::expected<size_t, SrtpError> unprotect_rtcp(ByteView in, uint8_t* out);

  const SrtpErrorCounts& errors() const { return errors_; }

 private:
  /// As wide as libwebrtc's: at 2,000 packets/s a packet may still come half a second late. 64, the RFC's least, would
  /// refuse retransmissions that share the SSRC.
  using RtpWindow = ReplayWindow<1024>;
  using RtcpWindow = ReplayWindow<128>;

  std::expected<size_t, SrtpError> unprotect_checked(ByteView in, uint8_t* out);
  std::expected<size_t, SrtpError> unprotect_rtcp_checked(ByteView in, uint8_t* out);

  SrtpSessionKeys keys_;
  size_t max_streams_;
  std::vector<RtpWindow> rtp_;
  SsrcTable rtp_index_of_;
  std::vector<RtcpWindow> rtcp_;
  SsrcTable rtcp_index_of_;
  SrtpErrorCounts errors_{};
};

}  // namespace parley::transport

#include "media/transport/srtp.h"

#include <cstring>

namespace parley::transport {
namespace {

constexpr size_t kRtpFixedHeader = 12;
constexpr size_t kRtcpFixedHeader = 8;
constexpr size_t kIndexWord = 4;                          ///< E flag and SRTCP index.
constexpr uint32_t kEncryptedFlag = 0x8000'0000;          ///< E (RFC 3711 section 3.4).
constexpr uint32_t kMaxRtcpIndex = 0x7fff'ffff;           ///< RFC 3711 section 9.2: 2^31 SRTCP packets per key.
constexpr int64_t kMaxRtpIndex = (int64_t{1} << 48) - 1;  ///< RFC 3711 section 9.2.

using Iv = std::array<uint8_t, 16>;

void xor_big_endian(uint8_t* at, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) at[i] ^= static_cast<uint8_t>(value >> (8 * (bytes - 1 - i)));
}

/// RFC 7714 sections 8.1 and 9.1 (SSRC at byte 2, 48-bit index at 6), RFC 3711 section 4.1.1 (SSRC at 4, index at 8).
Iv make_iv(SrtpProfile profile, const std::array<uint8_t, 16>& salt, uint32_t ssrc, uint64_t index) {
  Iv iv = salt;
  const size_t at = is_aead(profile) ? 2 : 4;
  xor_big_endian(iv.data() + at, ssrc, 4);
  xor_big_endian(iv.data() + at + 4, index, 6);
  return iv;
}

uint32_t load_u32(const uint8_t* p) { return ByteReader(ByteView(p, 4)).u32(); }
uint16_t load_u16(const uint8_t* p) { return ByteReader(ByteView(p, 2)).u16(); }

/// The index nearest to the newest one (RFC 3711 section 3.3.1). Negative when that lies before ROC 0.
int64_t nearest_index(int64_t newest, uint16_t sequence) {
  if (newest < 0) return sequence;
  return newest + static_cast<int16_t>(static_cast<uint16_t>(sequence - static_cast<uint16_t>(newest)));
}

/// Size of fixed header, CSRCs and extension block, or 0 when `packet` does not hold them.
size_t rtp_header_size(ByteView packet) {
  if (packet.size() < kRtpFixedHeader) return 0;
  size_t size = kRtpFixedHeader + 4u * (packet[0] & 15);
  if ((packet[0] & 0x10) != 0) {
    if (packet.size() < size + 4) return 0;
    size += 4 + 4u * load_u16(packet.data() + size + 2);
  }
  return size <= packet.size() ? size : 0;
}

}  // namespace

std::expected<SrtpStream, SrtpError> SrtpSender::stream(uint32_t ssrc) {
  if (const uint32_t known = index_of_.find(ssrc); known != SsrcTable::kNone) return SrtpStream{known};
  if (streams_.size() >= kSrtpMaxSendStreams) return std::unexpected(SrtpError::kTooManyStreams);
  const auto index = static_cast<uint32_t>(streams_.size());
  streams_.push_back({.ssrc = ssrc});
  index_of_.insert(ssrc, index);
  return SrtpStream{index};
}

std::expected<size_t, SrtpError> SrtpSender::protect(SrtpStream handle, uint8_t* dst, size_t header_size,
                                                     ByteView payload) {
  if (header_size < kRtpFixedHeader) return std::unexpected(SrtpError::kTooShort);
  const size_t size = header_size + payload.size();
  if (size + overhead() > kSrtpMaxPacket) return std::unexpected(SrtpError::kTooLong);
  Stream& stream = streams_[handle.index];
  const int64_t index = nearest_index(stream.newest, load_u16(dst + 2));
  if (index < 0 || index > kMaxRtpIndex) return std::unexpected(SrtpError::kIndexExhausted);
  if (index > stream.newest) stream.newest = index;

  const Iv iv = make_iv(keys_.profile, keys_.rtp_salt, stream.ssrc, static_cast<uint64_t>(index));
  const SrtpFrame frame{.iv = iv.data(),
                        .aad = {dst, header_size},
                        .in = payload.data(),
                        .out = dst + header_size,
                        .size = payload.size(),
                        .suffix = static_cast<uint32_t>(index >> 16)};
  keys_.rtp->seal(frame, dst + size);
  return size + overhead();
}

std::expected<size_t, SrtpError> SrtpSender::protect_in_place(uint8_t* packet, size_t header_size, size_t size) {
  if (size < kRtpFixedHeader) return std::unexpected(SrtpError::kTooShort);
  const auto handle = stream(load_u32(packet + 8));
  if (!handle) return std::unexpected(handle.error());
  return protect_in_place(*handle, packet, header_size, size);
}

std::expected<size_t, SrtpError> SrtpSender::protect_rtcp(uint8_t* packet, size_t size) {
  if (size < kRtcpFixedHeader) return std::unexpected(SrtpError::kTooShort);
  if (size + kSrtcpMaxOverhead > kSrtpMaxPacket) return std::unexpected(SrtpError::kTooLong);
  if (rtcp_index_ > kMaxRtcpIndex) return std::unexpected(SrtpError::kIndexExhausted);
  const uint32_t index = rtcp_index_++;
  const uint32_t word = kEncryptedFlag | index;
  const Iv iv = make_iv(keys_.profile, keys_.rtcp_salt, load_u32(packet + 4), index);
  const size_t body = size - kRtcpFixedHeader;
  SrtpFrame frame{.iv = iv.data(),
                  .aad = {packet, kRtcpFixedHeader},
                  .in = packet + kRtcpFixedHeader,
                  .out = packet + kRtcpFixedHeader,
                  .size = body,
                  .suffix = word};
  SrtpCipher& cipher = keys_.backend->scratch_cipher(keys_.rtcp_key);
  if (!is_aead(keys_.profile)) {
    ByteWriter(MutableByteView(packet + size, kIndexWord)).u32(word);
    cipher.seal(frame, packet + size + kIndexWord);
    return size + kIndexWord + overhead();
  }
  // RFC 7714 section 9.2: the index word is authenticated behind the header but sent behind the tag.
  std::array<uint8_t, kRtcpFixedHeader + kIndexWord> aad;
  ByteWriter writer(aad);
  writer.bytes(frame.aad);
  writer.u32(word);
  frame.aad = aad;
  cipher.seal(frame, packet + size);
  ByteWriter(MutableByteView(packet + size + overhead(), kIndexWord)).u32(word);
  return size + overhead() + kIndexWord;
}

std::expected<size_t, SrtpError> SrtpReceiver::unprotect(ByteView in, uint8_t* out) {
  auto result = unprotect_checked(in, out);
  if (!result) ++errors_[static_cast<size_t>(result.error())];
  return result;
}

std::expected<size_t, SrtpError> SrtpReceiver::unprotect_rtcp(ByteView in, uint8_t* out) {
  auto result = unprotect_rtcp_checked(in, out);
  if (!result) ++errors_[static_cast<size_t>(result.error())];
  return result;
}

std::expected<size_t, SrtpError> SrtpReceiver::unprotect_checked(ByteView in, uint8_t* out) {
  if (in.size() > kSrtpMaxPacket) return std::unexpected(SrtpError::kTooLong);
  const size_t header = rtp_header_size(in);
  const size_t tag = tag_size(keys_.profile);
  if (header == 0 || in.size() < header + tag) return std::unexpected(SrtpError::kTooShort);
  const uint32_t ssrc = load_u32(in.data() + 8);
  const uint32_t known = rtp_index_of_.find(ssrc);
  const bool is_new = known == SsrcTable::kNone;
  if (is_new && rtp_.size() >= max_streams_) return std::unexpected(SrtpError::kTooManyStreams);
  const int64_t index = nearest_index(is_new ? -1 : rtp_[known].newest(), load_u16(in.data() + 2));
  if (index < 0 || index > kMaxRtpIndex) return std::unexpected(SrtpError::kIndexExhausted);
  if (!is_new && !rtp_[known].is_fresh(index)) return std::unexpected(SrtpError::kReplay);

  const size_t size = in.size() - tag;
  const Iv iv = make_iv(keys_.profile, keys_.rtp_salt, ssrc, static_cast<uint64_t>(index));
  const SrtpFrame frame{.iv = iv.data(),
                        .aad = in.first(header),
                        .in = in.data() + header,
                        .out = out + header,
                        .size = size - header,
                        .suffix = static_cast<uint32_t>(index >> 16)};
  if (!keys_.rtp->open(frame, in.data() + size)) return std::unexpected(SrtpError::kAuth);
  if (out != in.data()) std::memcpy(out, in.data(), header);

  if (is_new) {
    rtp_index_of_.insert(ssrc, static_cast<uint32_t>(rtp_.size()));
    rtp_.emplace_back().mark(index);
  } else {
    rtp_[known].mark(index);
  }
  return size;
}

std::expected<size_t, SrtpError> SrtpReceiver::unprotect_rtcp_checked(ByteView in, uint8_t* out) {
  if (in.size() > kSrtpMaxPacket) return std::unexpected(SrtpError::kTooLong);
  const bool aead = is_aead(keys_.profile);
  const size_t tag = tag_size(keys_.profile);
  if (in.size() < kRtcpFixedHeader + tag + kIndexWord) return std::unexpected(SrtpError::kTooShort);
  const size_t size = in.size() - tag - kIndexWord;
  const uint32_t word = load_u32(in.data() + (aead ? in.size() - kIndexWord : size));
  if ((word & kEncryptedFlag) == 0) return std::unexpected(SrtpError::kNotEncrypted);
  const uint32_t index = word & ~kEncryptedFlag;
  const uint32_t ssrc = load_u32(in.data() + 4);
  const uint32_t known = rtcp_index_of_.find(ssrc);
  const bool is_new = known == SsrcTable::kNone;
  if (is_new && rtcp_.size() >= max_streams_) return std::unexpected(SrtpError::kTooManyStreams);
  if (!is_new && !rtcp_[known].is_fresh(index)) return std::unexpected(SrtpError::kReplay);

  const Iv iv = make_iv(keys_.profile, keys_.rtcp_salt, ssrc, index);
  std::array<uint8_t, kRtcpFixedHeader + kIndexWord> aead_aad;
  ByteWriter writer(aead_aad);
  writer.bytes(in.first(kRtcpFixedHeader));
  writer.u32(word);
  const SrtpFrame frame{.iv = iv.data(),
                        .aad = aead ? ByteView(aead_aad) : in.first(kRtcpFixedHeader),
                        .in = in.data() + kRtcpFixedHeader,
                        .out = out + kRtcpFixedHeader,
                        .size = size - kRtcpFixedHeader,
                        .suffix = word};
  const uint8_t* tag_at = in.data() + (aead ? size : size + kIndexWord);
  if (!keys_.backend->scratch_cipher(keys_.rtcp_key).open(frame, tag_at)) return std::unexpected(SrtpError::kAuth);
  if (out != in.data()) std::memcpy(out, in.data(), kRtcpFixedHeader);

  if (is_new) {
    rtcp_index_of_.insert(ssrc, static_cast<uint32_t>(rtcp_.size()));
    rtcp_.emplace_back().mark(index);
  } else {
    rtcp_[known].mark(index);
  }
  return size;
}

}  // namespace parley::transport

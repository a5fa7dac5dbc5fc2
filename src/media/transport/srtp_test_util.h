#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "media/transport/srtp.h"

namespace parley::transport::test {

struct SrtpCase {
  const SrtpBackend* backend;
  SrtpProfile profile;
  std::string name() const {
    static constexpr const char* kProfiles[] = {"Aes128Gcm", "Aes256Gcm", "Aes128CmSha1"};
    return std::string(backend == &openssl_srtp_backend() ? "Openssl" : "IpsecMb") +
           kProfiles[static_cast<size_t>(profile)];
  }
};

inline std::vector<SrtpCase> every_srtp_case() {
  std::vector<SrtpCase> cases;
  for (const SrtpBackend* backend : {&openssl_srtp_backend(), ipsec_mb_srtp_backend()}) {
    if (backend == nullptr) continue;
    for (const auto profile :
         {SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAeadAes256Gcm, SrtpProfile::kAes128CmSha1_80}) {
      cases.push_back({backend, profile});
    }
  }
  return cases;
}

inline ByteVector bytes_from_hex(std::string_view hex) {
  ByteVector bytes;
  int high = -1;
  for (const char c : hex) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return bytes;
}

inline SrtpMasterKey make_master_key(SrtpProfile profile, uint8_t seed) {
  SrtpMasterKey master;
  master.profile = profile;
  for (size_t i = 0; i < master.key.size(); ++i) master.key[i] = static_cast<uint8_t>(seed + i * 11);
  for (size_t i = 0; i < salt_size(profile); ++i) master.salt[i] = static_cast<uint8_t>(seed + i * 29);
  return master;
}

struct RtpText {
  uint32_t ssrc = 1;
  uint16_t sequence = 0;
  size_t payload_size = 100;
  uint8_t csrcs = 0;
  uint16_t extension_words = 0;
  size_t header_size() const { return 12u + 4u * csrcs + (extension_words > 0 ? 4u + 4u * extension_words : 0u); }
};

inline ByteVector make_rtp(const RtpText& text) {
  ByteVector packet(text.header_size() + text.payload_size);
  ByteWriter w(packet);
  w.u8(static_cast<uint8_t>(0x80 | (text.extension_words > 0 ? 0x10 : 0) | text.csrcs));
  w.u8(96);
  w.u16(text.sequence);
  w.u32(text.sequence * 3000u);
  w.u32(text.ssrc);
  for (uint32_t i = 0; i < text.csrcs; ++i) w.u32(0xc0000000 + i);
  if (text.extension_words > 0) {
    w.u16(0xbede);
    w.u16(text.extension_words);
    for (uint32_t i = 0; i < text.extension_words; ++i) w.u32(0x10000000 * (i + 1));
  }
  for (size_t i = 0; i < text.payload_size; ++i) w.u8(static_cast<uint8_t>(i * 31 + text.sequence));
  return packet;
}

inline ByteVector protect(SrtpSender& sender, const RtpText& text) {
  ByteVector packet = make_rtp(text);
  const size_t size = packet.size();
  packet.resize(size + kSrtpMaxOverhead);
  packet.resize(sender.protect_in_place(packet.data(), text.header_size(), size).value());
  return packet;
}

/// A receiver-report-like packet: header, SSRC and `words` 32-bit words.
inline ByteVector make_rtcp(uint32_t ssrc, size_t words) {
  ByteVector packet(8 + 4 * words);
  ByteWriter w(packet);
  w.u8(0x80);
  w.u8(201);
  w.u16(static_cast<uint16_t>(1 + words));
  w.u32(ssrc);
  for (size_t i = 0; i < words; ++i) w.u32(static_cast<uint32_t>(i * 0x01010101));
  return packet;
}

inline ByteVector protect_rtcp(SrtpSender& sender, ByteVector packet) {
  const size_t size = packet.size();
  packet.resize(size + kSrtcpMaxOverhead);
  packet.resize(sender.protect_rtcp(packet.data(), size).value());
  return packet;
}

}  // namespace parley::transport::test

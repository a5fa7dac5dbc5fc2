#include <openssl/evp.h>

#include "base/check.h"
#include "media/transport/srtp.h"

namespace parley::transport {
namespace {

/// Labels of RFC 3711 section 4.3.1 and 4.3.2.
enum class KeyLabel : uint8_t {
  kRtpEncryption = 0,
  kRtpAuthentication = 1,
  kRtpSalt = 2,
  kRtcpEncryption = 3,
  kRtcpAuthentication = 4,
  kRtcpSalt = 5,
};

/// The key derivation of RFC 3711 section 4.3 with rate 0: AES in counter mode under the master key. RFC 7714 section
/// 11 uses the same with its 12-byte salt zero-padded at the end.
void derive(const SrtpMasterKey& master, KeyLabel label, MutableByteView out) {
  std::array<uint8_t, 16> counter{};
  std::memcpy(counter.data(), master.salt.data(), salt_size(master.profile));
  counter[7] ^= static_cast<uint8_t>(label);

  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free);
  const EVP_CIPHER* cipher = key_size(master.profile) == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
  PARLEY_CHECK(EVP_EncryptInit_ex(context.get(), cipher, nullptr, master.key.data(), counter.data()) == 1);
  const std::array<uint8_t, 32> zeros{};
  int written = 0;
  PARLEY_CHECK(out.size() <= zeros.size());
  PARLEY_CHECK(EVP_EncryptUpdate(context.get(), out.data(), &written, zeros.data(), static_cast<int>(out.size())) == 1);
}

}  // namespace

SrtpSessionKeys::SrtpSessionKeys(const SrtpBackend& with, const SrtpMasterKey& master)
    : backend(&with), profile(master.profile) {
  SrtpCipherKey rtp_key;
  rtp_key.profile = rtcp_key.profile = profile;
  const size_t keys = key_size(profile);
  const size_t salts = salt_size(profile);
  derive(master, KeyLabel::kRtpEncryption, MutableByteView(rtp_key.encryption).first(keys));
  derive(master, KeyLabel::kRtpSalt, MutableByteView(rtp_salt).first(salts));
  derive(master, KeyLabel::kRtcpEncryption, MutableByteView(rtcp_key.encryption).first(keys));
  derive(master, KeyLabel::kRtcpSalt, MutableByteView(rtcp_salt).first(salts));
  if (!is_aead(profile)) {
    derive(master, KeyLabel::kRtpAuthentication, rtp_key.authentication);
    derive(master, KeyLabel::kRtcpAuthentication, rtcp_key.authentication);
  }
  rtp = backend->make_cipher(rtp_key);
}

}  // namespace parley::transport

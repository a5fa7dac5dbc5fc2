#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace parley::transport {

/// Protection profiles, in the order we prefer them.
enum class SrtpProfile : uint8_t {
  kAeadAes128Gcm,    ///< RFC 7714; the cheapest by far.
  kAeadAes256Gcm,    ///< RFC 7714.
  kAes128CmSha1_80,  ///< RFC 3711; mandatory for WebRTC, so every client has it.
};

constexpr bool is_aead(SrtpProfile p) { return p != SrtpProfile::kAes128CmSha1_80; }
constexpr size_t key_size(SrtpProfile p) { return p == SrtpProfile::kAeadAes256Gcm ? 32 : 16; }
constexpr size_t salt_size(SrtpProfile p) { return is_aead(p) ? 12 : 14; }
constexpr size_t tag_size(SrtpProfile p) { return is_aead(p) ? 16 : 10; }

/// Session key of one cipher.
struct SrtpCipherKey {
  SrtpProfile profile = SrtpProfile::kAeadAes128Gcm;
  std::array<uint8_t, 32> encryption{};
  std::array<uint8_t, 20> authentication{};  ///< HMAC-SHA1 key; unused by AEAD profiles.
};

/// One packet for a cipher. The authenticated bytes are `aad`, then the ciphertext, then (CM-SHA1 only) `suffix`.
struct SrtpFrame {
  const uint8_t* iv;  ///< AEAD: 12 bytes. CM: 16 bytes.
  ByteView aad;       ///< The header.
  const uint8_t* in;  ///< Text to encrypt or decrypt.
  uint8_t* out;       ///< Where the result goes; `in` itself or apart from it.
  size_t size;        ///< Of `in`.
  uint32_t suffix;    ///< CM-SHA1: roll-over counter (RTP) or E flag and index (RTCP), RFC 3711 section 4.2.
};

/// Authenticated encryption under one key. Not thread-safe for calls on one object. Calls are virtual, which is little
/// beside the work: 1,200 bytes take 87 ns on ipsec-mb (AVX-512) and 390 ns on OpenSSL with GCM, 933 ns with CM-SHA1.
class SrtpCipher {
 public:
  virtual ~SrtpCipher() = default;
  /// Replaces the key; cheaper than a new object.
  virtual void rekey(const SrtpCipherKey& key) = 0;
  /// Encrypts and writes the tag to `tag`.
  virtual void seal(const SrtpFrame& frame, uint8_t* tag) = 0;
  /// Decrypts; false when the tag does not fit.
  [[nodiscard]] virtual bool open(const SrtpFrame& frame, const uint8_t* tag) = 0;
};

/// A crypto library. Immutable, shared by all threads.
class SrtpBackend {
 public:
  virtual ~SrtpBackend() = default;
  virtual const char* name() const = 0;
  virtual std::unique_ptr<SrtpCipher> make_cipher(const SrtpCipherKey& key) const = 0;
  /// A cipher of this thread for one packet, already keyed: for RTCP. Valid until the next call on the same thread.
  virtual SrtpCipher& scratch_cipher(const SrtpCipherKey& key) const = 0;
};

/// One cipher per profile, made when first wanted. For scratch_cipher().
class SrtpScratchCiphers {
 public:
  SrtpCipher& get(const SrtpBackend& backend, const SrtpCipherKey& key);

 private:
  std::array<std::unique_ptr<SrtpCipher>, 3> ciphers_;
};

/// OpenSSL EVP with contexts kept per key; works everywhere.
const SrtpBackend& openssl_srtp_backend();
/// intel-ipsec-mb with run-time dispatch (SSE to AVX-512), or nullptr where the CPU or the library does not serve.
const SrtpBackend* ipsec_mb_srtp_backend();
/// The fastest that passes a self-test. The choice is made once per process.
const SrtpBackend& pick_srtp_backend();

}  // namespace parley::transport

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include "base/check.h"
#include "media/transport/srtp.h"
#include "media/transport/srtp_cipher.h"

namespace parley::transport {
namespace {

struct ManagerFree {
  void operator()(IMB_MGR* p) const { free_mb_mgr(p); }
};
using Manager = std::unique_ptr<IMB_MGR, ManagerFree>;

Manager make_manager() {
  Manager manager(alloc_mb_mgr(0));
  if (!manager) return nullptr;
  init_mb_mgr_auto(manager.get(), nullptr);
  if (imb_get_errno(manager.get()) != 0) return nullptr;
  return manager;
}

/// For direct calls, which only read its function pointers and so may run on any thread.
IMB_MGR* shared_manager() {
  static const Manager manager = make_manager();
  return manager.get();
}

/// For jobs, which use the manager's queues: one per thread.
IMB_MGR* thread_manager() {
  thread_local const Manager manager = make_manager();
  PARLEY_CHECK(manager != nullptr);
  return manager.get();
}

class GcmCipher final : public SrtpCipher {
 public:
  explicit GcmCipher(const SrtpCipherKey& key) { rekey(key); }
  ~GcmCipher() override { OPENSSL_cleanse(&key_, sizeof key_); }

  void rekey(const SrtpCipherKey& key) override {
    is_256_ = key.profile == SrtpProfile::kAeadAes256Gcm;
    IMB_MGR* m = shared_manager();
    if (is_256_) {
      IMB_AES256_GCM_PRE(m, key.encryption.data(), &key_);
    } else {
      IMB_AES128_GCM_PRE(m, key.encryption.data(), &key_);
    }
  }

  void seal(const SrtpFrame& f, uint8_t* tag) override {
    gcm_context_data context;
    const IMB_MGR* m = shared_manager();
    const auto encrypt = is_256_ ? m->gcm256_enc : m->gcm128_enc;
    encrypt(&key_, &context, f.out, f.in, f.size, f.iv, f.aad.data(), f.aad.size(), tag, kTagSize);
  }

  bool open(const SrtpFrame& f, const uint8_t* tag) override {
    gcm_context_data context;
    std::array<uint8_t, kTagSize> received;
    std::array<uint8_t, kTagSize> computed;
    // In place the tag survives, but another `out` may lie over it.
    std::memcpy(received.data(), tag, kTagSize);
    const IMB_MGR* m = shared_manager();
    const auto decrypt = is_256_ ? m->gcm256_dec : m->gcm128_dec;
    decrypt(&key_, &context, f.out, f.in, f.size, f.iv, f.aad.data(), f.aad.size(), computed.data(), kTagSize);
    return CRYPTO_memcmp(computed.data(), received.data(), kTagSize) == 0;
  }

 private:
  static constexpr size_t kTagSize = 16;
  alignas(64) gcm_key_data key_;  // The library reads it with aligned loads but declares that on some systems only.
  bool is_256_ = false;
};

class CmSha1Cipher final : public SrtpCipher {
 public:
  explicit CmSha1Cipher(const SrtpCipherKey& key) { rekey(key); }
  ~CmSha1Cipher() override { OPENSSL_cleanse(&keys_, sizeof keys_); }

  void rekey(const SrtpCipherKey& key) override {
    IMB_MGR* m = shared_manager();
    Block decryption_keys[11];  // Counter mode never decrypts; the library wants a place for them.
    IMB_AES_KEYEXP_128(m, key.encryption.data(), keys_.expanded, decryption_keys);
    // RFC 2104: the two inner states of HMAC after one block of padded key.
    uint8_t inner[64];
    uint8_t outer[64];
    for (size_t i = 0; i < 64; ++i) {
      const uint8_t byte = i < key.authentication.size() ? key.authentication[i] : 0;
      inner[i] = byte ^ 0x36;
      outer[i] = byte ^ 0x5c;
    }
    IMB_SHA1_ONE_BLOCK(m, inner, keys_.inner);
    IMB_SHA1_ONE_BLOCK(m, outer, keys_.outer);
  }

  void seal(const SrtpFrame& f, uint8_t* tag) override {
    crypt(f);
    ByteWriter(MutableByteView(f.out + f.size, 4)).u32(f.suffix);
    const Digest digest = authenticate(f.out - f.aad.size(), f.aad.size() + f.size + 4);
    std::memcpy(tag, digest.data(), kTagSize);
  }

  bool open(const SrtpFrame& f, const uint8_t* tag) override {
    // The library hashes one contiguous text, and the suffix is not part of a received RTP packet.
    std::array<uint8_t, kSrtpMaxPacket + 4> text;
    ByteWriter writer(text);
    writer.bytes(f.aad);
    writer.bytes({f.in, f.size});
    writer.u32(f.suffix);
    if (!writer.ok()) return false;
    const Digest digest = authenticate(text.data(), writer.size());
    if (CRYPTO_memcmp(digest.data(), tag, kTagSize) != 0) return false;
    crypt(f);
    return true;
  }

 private:
  static constexpr size_t kTagSize = 10;
  using Digest = std::array<uint8_t, 20>;
  struct alignas(16) Block {
    uint8_t bytes[16];
  };
  struct Keys {
    Block expanded[11];
    uint32_t inner[5];
    uint32_t outer[5];
  };

  /// Counter mode is its own inverse.
  void crypt(const SrtpFrame& f) {
    if (f.size == 0) return;
    IMB_JOB job{};
    job.enc_keys = keys_.expanded;
    job.dec_keys = keys_.expanded;
    job.key_len_in_bytes = 16;
    job.iv = f.iv;
    job.iv_len_in_bytes = 16;
    job.src = f.in;
    job.dst = f.out;
    job.msg_len_to_cipher_in_bytes = f.size;
    PARLEY_CHECK(
        IMB_SUBMIT_CIPHER_BURST(thread_manager(), &job, 1, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES) == 1);
  }

  Digest authenticate(const uint8_t* text, size_t size) {
    Digest digest;
    IMB_JOB job{};
    job.src = text;
    job.msg_len_to_hash_in_bytes = size;
    job.auth_tag_output = digest.data();
    job.auth_tag_output_len_in_bytes = digest.size();
    job.u.HMAC._hashed_auth_key_xor_ipad = byte_pointer(keys_.inner);
    job.u.HMAC._hashed_auth_key_xor_opad = byte_pointer(keys_.outer);
    PARLEY_CHECK(IMB_SUBMIT_HASH_BURST(thread_manager(), &job, 1, IMB_AUTH_HMAC_SHA_1) == 1);
    return digest;
  }
  static const uint8_t* byte_pointer(const void* words) { return static_cast<const uint8_t*>(words); }

  alignas(64) Keys keys_;
};

class IpsecMbBackend final : public SrtpBackend {
 public:
  const char* name() const override { return "ipsec-mb"; }
  std::unique_ptr<SrtpCipher> make_cipher(const SrtpCipherKey& key) const override {
    if (is_aead(key.profile)) return std::make_unique<GcmCipher>(key);
    return std::make_unique<CmSha1Cipher>(key);
  }
  SrtpCipher& scratch_cipher(const SrtpCipherKey& key) const override {
    thread_local SrtpScratchCiphers scratch;
    return scratch.get(*this, key);
  }
};

}  // namespace

const SrtpBackend* ipsec_mb_srtp_backend() {
  static const IpsecMbBackend backend;
  return shared_manager() != nullptr ? &backend : nullptr;
}

}  // namespace parley::transport

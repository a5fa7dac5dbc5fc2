#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/check.h"
#include "media/transport/srtp_cipher.h"

namespace parley::transport {
namespace {

struct CipherFree {
  void operator()(EVP_CIPHER* p) const { EVP_CIPHER_free(p); }
  void operator()(EVP_CIPHER_CTX* p) const { EVP_CIPHER_CTX_free(p); }
  void operator()(EVP_MAC* p) const { EVP_MAC_free(p); }
  void operator()(EVP_MAC_CTX* p) const { EVP_MAC_CTX_free(p); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherFree>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, CipherFree>;

/// Algorithms fetched once: a fetch per context costs a microsecond and a lock.
struct Algorithms {
  std::unique_ptr<EVP_CIPHER, CipherFree> gcm128{EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr)};
  std::unique_ptr<EVP_CIPHER, CipherFree> gcm256{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
  std::unique_ptr<EVP_CIPHER, CipherFree> ctr128{EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr)};
  std::unique_ptr<EVP_MAC, CipherFree> hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};

  const EVP_CIPHER* cipher(SrtpProfile profile) const {
    switch (profile) {
      case SrtpProfile::kAeadAes128Gcm:
        return gcm128.get();
      case SrtpProfile::kAeadAes256Gcm:
        return gcm256.get();
      case SrtpProfile::kAes128CmSha1_80:
        return ctr128.get();
    }
    return nullptr;
  }
};
const Algorithms& algorithms() {
  static const Algorithms all;
  return all;
}

constexpr int kEncrypt = 1;
constexpr int kDecrypt = 0;

class GcmCipher final : public SrtpCipher {
 public:
  explicit GcmCipher(const SrtpCipherKey& key) : context_(EVP_CIPHER_CTX_new()) {
    PARLEY_CHECK(context_ != nullptr);
    PARLEY_CHECK(EVP_CipherInit_ex(context_.get(), algorithms().cipher(key.profile), nullptr, key.encryption.data(),
                                   nullptr, kEncrypt) == 1);
  }

  void rekey(const SrtpCipherKey& key) override {
    PARLEY_CHECK(EVP_CipherInit_ex(context_.get(), nullptr, nullptr, key.encryption.data(), nullptr, kEncrypt) == 1);
  }

  void seal(const SrtpFrame& f, uint8_t* tag) override {
    PARLEY_CHECK(run(f, kEncrypt));
    PARLEY_CHECK(EVP_CipherFinal_ex(context_.get(), f.out, &unused_) == 1);
    PARLEY_CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, tag) == 1);
  }

  bool open(const SrtpFrame& f, const uint8_t* tag) override {
    std::array<uint8_t, kTagSize> expected;
    std::memcpy(expected.data(), tag, kTagSize);
    if (!run(f, kDecrypt)) return false;
    PARLEY_CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, expected.data()) == 1);
    return EVP_CipherFinal_ex(context_.get(), f.out, &unused_) == 1;
  }

 private:
  static constexpr int kTagSize = 16;

  bool run(const SrtpFrame& f, int direction) {
    EVP_CIPHER_CTX* c = context_.get();
    if (EVP_CipherInit_ex(c, nullptr, nullptr, nullptr, f.iv, direction) != 1) return false;
    if (EVP_CipherUpdate(c, nullptr, &unused_, f.aad.data(), static_cast<int>(f.aad.size())) != 1) return false;
    return f.size == 0 || EVP_CipherUpdate(c, f.out, &unused_, f.in, static_cast<int>(f.size)) == 1;
  }

  CipherContext context_;
  int unused_ = 0;
};

class CmSha1Cipher final : public SrtpCipher {
 public:
  explicit CmSha1Cipher(const SrtpCipherKey& key)
      : context_(EVP_CIPHER_CTX_new()), mac_(EVP_MAC_CTX_new(algorithms().hmac.get())) {
    PARLEY_CHECK(context_ != nullptr && mac_ != nullptr);
    PARLEY_CHECK(EVP_CipherInit_ex(context_.get(), algorithms().cipher(key.profile), nullptr, key.encryption.data(),
                                   nullptr, kEncrypt) == 1);
    rekey_mac(key);
  }

  void rekey(const SrtpCipherKey& key) override {
    PARLEY_CHECK(EVP_CipherInit_ex(context_.get(), nullptr, nullptr, key.encryption.data(), nullptr, kEncrypt) == 1);
    rekey_mac(key);
  }

  void seal(const SrtpFrame& f, uint8_t* tag) override {
    crypt(f);
    const Digest digest = authenticate(f, f.out);
    std::memcpy(tag, digest.data(), kTagSize);
  }

  bool open(const SrtpFrame& f, const uint8_t* tag) override {
    const Digest digest = authenticate(f, f.in);
    if (CRYPTO_memcmp(digest.data(), tag, kTagSize) != 0) return false;
    crypt(f);
    return true;
  }

 private:
  static constexpr size_t kTagSize = 10;
  using Digest = std::array<uint8_t, 20>;

  void rekey_mac(const SrtpCipherKey& key) {
    char digest_name[] = "SHA1";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                                     OSSL_PARAM_construct_end()};
    PARLEY_CHECK(EVP_MAC_init(mac_.get(), key.authentication.data(), key.authentication.size(), parameters) == 1);
  }

  /// Counter mode is its own inverse.
  void crypt(const SrtpFrame& f) {
    if (f.size == 0) return;
    int written = 0;
    PARLEY_CHECK(EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, f.iv, kEncrypt) == 1);
    PARLEY_CHECK(EVP_CipherUpdate(context_.get(), f.out, &written, f.in, static_cast<int>(f.size)) == 1);
  }

  Digest authenticate(const SrtpFrame& f, const uint8_t* ciphertext) {
    Digest digest;
    std::array<uint8_t, 4> suffix;
    ByteWriter(suffix).u32(f.suffix);
    size_t size = 0;
    EVP_MAC_CTX* mac = mac_.get();
    PARLEY_CHECK(EVP_MAC_init(mac, nullptr, 0, nullptr) == 1);
    PARLEY_CHECK(EVP_MAC_update(mac, f.aad.data(), f.aad.size()) == 1);
    PARLEY_CHECK(EVP_MAC_update(mac, ciphertext, f.size) == 1);
    PARLEY_CHECK(EVP_MAC_update(mac, suffix.data(), suffix.size()) == 1);
    PARLEY_CHECK(EVP_MAC_final(mac, digest.data(), &size, digest.size()) == 1);
    return digest;
  }

  CipherContext context_;
  MacContext mac_;
};

class OpensslBackend final : public SrtpBackend {
 public:
  const char* name() const override { return "openssl"; }
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

const SrtpBackend& openssl_srtp_backend() {
  static const OpensslBackend backend;
  return backend;
}

}  // namespace parley::transport

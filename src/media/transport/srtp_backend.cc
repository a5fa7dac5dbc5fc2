#include "base/log.h"
#include "media/transport/srtp.h"

namespace parley::transport {
namespace {

/// True when `backend` encrypts one packet exactly as OpenSSL does: a library built for another CPU must not cost
/// calls.
bool agrees_with_openssl(const SrtpBackend& backend, SrtpProfile profile) {
  SrtpMasterKey master;
  master.profile = profile;
  for (size_t i = 0; i < master.key.size(); ++i) master.key[i] = static_cast<uint8_t>(i * 7 + 1);
  for (size_t i = 0; i < master.salt.size(); ++i) master.salt[i] = static_cast<uint8_t>(i * 5 + 3);

  std::array<uint8_t, 1024> ours{};
  ours[0] = 0x80;
  for (size_t i = 1; i < 900; ++i) ours[i] = static_cast<uint8_t>(i);
  std::array<uint8_t, 1024> reference = ours;
  const auto a = SrtpSender(backend, master).protect_in_place(ours.data(), 12, 900);
  const auto b = SrtpSender(openssl_srtp_backend(), master).protect_in_place(reference.data(), 12, 900);
  return a && b && *a == *b && std::equal(ours.begin(), ours.begin() + static_cast<long>(*a), reference.begin());
}

const SrtpBackend& choose() {
  const SrtpBackend* fast = ipsec_mb_srtp_backend();
  const bool is_usable = fast != nullptr && agrees_with_openssl(*fast, SrtpProfile::kAeadAes128Gcm) &&
                         agrees_with_openssl(*fast, SrtpProfile::kAeadAes256Gcm) &&
                         agrees_with_openssl(*fast, SrtpProfile::kAes128CmSha1_80);
  const SrtpBackend& backend = is_usable ? *fast : openssl_srtp_backend();
  log::info("srtp_backend_chosen", {{"backend", backend.name()}});
  return backend;
}

}  // namespace

SrtpCipher& SrtpScratchCiphers::get(const SrtpBackend& backend, const SrtpCipherKey& key) {
  std::unique_ptr<SrtpCipher>& cipher = ciphers_[static_cast<size_t>(key.profile)];
  if (cipher) {
    cipher->rekey(key);
  } else {
    cipher = backend.make_cipher(key);
  }
  return *cipher;
}

const SrtpBackend& pick_srtp_backend() {
  static const SrtpBackend& backend = choose();
  return backend;
}

}  // namespace parley::transport

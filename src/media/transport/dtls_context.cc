#include "media/transport/dtls_context.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/srtp.h>

namespace parley::transport {
namespace {

constexpr int64_t kDay = 24 * 3600;
/// A clock that is a day behind still accepts us.
constexpr int64_t kValidFromBefore = kDay;
/// Renewed at every start of the process; browsers refuse nothing up to a year and more.
constexpr int64_t kValidFor = 365 * kDay;

/// What RFC 8827 section 6.5 demands and its stronger kin, forward-secret and authenticated only. The certificate is
/// ECDSA, so no RSA suite could be chosen.
constexpr const char* kCipherSuites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305";
/// X25519 first: it saves 50 us of the 320 us a handshake costs.
constexpr const char* kGroups = "X25519:P-256:P-384";
/// In the order of SrtpProfile.
constexpr const char* kSrtpProfiles = "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";

/// The runtime library that the timer technique of dtls.cc is known for; see there.
constexpr unsigned long kFirstUnknownOpenssl = 0x30200000;

OpensslPtr<X509> make_certificate(EVP_PKEY* key, WallTime now, std::string_view common_name) {
  OpensslPtr<X509> certificate(X509_new());
  if (!certificate) return nullptr;
  X509* x = certificate.get();
  uint64_t serial = 0;
  std::array<uint8_t, 8> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return nullptr;
  serial = ByteReader(random).u64() >> 1;
  const time_t at = now.unix_s();
  time_t from = at - kValidFromBefore;
  time_t until = at + kValidFor;
  X509_NAME* name = X509_get_subject_name(x);
  const std::string text(common_name);
  const bool is_made = X509_set_version(x, 2) == 1 && ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial) == 1 &&
                       X509_time_adj_ex(X509_getm_notBefore(x), 0, 0, &from) != nullptr &&
                       X509_time_adj_ex(X509_getm_notAfter(x), 0, 0, &until) != nullptr &&
                       X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, as_bytes(text).data(),
                                                  static_cast<int>(text.size()), -1, 0) == 1 &&
                       X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, key) == 1 &&
                       X509_sign(x, key, EVP_sha256()) > 0;
  return is_made ? std::move(certificate) : nullptr;
}

/// Any certificate passes here: what counts is its fingerprint, checked when the handshake is over (RFC 8827 section
/// 5.6). That the peer holds its key is checked by the handshake itself.
int accept_certificate(X509_STORE_CTX*, void*) { return 1; }

OpensslPtr<SSL_CTX> make_openssl_context(X509* certificate, EVP_PKEY* key) {
  OpensslPtr<SSL_CTX> context(SSL_CTX_new(DTLS_method()));
  if (!context) return nullptr;
  SSL_CTX* c = context.get();
  // DTLS 1.0 is long refused by every client; 1.3 is not in this OpenSSL.
  const bool is_made = SSL_CTX_set_min_proto_version(c, DTLS1_2_VERSION) == 1 &&
                       SSL_CTX_set_max_proto_version(c, DTLS1_2_VERSION) == 1 &&
                       SSL_CTX_use_certificate(c, certificate) == 1 && SSL_CTX_use_PrivateKey(c, key) == 1 &&
                       SSL_CTX_set_cipher_list(c, kCipherSuites) == 1 && SSL_CTX_set1_groups_list(c, kGroups) == 1 &&
                       SSL_CTX_set_tlsext_use_srtp(c, kSrtpProfiles) == 0;
  if (!is_made) return nullptr;
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(c, &accept_certificate, nullptr);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(c, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // One SSL_read per record; buffers go when empty.
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(c, 1);
  return context;
}

const EVP_MD* digest_named(std::string_view algorithm) {
  if (algorithm == "sha-256") return EVP_sha256();
  if (algorithm == "sha-384") return EVP_sha384();
  if (algorithm == "sha-512") return EVP_sha512();
  return nullptr;
}

}  // namespace

ByteVector fingerprint_digest(const X509& certificate, std::string_view algorithm) {
  const EVP_MD* digest = digest_named(algorithm);
  if (digest == nullptr) return {};
  ByteVector out(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (X509_digest(&certificate, digest, out.data(), &size) != 1) return {};
  out.resize(size);
  return out;
}

DtlsContext::DtlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DtlsContext::~DtlsContext() = default;

const DtlsFingerprint& DtlsContext::fingerprint() const { return impl_->fingerprint; }

Result<std::unique_ptr<DtlsContext>> DtlsContext::make(WallTime now, std::string_view common_name) {
  if (OpenSSL_version_num() >= kFirstUnknownOpenssl) {
    return fail(Error::Code::kUnimplemented, "DTLS timers are only known to work with OpenSSL 3.0 and 3.1");
  }
  const OpensslPtr<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const OpensslPtr<X509> certificate = key ? make_certificate(key.get(), now, common_name) : nullptr;
  auto impl = std::make_unique<Impl>();
  if (certificate) impl->openssl = make_openssl_context(certificate.get(), key.get());
  if (!impl->openssl) {
    ERR_clear_error();
    return fail(Error::Code::kInternal, "OpenSSL could not make the DTLS certificate or context");
  }
  impl->fingerprint.algorithm = "sha-256";
  impl->fingerprint.digest = fingerprint_digest(*certificate, impl->fingerprint.algorithm);
  return std::make_unique<DtlsContext>(std::move(impl));
}

}  // namespace parley::transport

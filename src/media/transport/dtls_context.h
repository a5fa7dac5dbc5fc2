#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

#include "media/transport/dtls.h"

namespace parley::transport {

/// Frees OpenSSL objects held by unique_ptr.
struct OpensslFree {
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(BIO_METHOD* p) const { BIO_meth_free(p); }
};
template <class T>
using OpensslPtr = std::unique_ptr<T, OpensslFree>;

/// What a DtlsContext hides from callers without OpenSSL's headers.
struct DtlsContext::Impl {
  OpensslPtr<SSL_CTX> openssl;
  DtlsFingerprint fingerprint;
};

/// The digest of `certificate` under an SDP hash name; empty for one that is not accepted.
ByteVector fingerprint_digest(const X509& certificate, std::string_view algorithm);

}  // namespace parley::transport

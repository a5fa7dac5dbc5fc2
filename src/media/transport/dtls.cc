#include "media/transport/dtls.h"

#include <openssl/err.h>
#include <openssl/srtp.h>
#include <sys/time.h>

#include <algorithm>

#include "base/check.h"
#include "media/transport/dtls_context.h"

// OpenSSL times its handshake flights with gettimeofday and tells the BIO about it: whenever it starts or stops its
// timer it passes the address of its own deadline with BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT. We let it set a deadline an
// hour away, keep one of ours in `now`, and when that has passed write a long past one to that address before we ask
// OpenSSL to handle its timeout. So no clock is ever decisive. OpenSSL 3.2 passes the address of a copy instead, which
// is why DtlsContext::make() refuses it.
#if OPENSSL_VERSION_NUMBER >= 0x30200000
#error "Check that BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT still passes the address of the timer itself."
#endif

namespace parley::transport {
namespace {

/// In microseconds: an hour, far beyond any handshake and within the type.
constexpr unsigned kNeverByItself = 3'600'000'000;
constexpr std::string_view kExporterLabel = "EXTRACTOR-dtls_srtp";  // RFC 5764 section 4.2.
/// DTLS 1.2 record with an AEAD suite: header 13, explicit nonce 8, tag 16 (RFC 6347 section 4.1, RFC 5288).
constexpr size_t kRecordOverhead = 37;

std::optional<SrtpProfile> profile_of(SSL* ssl) {
  const SRTP_PROTECTION_PROFILE* chosen = SSL_get_selected_srtp_profile(ssl);
  if (chosen == nullptr) return std::nullopt;
  switch (chosen->id) {
    case SRTP_AEAD_AES_128_GCM:
      return SrtpProfile::kAeadAes128Gcm;
    case SRTP_AEAD_AES_256_GCM:
      return SrtpProfile::kAeadAes256Gcm;
    case SRTP_AES128_CM_SHA1_80:
      return SrtpProfile::kAes128CmSha1_80;
    default:
      return std::nullopt;
  }
}

}  // namespace

struct DtlsEndpoint::Impl {
  Impl(const DtlsContext& context, DtlsRole with_role);

  // BIO side.
  int on_openssl_write(const char* data, int size);
  int on_openssl_read(char* data, int size);
  long on_openssl_control(int command, void* argument);

  void begin(Timestamp now);
  void advance(DtlsOutput& out);
  void finish_handshake();
  void verify_peer();
  void export_keys(SrtpProfile profile);
  void read_application(DtlsOutput& out);
  void on_openssl_error(int result);
  void fail_with(DtlsFailure why);
  void retransmit(DtlsOutput& out);
  bool write(ByteView data);
  void release_buffers();
  void ensure_buffers();

  DtlsRole role;
  OpensslPtr<SSL> ssl;
  DtlsState state = DtlsState::kNew;
  DtlsFailure failure = DtlsFailure::kNone;
  DtlsCounts counts;
  std::optional<DtlsFingerprint> expected;
  std::optional<DtlsSrtpKeys> keys;
  bool is_handshake_done = false;
  bool has_buffers = true;

  Timestamp now;
  Timestamp handshake_deadline = Timestamp::never();
  Timestamp retransmit_at = Timestamp::never();
  TimeDelta retransmit_after = kDtlsFirstRetransmit;
  timeval* openssl_deadline = nullptr;  ///< Inside `ssl`.
  bool is_retransmitting = false;

  ByteView input;             ///< The datagram that OpenSSL has yet to read.
  DtlsOutput* out = nullptr;  ///< Set while a public method runs.
};

namespace {

DtlsEndpoint::Impl* impl_of(BIO* bio) { return static_cast<DtlsEndpoint::Impl*>(BIO_get_data(bio)); }

int bio_write(BIO* bio, const char* data, int size) { return impl_of(bio)->on_openssl_write(data, size); }
int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const int got = impl_of(bio)->on_openssl_read(data, size);
  if (got < 0) BIO_set_retry_read(bio);
  return got;
}
long bio_control(BIO* bio, int command, long, void* argument) {
  return impl_of(bio)->on_openssl_control(command, argument);
}

/// One write is one datagram, one read takes one; nothing is kept.
const BIO_METHOD* datagram_bio() {
  static const OpensslPtr<BIO_METHOD> method = [] {
    OpensslPtr<BIO_METHOD> m(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "parley datagrams"));
    PARLEY_CHECK(m != nullptr);
    BIO_meth_set_write(m.get(), &bio_write);
    BIO_meth_set_read(m.get(), &bio_read);
    BIO_meth_set_ctrl(m.get(), &bio_control);
    return m;
  }();
  return method.get();
}

unsigned no_timer_of_its_own(SSL*, unsigned) { return kNeverByItself; }

/// Lends the outputs to the BIO for the length of one call.
class Lending {
 public:
  Lending(DtlsOutput*& slot, DtlsOutput& out) : slot_(slot) { slot_ = &out; }
  ~Lending() { slot_ = nullptr; }
  Lending(const Lending&) = delete;
  Lending& operator=(const Lending&) = delete;

 private:
  DtlsOutput*& slot_;
};

}  // namespace

DtlsEndpoint::Impl::Impl(const DtlsContext& context, DtlsRole with_role)
    : role(with_role), ssl(SSL_new(context.impl().openssl.get())) {
  PARLEY_CHECK(ssl != nullptr);
  BIO* bio = BIO_new(datagram_bio());
  PARLEY_CHECK(bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_mtu(ssl.get(), kDtlsMtu);
  DTLS_set_timer_cb(ssl.get(), &no_timer_of_its_own);
  if (role == DtlsRole::kServer) {
    SSL_set_accept_state(ssl.get());
  } else {
    SSL_set_connect_state(ssl.get());
  }
}

int DtlsEndpoint::Impl::on_openssl_write(const char* data, int size) {
  if (out != nullptr) out->datagrams.append(out->path, as_bytes({data, static_cast<size_t>(size)}));
  return size;
}

int DtlsEndpoint::Impl::on_openssl_read(char* data, int size) {
  if (input.empty()) return -1;
  const size_t taken = std::min(input.size(), static_cast<size_t>(size));
  std::copy_n(as_text(input).begin(), taken, data);
  input = {};
  return static_cast<int>(taken);
}

long DtlsEndpoint::Impl::on_openssl_control(int command, void* argument) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
      return kDtlsMtu;
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT: {
      openssl_deadline = static_cast<timeval*>(argument);
      const bool is_stopped = openssl_deadline->tv_sec == 0 && openssl_deadline->tv_usec == 0;
      if (!is_retransmitting) retransmit_after = kDtlsFirstRetransmit;
      retransmit_at = is_stopped ? Timestamp::never() : now + retransmit_after;
      return 1;
    }
    default:
      return 0;
  }
}

void DtlsEndpoint::Impl::begin(Timestamp at) {
  state = DtlsState::kHandshake;
  handshake_deadline = at + kDtlsHandshakeTimeout;
}

void DtlsEndpoint::Impl::fail_with(DtlsFailure why) {
  state = DtlsState::kFailed;
  failure = why;
  keys.reset();
  handshake_deadline = retransmit_at = Timestamp::never();
  ERR_clear_error();
}

void DtlsEndpoint::Impl::on_openssl_error(int result) {
  switch (SSL_get_error(ssl.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return;
    case SSL_ERROR_ZERO_RETURN:
      if (state == DtlsState::kConnected) {
        state = DtlsState::kClosed;
      } else {
        fail_with(DtlsFailure::kProtocol);
      }
      return;
    default:
      fail_with(DtlsFailure::kProtocol);
  }
}

void DtlsEndpoint::Impl::advance(DtlsOutput& to) {
  ERR_clear_error();
  if (!is_handshake_done) {
    const int result = SSL_do_handshake(ssl.get());
    if (result != 1) return on_openssl_error(result);
    finish_handshake();
  }
  if (state == DtlsState::kConnected || state == DtlsState::kHandshake) read_application(to);
}

void DtlsEndpoint::Impl::finish_handshake() {
  is_handshake_done = true;
  retransmit_at = Timestamp::never();
  const auto profile = profile_of(ssl.get());
  if (!profile) return fail_with(DtlsFailure::kNoSrtpProfile);
  export_keys(*profile);
  verify_peer();
}

void DtlsEndpoint::Impl::verify_peer() {
  if (!is_handshake_done || state != DtlsState::kHandshake || !expected) return;
  const OpensslPtr<X509> certificate(SSL_get1_peer_certificate(ssl.get()));
  const bool is_expected = certificate && !expected->digest.empty() &&
                           fingerprint_digest(*certificate, expected->algorithm) == expected->digest;
  if (!is_expected) return fail_with(DtlsFailure::kFingerprintMismatch);
  state = DtlsState::kConnected;
  handshake_deadline = Timestamp::never();
}

/// RFC 5764 section 4.2: client key, server key, client salt, server salt.
void DtlsEndpoint::Impl::export_keys(SrtpProfile profile) {
  const size_t key = key_size(profile);
  const size_t salt = salt_size(profile);
  std::array<uint8_t, 2 * (32 + 14)> material{};
  PARLEY_CHECK(SSL_export_keying_material(ssl.get(), material.data(), 2 * (key + salt), kExporterLabel.data(),
                                          kExporterLabel.size(), nullptr, 0, 0) == 1);
  ByteReader reader(material);
  SrtpMasterKey client{.profile = profile};
  SrtpMasterKey server{.profile = profile};
  std::ranges::copy(reader.bytes(key), client.key.begin());
  std::ranges::copy(reader.bytes(key), server.key.begin());
  std::ranges::copy(reader.bytes(salt), client.salt.begin());
  std::ranges::copy(reader.bytes(salt), server.salt.begin());
  keys = role == DtlsRole::kClient ? DtlsSrtpKeys{.local = client, .remote = server}
                                   : DtlsSrtpKeys{.local = server, .remote = client};
}

void DtlsEndpoint::Impl::read_application(DtlsOutput& to) {
  const size_t room = std::max<size_t>(input.size(), kSrtpMaxPacket);
  while (true) {
    uint8_t* record = to.application.reserve(room);
    const int size = SSL_read(ssl.get(), record, static_cast<int>(room));
    if (size <= 0) return on_openssl_error(size);
    // Nothing is believed from a peer that is not yet known to be the right one.
    if (state == DtlsState::kConnected) to.application.commit(Path{}, static_cast<size_t>(size));
  }
}

void DtlsEndpoint::Impl::retransmit(DtlsOutput& to) {
  PARLEY_CHECK(openssl_deadline != nullptr);
  retransmit_after = std::min(retransmit_after * 2, kDtlsMaxRetransmit);
  *openssl_deadline = {.tv_sec = 0, .tv_usec = 1};
  is_retransmitting = true;
  ERR_clear_error();
  const size_t before = to.datagrams.size();
  // OpenSSL gives up by itself after twelve of these.
  if (DTLSv1_handle_timeout(ssl.get()) < 0) fail_with(DtlsFailure::kTimeout);
  is_retransmitting = false;
  if (to.datagrams.size() > before) ++counts.retransmissions;
}

/// The record buffers are two thirds of an idle connection's memory, so they go after every call once the handshake is
/// done. Reading makes them anew; writing does not, and would crash.
void DtlsEndpoint::Impl::release_buffers() {
  if (!is_handshake_done || state == DtlsState::kFailed) return;
  has_buffers = SSL_free_buffers(ssl.get()) != 1;
}

void DtlsEndpoint::Impl::ensure_buffers() {
  uint8_t nothing = 0;
  if (!has_buffers) SSL_peek(ssl.get(), &nothing, 1);
  has_buffers = true;
  ERR_clear_error();
}

bool DtlsEndpoint::Impl::write(ByteView data) {
  ensure_buffers();
  const bool is_written = SSL_write(ssl.get(), data.data(), static_cast<int>(data.size())) > 0;
  release_buffers();
  return is_written;
}

DtlsEndpoint::DtlsEndpoint(const DtlsContext& context, DtlsRole role) : impl_(std::make_unique<Impl>(context, role)) {}
DtlsEndpoint::~DtlsEndpoint() = default;
DtlsEndpoint::DtlsEndpoint(DtlsEndpoint&&) noexcept = default;
DtlsEndpoint& DtlsEndpoint::operator=(DtlsEndpoint&&) noexcept = default;

void DtlsEndpoint::set_remote_fingerprint(DtlsFingerprint fingerprint) {
  impl_->expected = std::move(fingerprint);
  impl_->verify_peer();
}

void DtlsEndpoint::start(Timestamp now, DtlsOutput& out) {
  Impl& i = *impl_;
  if (i.role != DtlsRole::kClient || i.state != DtlsState::kNew) return;
  const Lending lending(i.out, out);
  i.now = now;
  i.begin(now);
  i.advance(out);
}

void DtlsEndpoint::on_datagram(ByteView datagram, Timestamp now, DtlsOutput& out) {
  Impl& i = *impl_;
  const bool is_over = i.state == DtlsState::kFailed || i.state == DtlsState::kClosed;
  const bool is_dtls = datagram.size() >= 13 && datagram[0] >= 20 && datagram[0] <= 63;
  if (is_over || !is_dtls || (i.role == DtlsRole::kClient && i.state == DtlsState::kNew)) {
    ++i.counts.ignored_datagrams;
    return;
  }
  const Lending lending(i.out, out);
  i.now = now;
  i.input = datagram;
  if (i.state == DtlsState::kNew) i.begin(now);
  i.advance(out);
  i.input = {};
  i.release_buffers();
}

void DtlsEndpoint::on_timer(Timestamp now, DtlsOutput& out) {
  Impl& i = *impl_;
  i.now = now;
  if (now >= i.handshake_deadline) return i.fail_with(DtlsFailure::kTimeout);
  if (now < i.retransmit_at) return;
  const Lending lending(i.out, out);
  i.retransmit(out);
}

Timestamp DtlsEndpoint::next_deadline() const { return earlier(impl_->handshake_deadline, impl_->retransmit_at); }

bool DtlsEndpoint::send(ByteView data, DtlsOutput& out) {
  Impl& i = *impl_;
  if (i.state != DtlsState::kConnected || data.empty() || data.size() + kRecordOverhead > kDtlsMtu) return false;
  const Lending lending(i.out, out);
  return i.write(data);
}

void DtlsEndpoint::close(DtlsOutput& out) {
  Impl& i = *impl_;
  if (i.state != DtlsState::kConnected) return;
  const Lending lending(i.out, out);
  i.ensure_buffers();
  SSL_shutdown(i.ssl.get());
  ERR_clear_error();
  i.state = DtlsState::kClosed;
}

DtlsState DtlsEndpoint::state() const { return impl_->state; }
DtlsFailure DtlsEndpoint::failure() const { return impl_->failure; }
const std::optional<DtlsSrtpKeys>& DtlsEndpoint::srtp_keys() const { return impl_->keys; }
const DtlsCounts& DtlsEndpoint::counts() const { return impl_->counts; }

}  // namespace parley::transport

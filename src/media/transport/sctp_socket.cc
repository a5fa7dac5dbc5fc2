#include "media/transport/sctp_socket.h"

#include <usrsctp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace parley::transport {
namespace {

/// A message being received may be as large as the largest, and others wait behind it.
constexpr int kReceiveBuffer = 2 * kSctpMaxIncomingMessage;
constexpr uint32_t kSctpHeader = 12;
/// usrsctp's own defaults are for the Internet at large (3 s, 1 s, 60 s). Loss here is a radio's and a call is live:
/// with a maximum of 10 s a join at 30 % loss was seen to wait for a minute.
constexpr uint32_t kInitialRto_ms = 500;
constexpr uint32_t kMinRto_ms = 200;
constexpr uint32_t kMaxRto_ms = 1'500;
/// ICE decides when a peer is gone. With the maximum above this lasts for a minute and a half.
constexpr uint16_t kMaxRetransmissions = 60;

/// From the library's own headers; the installed one leaves it out.
constexpr int kGetSendBufferUse = 0x00001101;
struct SendBufferUse {
  sctp_assoc_t association;
  uint32_t sending;
  uint32_t receiving;
};

sockaddr_conn make_address(void* pointer) {
  sockaddr_conn address{};
  address.sconn_family = AF_CONN;
  address.sconn_port = htons(kSctpPort);
  address.sconn_addr = pointer;
  return address;
}

/// The socket API's address type; the library reads it by its family.
sockaddr* generic(sockaddr_conn& address) { return static_cast<sockaddr*>(static_cast<void*>(&address)); }

std::vector<uint16_t> stream_list(ByteView event, size_t from) {
  std::vector<uint16_t> streams;
  for (size_t at = from; at + 2 <= event.size(); at += 2) {
    uint16_t stream = 0;
    std::memcpy(&stream, event.data() + at, 2);
    streams.push_back(stream);
  }
  return streams;
}

}  // namespace

SctpSocket::SctpSocket(std::shared_ptr<SctpOutbox> outbox) {
  const std::lock_guard lock(usrsctp_mutex());
  address_.emplace(std::move(outbox));
  socket_ = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, nullptr, nullptr, 0, nullptr);
  PARLEY_CHECK(socket_ != nullptr);
  PARLEY_CHECK(usrsctp_set_non_blocking(socket_, 1) == 0);
  set_options();
  sockaddr_conn local = make_address(address_->as_pointer());
  PARLEY_CHECK(usrsctp_bind(socket_, generic(local), sizeof local) == 0);
}

SctpSocket::~SctpSocket() {
  const std::lock_guard lock(usrsctp_mutex());
  usrsctp_close(socket_);
  address_.reset();
}

void SctpSocket::set_option(int level, int name, const void* value, size_t size) {
  PARLEY_CHECK(usrsctp_setsockopt(socket_, level, name, value, static_cast<socklen_t>(size)) == 0);
}

void SctpSocket::set_options() {
  // Closing sends ABORT and frees at once instead of lingering (RFC 8831 section 6.2 leaves the choice).
  const linger abort_on_close{.l_onoff = 1, .l_linger = 0};
  set_option(SOL_SOCKET, SO_LINGER, &abort_on_close, sizeof abort_on_close);
  const int send_buffer = kSctpSendBuffer;
  set_option(SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
  const int receive_buffer = kReceiveBuffer;
  set_option(SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const uint32_t on = 1;
  set_option(IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on);
  set_option(IPPROTO_SCTP, SCTP_RECVRCVINFO, &on, sizeof on);
  const sctp_assoc_value reset{.assoc_id = SCTP_ALL_ASSOC, .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ};
  set_option(IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &reset, sizeof reset);
  const sctp_initmsg init{.sinit_num_ostreams = kSctpStreams,
                          .sinit_max_instreams = kSctpStreams,
                          .sinit_max_attempts = kMaxRetransmissions,
                          .sinit_max_init_timeo = kMaxRto_ms};
  set_option(IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof init);
  const sctp_rtoinfo rto{
      .srto_assoc_id = 0, .srto_initial = kInitialRto_ms, .srto_max = kMaxRto_ms, .srto_min = kMinRto_ms};
  set_option(IPPROTO_SCTP, SCTP_RTOINFO, &rto, sizeof rto);
  sctp_assocparams association{};
  association.sasoc_asocmaxrxt = kMaxRetransmissions;
  set_option(IPPROTO_SCTP, SCTP_ASSOCINFO, &association, sizeof association);
  sctp_paddrparams path{};
  path.spp_flags = SPP_PMTUD_DISABLE | SPP_HB_ENABLE;
  path.spp_pathmtu = kSctpMtu - kSctpHeader;  // The library means what is behind the common header.
  path.spp_pathmaxrxt = kMaxRetransmissions;
  set_option(IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof path);
  for (const uint16_t type : {SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT}) {
    const sctp_event event{.se_assoc_id = SCTP_ALL_ASSOC, .se_type = type, .se_on = 1};
    set_option(IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event);
  }
}

void SctpSocket::connect() {
  const std::lock_guard lock(usrsctp_mutex());
  sockaddr_conn remote = make_address(address_->as_pointer());
  const int result = usrsctp_connect(socket_, generic(remote), sizeof remote);
  PARLEY_CHECK(result == 0 || errno == EINPROGRESS);
}

void SctpSocket::on_packet(ByteView packet) {
  const std::lock_guard lock(usrsctp_mutex());
  usrsctp_conninput(address_->as_pointer(), packet.data(), packet.size(), 0);
}

std::optional<SctpIndication> SctpSocket::poll() {
  const std::lock_guard lock(usrsctp_mutex());
  std::array<uint8_t, 16 * 1024> buffer;
  while (true) {
    sctp_rcvinfo info{};
    socklen_t info_size = sizeof info;
    unsigned info_type = 0;
    int flags = 0;
    const ssize_t size =
        usrsctp_recvv(socket_, buffer.data(), buffer.size(), nullptr, nullptr, &info, &info_size, &info_type, &flags);
    if (size <= 0) return std::nullopt;
    const ByteView piece(buffer.data(), static_cast<size_t>(size));
    const bool is_notification = (flags & MSG_NOTIFICATION) != 0;
    ByteVector& whole = is_notification ? notification_ : partial_;
    whole.insert(whole.end(), piece.begin(), piece.end());
    if (whole.size() > kSctpMaxIncomingMessage) return SctpDown{};
    if ((flags & MSG_EOR) == 0) continue;
    if (!is_notification) {
      return SctpIncomingMessage{
          .stream = info.rcv_sid, .ppid = ntohl(info.rcv_ppid), .payload = std::exchange(partial_, {})};
    }
    if (auto indication = on_notification(std::exchange(notification_, {}))) return indication;
  }
}

std::optional<SctpIndication> SctpSocket::on_notification(ByteView bytes) {
  uint16_t type = 0;
  if (bytes.size() < sizeof type) return std::nullopt;
  std::memcpy(&type, bytes.data(), sizeof type);
  if (type == SCTP_ASSOC_CHANGE && bytes.size() >= sizeof(sctp_assoc_change)) {
    sctp_assoc_change change;
    std::memcpy(&change, bytes.data(), sizeof change);
    if (change.sac_state == SCTP_COMM_UP) return SctpUp{};
    // A restarted association has lost its streams' state with the peer's memory; we do not keep ours either.
    return SctpDown{};
  }
  if (type == SCTP_STREAM_RESET_EVENT && bytes.size() >= sizeof(sctp_stream_reset_event)) {
    sctp_stream_reset_event event;
    std::memcpy(&event, bytes.data(), sizeof event);
    std::vector<uint16_t> streams = stream_list(bytes, sizeof event);
    const bool is_refused = (event.strreset_flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED)) != 0;
    if ((event.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) != 0 && !is_refused) {
      return SctpIncomingReset{std::move(streams)};
    }
    return SctpOutgoingReset{.streams = std::move(streams), .is_done = !is_refused};
  }
  return std::nullopt;
}

std::expected<void, SctpSendError> SctpSocket::send(const SctpSendOptions& options, ByteView payload) {
  sctp_sendv_spa info{};
  info.sendv_flags = SCTP_SEND_SNDINFO_VALID;
  info.sendv_sndinfo.snd_sid = options.stream;
  info.sendv_sndinfo.snd_ppid = htonl(static_cast<uint32_t>(options.ppid));
  if (options.order == DataOrder::kUnordered) info.sendv_sndinfo.snd_flags = SCTP_UNORDERED;
  if (options.max_retransmits || options.max_lifetime_ms) {
    info.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    info.sendv_prinfo.pr_policy = options.max_retransmits ? SCTP_PR_SCTP_RTX : SCTP_PR_SCTP_TTL;
    info.sendv_prinfo.pr_value = options.max_retransmits ? *options.max_retransmits : *options.max_lifetime_ms;
  }
  const std::lock_guard lock(usrsctp_mutex());
  const ssize_t sent =
      usrsctp_sendv(socket_, payload.data(), payload.size(), nullptr, 0, &info, sizeof info, SCTP_SENDV_SPA, 0);
  if (sent >= 0) return {};
  const bool is_full = errno == EWOULDBLOCK || errno == EAGAIN || errno == ENOBUFS || errno == EMSGSIZE;
  return std::unexpected(is_full ? SctpSendError::kBufferFull : SctpSendError::kNotConnected);
}

SctpResetResult SctpSocket::reset_stream(uint16_t stream) {
  std::array<uint8_t, sizeof(sctp_reset_streams) + sizeof(uint16_t)> request{};
  sctp_reset_streams head{};
  head.srs_flags = SCTP_STREAM_RESET_OUTGOING;
  head.srs_number_streams = 1;
  std::memcpy(request.data(), &head, sizeof head);
  std::memcpy(request.data() + sizeof head, &stream, sizeof stream);
  const std::lock_guard lock(usrsctp_mutex());
  if (usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_RESET_STREAMS, request.data(),
                         static_cast<socklen_t>(request.size())) == 0) {
    return SctpResetResult::kStarted;
  }
  return errno == EALREADY || errno == EAGAIN ? SctpResetResult::kBusy : SctpResetResult::kUnsupported;
}

size_t SctpSocket::buffered_amount() const {
  const std::lock_guard lock(usrsctp_mutex());
  SendBufferUse use{};
  socklen_t size = sizeof use;
  if (usrsctp_getsockopt(socket_, IPPROTO_SCTP, kGetSendBufferUse, &use, &size) != 0) return 0;
  return use.sending;
}

}  // namespace parley::transport

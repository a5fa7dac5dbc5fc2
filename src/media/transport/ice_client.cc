#include <algorithm>

#include "media/transport/ice.h"
#include "media/wire/stun.h"

namespace parley::transport {
namespace {

/// RFC 8445 section 14.2 paces checks by 50 ms; with one candidate this is also the retransmission.
constexpr TimeDelta kCheckInterval = TimeDelta::millis(50);
/// As LiveKit's clients do; RFC 7675 section 5.1 asks for 5 s give or take 20 %.
constexpr TimeDelta kConsentInterval = TimeDelta::seconds(2);
/// Checks whose answer is still of use, newest kept.
constexpr size_t kMaxPending = 64;
/// RFC 8445 section 5.1.2.1: a peer-reflexive candidate of highest local preference.
constexpr uint32_t kPriority = 110u << 24 | 65535u << 8 | 255;

}  // namespace

IceClient::IceClient(IceCredentials local, Rng& rng)
    : local_(std::move(local)), rng_(&rng), tie_breaker_(rng.next_u64()) {}

void IceClient::connect(const Path& server, IceCredentials remote, Timestamp now) {
  target_ = server;
  remote_ = std::move(remote);
  pending_.clear();
  next_check_ = now;
  last_answer_ = now;
  if (state_ == IceState::kFailed) state_ = IceState::kNew;
}

void IceClient::send_check(Timestamp now, PacketBatch& out) {
  wire::BindingRequest check;
  rng_->fill(check.transaction_id);
  check.username = remote_.ufrag + ":" + local_.ufrag;
  check.priority = kPriority;
  check.role = wire::IceRole::kControlling;
  check.tie_breaker = tie_breaker_;
  check.use_candidate = true;  // One candidate: there is nothing to choose.
  uint8_t* buffer = out.reserve(wire::kStunMaxSize);
  const size_t size =
      wire::serialize_stun(wire::make_binding_request(check), as_bytes(remote_.pwd), {buffer, wire::kStunMaxSize});
  if (size > 0) out.commit(*target_, size);
  if (pending_.size() >= kMaxPending) pending_.erase(pending_.begin());
  pending_.push_back(check.transaction_id);
  next_check_ = now + (state_ == IceState::kConnected && selected_ == target_ ? kConsentInterval : kCheckInterval);
}

StunVerdict IceClient::on_stun(const Path& from, ByteView datagram, Timestamp now, PacketBatch&) {
  const auto message = wire::parse_stun(datagram);
  if (!message) return StunVerdict::kMalformed;
  if (message->message_class != wire::StunClass::kSuccess) return StunVerdict::kIgnored;
  const auto asked = std::ranges::find(pending_, message->transaction_id);
  if (asked == pending_.end()) return StunVerdict::kIgnored;
  if (!wire::verify_integrity(datagram, as_bytes(remote_.pwd))) return StunVerdict::kBadIntegrity;
  // RFC 8445 section 7.2.5.2.1: an answer from elsewhere does not count.
  if (from != target_) return StunVerdict::kIgnored;
  pending_.erase(pending_.begin(), asked + 1);
  if (state_ != IceState::kConnected || selected_ != from) next_check_ = now + kConsentInterval;
  selected_ = from;
  last_answer_ = now;
  state_ = IceState::kConnected;
  return StunVerdict::kAccepted;
}

void IceClient::on_timer(Timestamp now, PacketBatch& out) {
  if (!target_) return;
  if (now >= last_answer_ + kIceDisconnectAfter && state_ == IceState::kConnected) state_ = IceState::kDisconnected;
  if (now >= last_answer_ + kIceDisconnectAfter + kIceFailAfter) {
    state_ = IceState::kFailed;
    target_.reset();
    selected_.reset();
    return;
  }
  if (now >= next_check_) send_check(now, out);
}

Timestamp IceClient::next_deadline() const {
  if (!target_) return Timestamp::never();
  const TimeDelta patience = state_ == IceState::kConnected ? kIceDisconnectAfter : kIceDisconnectAfter + kIceFailAfter;
  return earlier(next_check_, last_answer_ + patience);
}

}  // namespace parley::transport

#include <algorithm>

#include "media/transport/ice.h"
#include "media/wire/stun.h"

namespace parley::transport {
namespace {

void answer(const wire::StunMessage& message, std::string_view pwd, const Path& to, PacketBatch& out) {
  uint8_t* buffer = out.reserve(wire::kStunMaxSize);
  const size_t size = wire::serialize_stun(message, as_bytes(pwd), {buffer, wire::kStunMaxSize});
  if (size > 0) out.commit(to, size);
}

}  // namespace

IceCredentials IceCredentials::make(Rng& rng) { return {.ufrag = rng.base62(8), .pwd = rng.base62(32)}; }

const IceCredentials* IceLite::match_user(std::string_view receiver_ufrag) const {
  if (receiver_ufrag == current_.ufrag) return &current_;
  if (previous_ && receiver_ufrag == previous_->ufrag) return &*previous_;
  return nullptr;
}

StunVerdict IceLite::on_stun(const Path& from, ByteView datagram, Timestamp now, PacketBatch& out) {
  const auto message = wire::parse_stun(datagram);
  if (!message) return StunVerdict::kMalformed;
  // RFC 8445 section 11: indications keep bindings alive and say nothing. Answers cannot be ours: lite sends no checks.
  if (message->message_class != wire::StunClass::kRequest) return StunVerdict::kIgnored;
  // RFC 8445 section 7.1: a check carries USERNAME, MESSAGE-INTEGRITY and FINGERPRINT.
  if (message->method != wire::StunMethod::kBinding || !message->username || !message->has_integrity ||
      !message->has_fingerprint) {
    return StunVerdict::kMalformed;
  }
  const auto user = wire::split_username(*message->username);
  const IceCredentials* credentials = user ? match_user(user->receiver) : nullptr;
  if (credentials == nullptr) return StunVerdict::kWrongUser;
  if (!wire::verify_integrity(datagram, as_bytes(credentials->pwd))) return StunVerdict::kBadIntegrity;

  if (is_replay(message->transaction_id, from, now)) return StunVerdict::kIgnored;

  // RFC 8445 section 9: only a restart brings a failed session back.
  if (state_ == IceState::kFailed) return StunVerdict::kIgnored;

  // RFC 8489 section 6.3.1: what must be understood and is not gets a 420 that names it.
  if (!message->unknown_required.empty()) {
    wire::StunMessage error =
        wire::make_binding_error(message->transaction_id, wire::kStunUnknownAttribute, "Unknown Attribute");
    error.unknown_attributes = message->unknown_required;
    answer(error, credentials->pwd, from, out);
    return StunVerdict::kRefused;
  }
  // RFC 8445 section 7.3.1.1: both controlled. A lite agent with a full peer is always controlled (section 6.1.1), so
  // the peer has to switch, whatever the tie-breakers.
  if (message->ice_controlled) {
    answer(wire::make_binding_error(message->transaction_id, wire::kStunRoleConflict, "Role Conflict"),
           credentials->pwd, from, out);
    return StunVerdict::kRefused;
  }
  answer(wire::make_binding_success(message->transaction_id, from.remote), credentials->pwd, from, out);
  accept_check(from, credentials == &current_ ? Generation::kCurrent : Generation::kPrevious,
               message->use_candidate ? Nomination::kYes : Nomination::kNo, now);
  return StunVerdict::kAccepted;
}

bool IceLite::is_replay(const std::array<uint8_t, 12>& transaction, const Path& from, Timestamp now) {
  ByteReader reader(transaction);
  const SeenCheck check{.transaction = reader.u64(),
                        .path_hash = static_cast<uint32_t>(std::hash<Path>{}(from)),
                        .first_s = static_cast<uint32_t>(now.ms() / 1000)};
  const auto before = std::ranges::find(seen_, check.transaction, &SeenCheck::transaction);
  if (before != seen_.end()) {
    const bool is_retransmission =
        before->path_hash == check.path_hash && check.first_s - before->first_s <= kIceRetransmission.ms() / 1000;
    return !is_retransmission;
  }
  if (seen_.size() < kIceRememberedChecks) {
    seen_.push_back(check);
    return false;
  }
  seen_[oldest_seen_] = check;
  oldest_seen_ = (oldest_seen_ + 1) % seen_.size();
  return false;
}

void IceLite::accept_check(const Path& from, Generation generation, Nomination nomination, Timestamp now) {
  remember(from, now);
  last_check_ = now;
  state_ = IceState::kConnected;
  if (nomination == Nomination::kYes && (generation == Generation::kCurrent || !current_has_nominated_)) {
    // The newest nomination counts: the client moved, or found a better path.
    selected_ = from;
    if (generation == Generation::kCurrent) {
      current_has_nominated_ = true;
      previous_.reset();
    }
  } else if (!selected_) {
    // Before nomination the first path that works serves, so that DTLS need not wait (RFC 8445 section 12.1.1).
    selected_ = from;
  }
}

void IceLite::remember(const Path& from, Timestamp now) {
  const auto known = std::ranges::find(paths_, from, &KnownPath::path);
  if (known != paths_.end()) {
    known->last_check = now;
    return;
  }
  if (paths_.size() >= kIceMaxPaths) {
    const auto age = [this](const KnownPath& p) { return p.path == selected_ ? Timestamp::never() : p.last_check; };
    paths_.erase(std::ranges::min_element(paths_, {}, age));
  }
  paths_.push_back({from, now});
}

void IceLite::on_timer(Timestamp now) {
  if (now < next_deadline()) return;
  if (state_ == IceState::kConnected) state_ = IceState::kDisconnected;
  if (state_ == IceState::kDisconnected && now >= next_deadline()) {
    state_ = IceState::kFailed;
    paths_.clear();
    selected_.reset();
  }
}

Timestamp IceLite::next_deadline() const {
  if (state_ == IceState::kConnected) return last_check_ + kIceDisconnectAfter;
  if (state_ == IceState::kDisconnected) return last_check_ + kIceDisconnectAfter + kIceFailAfter;
  return Timestamp::never();
}

void IceLite::restart(IceCredentials local) {
  // Of several restarts in a row the one in use counts as the previous.
  if (!previous_ || current_has_nominated_) previous_ = std::move(current_);
  current_ = std::move(local);
  current_has_nominated_ = false;
  if (state_ == IceState::kFailed) state_ = IceState::kNew;
}

bool IceLite::is_validated(const Path& path) const {
  return path == selected_ || std::ranges::find(paths_, path, &KnownPath::path) != paths_.end();
}

}  // namespace parley::transport

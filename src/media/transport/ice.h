#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/packet_batch.h"
#include "base/rng.h"
#include "base/time.h"
#include "media/wire/ice_candidate.h"

namespace parley::transport {

struct IceCredentials {
  std::string ufrag;
  std::string pwd;
  /// 8 and 32 characters: 47 and 190 bits; RFC 8445 section 5.3 asks for 24 and 128.
  static IceCredentials make(Rng& rng);
  bool operator==(const IceCredentials&) const = default;
};

enum class IceState : uint8_t {
  kNew,           ///< No authenticated check yet. No time limit here: signalling has one.
  kConnected,     ///< There is a path and consent.
  kDisconnected,  ///< Consent is older than kIceDisconnectAfter; may come back.
  kFailed,        ///< kIceFailAfter later. Checks are ignored until a restart.
};

/// RFC 7675 section 5.1 lets consent live 30 s; LiveKit's clients wait 10 s and 5 s more before they act, and so do we.
inline constexpr TimeDelta kIceDisconnectAfter = TimeDelta::seconds(10);
inline constexpr TimeDelta kIceFailAfter = TimeDelta::seconds(5);
/// Remote addresses remembered per agent. A client with two networks, two address families, TCP and a relay has
/// fewer; the one idle longest gives way.
inline constexpr size_t kIceMaxPaths = 16;

enum class StunVerdict : uint8_t {
  kAccepted,      ///< An authenticated check (lite) or answer (client).
  kIgnored,       ///< Indications, and answers to nothing.
  kMalformed,     ///< Not parseable, or without what a check must have.
  kWrongUser,     ///< USERNAME does not name us.
  kBadIntegrity,  ///< Wrong password.
  kRefused,       ///< Authentic, answered with an error (role conflict, unknown attribute).
};
inline constexpr size_t kStunVerdicts = 6;

/// Checks remembered per agent, so that a recorded one does nothing when sent again: over four minutes of consent
/// checks at one in two seconds, in 2 kB.
inline constexpr size_t kIceRememberedChecks = 128;
/// A check is retransmitted for this long at most: RFC 8489 section 6.2.1, with its first interval of 500 ms and seven
/// sends.
inline constexpr TimeDelta kIceRetransmission = TimeDelta::seconds(40);

/// The controlled lite agent of one peer (RFC 8445 section 2.5). Answers checks, learns remote addresses from
/// authenticated checks only (peer-reflexive, section 7.3.1.3), follows nomination, and watches consent. Never sends
/// anything unasked, and answers nothing to a sender that does not know the password: RFC 8489 section 9.1.3 would
/// answer 401, which only helps to use us as a reflector. Owner: one shard.
class IceLite {
 public:
  explicit IceLite(IceCredentials local) : current_(std::move(local)) {}

  StunVerdict on_stun(const Path& from, ByteView datagram, Timestamp now, PacketBatch& out);
  void on_timer(Timestamp now);
  Timestamp next_deadline() const;

  /// New credentials (RFC 8445 section 9). Checks under the old ones are answered, and the old path stays, until the
  /// new generation nominates one.
  void restart(IceCredentials local);

  IceState state() const { return state_; }
  const IceCredentials& local() const { return current_; }
  /// The generation before a restart that is still accepted.
  const std::optional<IceCredentials>& previous() const { return previous_; }
  /// Where to send: the newest nominated path, before nomination the first validated one.
  const std::optional<Path>& selected() const { return selected_; }
  /// True when an authenticated check came over `path`.
  bool is_validated(const Path& path) const;

 private:
  struct KnownPath {
    Path path;
    Timestamp last_check;
  };
  const IceCredentials* match_user(std::string_view receiver_ufrag) const;
  enum class Generation : uint8_t { kCurrent, kPrevious };
  enum class Nomination : uint8_t { kYes, kNo };
  void accept_check(const Path& from, Generation generation, Nomination nomination, Timestamp now);
  void remember(const Path& from, Timestamp now);
  struct SeenCheck {
    uint64_t transaction;  ///< The first eight of its twelve random bytes.
    uint32_t path_hash;
    uint32_t first_s;  ///< When it came first, seconds.
  };
  /// True when this check came before from elsewhere, or too long ago for a retransmission: anyone on the way can
  /// record a check and send it from an address of his own, which would move the media there. Otherwise remembers it.
  bool is_replay(const std::array<uint8_t, 12>& transaction, const Path& from, Timestamp now);

  IceCredentials current_;
  std::optional<IceCredentials> previous_;
  std::vector<SeenCheck> seen_;  ///< A ring.
  size_t oldest_seen_ = 0;
  std::vector<KnownPath> paths_;
  std::optional<Path> selected_;
  Timestamp last_check_;
  IceState state_ = IceState::kNew;
  bool current_has_nominated_ = false;
};

/// A controlling agent with one remote candidate, for simulation, tests and the load generator: checks it, nominates
/// it, keeps consent.
class IceClient {
 public:
  /// `rng` must outlive it: transaction ids and the tie-breaker.
  IceClient(IceCredentials local, Rng& rng);

  /// Begins (or, with new credentials or another path, restarts) checking.
  void connect(const Path& server, IceCredentials remote, Timestamp now);
  StunVerdict on_stun(const Path& from, ByteView datagram, Timestamp now, PacketBatch& out);
  void on_timer(Timestamp now, PacketBatch& out);
  Timestamp next_deadline() const;

  IceState state() const { return state_; }
  const IceCredentials& local() const { return local_; }
  void set_local(IceCredentials local) { local_ = std::move(local); }
  const std::optional<Path>& selected() const { return selected_; }
  bool is_validated(const Path& path) const { return selected_ && *selected_ == path; }

 private:
  void send_check(Timestamp now, PacketBatch& out);

  IceCredentials local_;
  IceCredentials remote_;
  Rng* rng_;
  uint64_t tie_breaker_;
  std::optional<Path> target_;
  std::optional<Path> selected_;
  std::vector<std::array<uint8_t, 12>> pending_;  ///< Transaction ids, newest last.
  Timestamp next_check_ = Timestamp::never();
  Timestamp last_answer_;
  IceState state_ = IceState::kNew;
};

/// Host candidates for the addresses we are reachable at: UDP before TCP (passive, RFC 6544 section 4.5), earlier
/// addresses preferred.
std::vector<wire::IceCandidate> make_host_candidates(std::span<const SocketAddress> udp,
                                                     std::span<const SocketAddress> tcp);

}  // namespace parley::transport

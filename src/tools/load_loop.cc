#include "tools/load_loop.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <random>

#include "media/shard/clock.h"

namespace parley::tools {
namespace {

constexpr uint64_t kSignalTag = ~uint64_t{0};
/// How often the phase is looked at.
constexpr TimeDelta kLook = TimeDelta::millis(50);
/// For the server to answer our goodbyes.
constexpr TimeDelta kGoodbye = TimeDelta::seconds(2);
/// Of `lk`: a second of quiet, then five of speech.
constexpr TimeDelta kSpeakerInterval = TimeDelta::seconds(6);

/// Three descriptors per participant are more than the usual soft limit of 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

shard::Fd catch_signals() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return shard::Fd(signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK));
}

uint64_t random_seed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

void announce(const char* line) {
  std::puts(line);
  std::fflush(stdout);
}

}  // namespace

Result<std::unique_ptr<LoadLoop>> LoadLoop::make(const LoadOptions& options, LoadPlan plan) {
  std::unique_ptr<LoadLoop> loop(new LoadLoop(options, std::move(plan)));
  TesterContext& context = loop->context_;
  const auto server = resolve(context.plan.host, context.plan.port);
  if (!server) return std::unexpected(server.error());
  context.server = *server;
  auto dtls = transport::DtlsContext::make(shard::read_clock().wall);
  if (!dtls) return std::unexpected(dtls.error());
  raise_descriptor_limit();
  context.dtls = std::move(*dtls);
  context.sctp = std::make_unique<transport::SctpStack>();
  context.mailbox = std::make_shared<transport::SctpMailbox>();
  context.udp_buffers = shard::make_udp_buffers();
  context.rng = std::make_unique<SeededRng>(random_seed());
  context.key = {options.api_key, Redacted<std::string>(options.api_secret)};
  if (options.no_gro) context.coalescing = shard::UdpSocket::Coalescing::kOff;
  if (options.single_peer_connection) context.mode = client::ConnectionMode::kSingle;
  loop->epoll_ = shard::Fd(epoll_create1(EPOLL_CLOEXEC));
  context.epoll = loop->epoll_.get();
  loop->signals_ = catch_signals();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kSignalTag;
  epoll_ctl(context.epoll, EPOLL_CTL_ADD, loop->signals_.get(), &event);
  loop->make_testers();
  return loop;
}

void LoadLoop::make_testers() {
  const std::string base =
      options_.room.empty() ? "testroom" + std::to_string(context_.rng->below(1000)) : options_.room;
  const std::string prefix = options_.identity_prefix.empty() ? context_.rng->base62(5) : options_.identity_prefix;
  const int publishers = std::max(options_.video_publishers, options_.audio_publishers);
  for (int room = 0; room < options_.rooms; ++room) {
    for (int i = 0; i < publishers + options_.subscribers; ++i) {
      const bool is_publisher = i < publishers;
      TesterRole role{.index = testers_.size(),
                      .room = options_.rooms == 1 ? base : base + "-" + std::to_string(room),
                      .identity = prefix + (is_publisher ? "_pub_" : "_") + std::to_string(i),
                      .publishes_audio = i < options_.audio_publishers,
                      .publishes_video = i < options_.video_publishers,
                      .subscribes = !is_publisher || options_.publishers_subscribe};
      testers_.push_back(std::make_unique<Tester>(std::move(role), context_));
    }
  }
  scheduled_.assign(testers_.size(), Timestamp::never());
}

LoadResult LoadLoop::run() {
  next_start_ = next_sctp_ = last_sctp_ = shard::read_clock().mono;
  while (phase_ != Phase::kDone) {
    wait(shard::read_clock());
    const Now now = shard::read_clock();
    start_testers(now);
    run_timers(now);
    if (next_sctp_ <= now.mono) run_sctp(now);
    if (options_.simulate_speakers && next_speaker_ <= now.mono) simulate_speaker(now);
    if (next_look_ <= now.mono) advance(now);
  }
  return finish(shard::read_clock());
}

void LoadLoop::wait(Now now) {
  std::array<epoll_event, 256> events;
  Timestamp until = earlier(next_sctp_, next_look_);
  if (started_ < testers_.size()) until = earlier(until, next_start_);
  if (!timers_.empty()) until = earlier(until, timers_.top().at);
  const TimeDelta left = std::max(until - now.mono, TimeDelta::zero());
  const timespec timeout{left.us() / 1'000'000, left.us() % 1'000'000 * 1000};
  const int count = epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  const Timestamp begin = shard::read_clock().mono;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    on_epoll_event(event.data.u64, event.events, shard::read_clock());
  }
  slowest_turn_ = std::max(slowest_turn_, shard::read_clock().mono - begin);
}

void LoadLoop::on_epoll_event(uint64_t tag, uint32_t events, Now now) {
  if (tag == kSignalTag) {
    phase_ends_ = now.mono;
    if (phase_ == Phase::kMeasuring) return;
    phase_ = Phase::kDone;  // Ended before anything was measured.
    return;
  }
  const size_t tester = tag / kSocketsPerTester;
  testers_[tester]->on_ready(static_cast<TesterSocket>(tag % kSocketsPerTester), events, now);
  schedule(tester);
}

void LoadLoop::start_testers(Now now) {
  const auto interval = TimeDelta::micros(static_cast<int64_t>(1e6 / options_.num_per_second));
  while (started_ < testers_.size() && next_start_ <= now.mono) {
    testers_[started_]->start(now);
    schedule(started_++);
    next_start_ += interval;
  }
}

void LoadLoop::schedule(size_t tester) {
  const Timestamp at = testers_[tester]->next_deadline();
  if (at >= scheduled_[tester]) return;
  scheduled_[tester] = at;
  timers_.push({at, tester});
}

void LoadLoop::run_timers(Now now) {
  while (!timers_.empty() && timers_.top().at <= now.mono) {
    const Due due = timers_.top();
    timers_.pop();
    if (scheduled_[due.tester] != due.at) continue;
    scheduled_[due.tester] = Timestamp::never();
    Tester& tester = *testers_[due.tester];
    if (tester.next_deadline() <= now.mono) tester.on_timer(now);
    schedule(due.tester);
  }
}

void LoadLoop::run_sctp(Now now) {
  context_.sctp->on_timer(now.mono - last_sctp_);
  last_sctp_ = now.mono;
  next_sctp_ = now.mono + transport::kSctpTimerPeriod;
  if (context_.mailbox->empty()) return;
  context_.mailbox->take(sctp_tags_);
  for (const uint64_t tag : sctp_tags_) {
    const size_t tester = tag / client::kConnections;
    testers_[tester]->collect_sctp(static_cast<client::ConnectionIndex>(tag % client::kConnections), now);
    schedule(tester);
  }
}

void LoadLoop::simulate_speaker(Now now) {
  next_speaker_ = now.mono + kSpeakerInterval;
  const auto speakers = static_cast<uint64_t>(std::max(options_.video_publishers, options_.audio_publishers));
  if (speakers > 0 && started_ >= speakers) testers_[context_.rng->below(speakers)]->simulate_speakers();
}

void LoadLoop::advance(Now now) {
  next_look_ = now.mono + kLook;
  if (phase_ == Phase::kJoining) {
    const bool is_over =
        started_ == testers_.size() &&
        std::ranges::all_of(testers_, &Tester::is_settled, [](const auto& t) -> const Tester& { return *t; });
    if (!is_over) return;
    phase_ = Phase::kWarmUp;
    phase_ends_ = now.mono + context_.plan.warm_up;
  }
  if (phase_ == Phase::kWarmUp && phase_ends_ <= now.mono) {
    phase_ = Phase::kMeasuring;
    before_ = sum();
    measured_from_ = now.mono;
    slowest_turn_ = {};
    const bool is_endless = context_.plan.duration == TimeDelta::zero();
    phase_ends_ = is_endless ? Timestamp::never() : now.mono + context_.plan.duration;
    announce("measuring");
  } else if (phase_ == Phase::kMeasuring && phase_ends_ <= now.mono) {
    phase_ = Phase::kDone;
    announce("measured");
  }
}

LoadTotals LoadLoop::sum() const {
  LoadTotals totals;
  for (const auto& tester : testers_) tester->add_totals(totals);
  return totals;
}

void LoadLoop::say_goodbye(Timestamp until) {
  const auto is_gone = [](const auto& tester) { return tester->is_gone(); };
  for (Now now = shard::read_clock(); now.mono < until && !std::ranges::all_of(testers_, is_gone);) {
    next_look_ = next_sctp_ = now.mono + kLook;
    wait(now);
    now = shard::read_clock();
  }
}

LoadResult LoadLoop::finish(Now now) {
  LoadResult result;
  result.participants = testers_.size();
  result.totals = difference(sum(), before_);
  if (measured_from_ > Timestamp()) result.window = now.mono - measured_from_;
  result.slowest_turn = slowest_turn_;
  for (const auto& tester : testers_) {
    if (!tester->error().empty()) result.errors.push_back(tester->error());
    if (tester->error().empty() && tester->join_time()) ++result.joined;
    if (const auto time = tester->join_time()) result.join_times.push_back(*time);
    if (const auto time = tester->first_media_time()) result.media_times.push_back(*time);
    tester->stop();
  }
  say_goodbye(now.mono + kGoodbye);
  return result;
}

}  // namespace parley::tools

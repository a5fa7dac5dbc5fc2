#include <usrsctp.h>

#include <unordered_map>

#include "base/check.h"
#include "media/transport/sctp.h"
#include "media/transport/sctp_association.h"
#include "media/transport/sctp_outbox.h"

namespace parley::transport {
namespace {

struct Registry {
  std::unordered_map<uint64_t, std::shared_ptr<SctpOutbox>> outboxes;
  uint64_t last_number = 0;
};
/// Process-wide because usrsctp is. Under usrsctp_mutex().
Registry& registry() {
  static Registry the_one;
  return the_one;
}

void* pointer_of(uint64_t number) { return reinterpret_cast<void*>(static_cast<uintptr_t>(number)); }
uint64_t number_of(void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

std::atomic<bool> stack_exists{false};

}  // namespace

void SctpMailbox::post(uint64_t tag) {
  const std::lock_guard lock(mutex_);
  tags_.push_back(tag);
  has_mail_.store(true, std::memory_order_release);
}

void SctpMailbox::take(std::vector<uint64_t>& tags) {
  tags.clear();
  const std::lock_guard lock(mutex_);
  tags.swap(tags_);
  has_mail_.store(false, std::memory_order_release);
}

void SctpOutbox::push(ByteView packet) {
  bool is_to_announce = false;
  {
    const std::lock_guard lock(mutex_);
    if (packets_.size() >= kSctpMaxQueuedPackets) {
      ++dropped_;
      return;
    }
    packets_.append(Path{}, packet);
    is_to_announce = !is_owner_inside_ && !is_announced_;
    is_announced_ |= is_to_announce;
  }
  if (is_to_announce && mailbox_) mailbox_->post(tag_);
}

void SctpOutbox::announce() {
  {
    const std::lock_guard lock(mutex_);
    if (is_owner_inside_ || is_announced_) return;
    is_announced_ = true;
  }
  if (mailbox_) mailbox_->post(tag_);
}

void SctpOutbox::owner_enters() {
  const std::lock_guard lock(mutex_);
  is_owner_inside_ = true;
}

void SctpOutbox::take(PacketBatch& out) {
  const std::lock_guard lock(mutex_);
  for (const auto& entry : packets_.entries()) out.append(Path{}, packets_.datagram(entry));
  packets_.clear();
  is_owner_inside_ = false;
  is_announced_ = false;
}

uint64_t SctpOutbox::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

std::mutex& usrsctp_mutex() {
  static std::mutex the_one;
  return the_one;
}

SctpAddress::SctpAddress(std::shared_ptr<SctpOutbox> outbox) : number_(++registry().last_number) {
  registry().outboxes.emplace(number_, std::move(outbox));
  usrsctp_register_address(as_pointer());
}

SctpAddress::~SctpAddress() {
  usrsctp_deregister_address(as_pointer());
  registry().outboxes.erase(number_);
}

void* SctpAddress::as_pointer() const { return pointer_of(number_); }

int SctpAddress::on_output(void* address, void* data, size_t size, uint8_t, uint8_t) {
  const auto found = registry().outboxes.find(number_of(address));
  if (found != registry().outboxes.end()) found->second->push(ByteView(static_cast<const uint8_t*>(data), size));
  return 0;
}

SctpStack::SctpStack() {
  PARLEY_CHECK(!stack_exists.exchange(true));
  const std::lock_guard lock(usrsctp_mutex());
  // Once per process and never usrsctp_finish(): that destroys a mutex which another usrsctp_init_nothreads() does not
  // make again, and which is locked all the same.
  static bool is_initialised = false;
  if (is_initialised) return;
  is_initialised = true;
  usrsctp_init_nothreads(0, &SctpAddress::on_output, nullptr);
  usrsctp_sysctl_set_sctp_ecn_enable(0);     // Nothing below DTLS can mark.
  usrsctp_sysctl_set_sctp_asconf_enable(0);  // There are no addresses to change.
  usrsctp_sysctl_set_sctp_auth_enable(0);    // DTLS does it.
  usrsctp_sysctl_set_sctp_blackhole(2);      // Answer nothing that belongs to no association.
  usrsctp_sysctl_set_sctp_delayed_sack_time_default(20);
  usrsctp_sysctl_set_sctp_initial_cwnd(10);
}

SctpStack::~SctpStack() {
  const std::lock_guard lock(usrsctp_mutex());
  // Closed sockets go when their last timers have run; half a minute of the stack's time covers the longest.
  for (int tick = 0; tick < 3000; ++tick) usrsctp_handle_timers(10);
  stack_exists = false;
}

void SctpStack::on_timer(TimeDelta elapsed) {
  const std::lock_guard lock(usrsctp_mutex());
  remainder_ = remainder_ + elapsed;
  const int64_t whole_ms = remainder_.ms();
  if (whole_ms <= 0) return;
  remainder_ = remainder_ - TimeDelta::millis(whole_ms);
  usrsctp_handle_timers(static_cast<uint32_t>(whole_ms));
}

std::unique_ptr<SctpAssociation> SctpStack::make_association(DtlsRole role, std::shared_ptr<SctpMailbox> mailbox,
                                                             uint64_t tag) {
  return std::make_unique<UsrsctpAssociation>(role, std::make_shared<SctpOutbox>(std::move(mailbox), tag));
}

}  // namespace parley::transport

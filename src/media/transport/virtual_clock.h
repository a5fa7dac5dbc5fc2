#pragma once

#include "base/time.h"

namespace parley::transport {

/// For test programs only. usrsctp asks gettimeofday how long a chunk has been under way before it retransmits, so in
/// virtual time, which runs ahead of the real one, losses would last for minutes. A test program that includes
/// virtual_clock_impl.h in one of its sources answers gettimeofday itself, and its simulation advances the answer
/// beside SctpStack::on_timer(). Thread-safe.
void advance_virtual_clock(TimeDelta by);

}  // namespace parley::transport

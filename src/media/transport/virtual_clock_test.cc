// The test program runs in virtual time.
#include "media/transport/virtual_clock_impl.h"

#include "media/transport/virtual_clock_impl.h"

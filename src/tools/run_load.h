#pragma once

#include "tools/load_options.h"

namespace parley::tools {

/// Joins simulated participants to a server over real sockets, lets them publish and receive, and prints what came.
/// On standard output the lines "measuring" and "measured" bound the window that counts. Exit code: 0, 1 when a
/// participant failed, 2 when an option is wrong.
int run_load_test(const LoadOptions& options);

}  // namespace parley::tools

#pragma once

#include <cstdio>

#include "server/config_sources.h"

namespace parley::server {

/// `parley doctor`: tries what the configuration names (database, LiveKit, sign-in provider, ports, disk, clock) and
/// writes a line for each, "ok", "warn" or "FAIL", with the variable and the place where it is to be mended. Changes
/// nothing. False when something must be mended before the server can do its work.
bool run_doctor(const ConfigSources& sources, std::FILE* out);

}  // namespace parley::server

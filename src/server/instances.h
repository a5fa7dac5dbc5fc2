#pragma once

#include <memory>
#include <string>

#include "adapters/store/instance_lock.h"
#include "base/rng.h"
#include "product/ports/bus.h"
#include "server/config.h"

namespace parley::server {

/// Sees to it that instances which share a database know of each other (docs/adr/0006-several-instances.md): those with
/// REDIS_URL and LIVEKIT_URL may be several, any other is alone or refused. The error is one sentence that names what
/// to set. After the migration, which any number may start at once.
Result<std::unique_ptr<store::InstanceLock>> join_instances(const Config& config, const std::string& database_url);

/// The bus of REDIS_URL, or one of this process. `rng` outlives it. The error names REDIS_URL.
Result<std::unique_ptr<product::Bus>> make_bus(const Config& config, Rng& rng);

/// Prometheus text format 0.0.4.
std::string bus_to_prometheus(const product::BusStats& stats);

}  // namespace parley::server

#pragma once

#include <memory>

#include "media/livekit/token.h"
#include "net/http_server.h"
#include "server/media_node.h"

namespace parley::server {

/// Answers one call under `/twirp`: checks the token's grants (reference 6.2), runs it on the room's shard, answers
/// when it has been applied.
void serve_twirp(const std::shared_ptr<net::HttpExchange>& exchange, const livekit::KeyStore& keys, MediaNode& node);

}  // namespace parley::server

#pragma once

#include "base/time.h"
#include "media/sfu/track.h"
#include "media/stream/packet_pool.h"
#include "media/wire/rtp.h"
#include "media/wire/rtp_extensions.h"

namespace parley::sfu {

/// What an audio packet is taken to last for the speaker measurement: Opus as every WebRTC client sends it.
inline constexpr TimeDelta kAudioPacketTime = TimeDelta::millis(20);

/// Copies what subscribers need of the RTP header into the cell that holds the packet.
void fill_header(stream::PacketCell& cell, const wire::RtpView& rtp, const wire::ExtensionIds& extensions);

/// Reads the payload (after RTX was unwrapped): key frame, VP8 descriptor.
void fill_media(stream::PacketCell& cell, const Track& track);

}  // namespace parley::sfu

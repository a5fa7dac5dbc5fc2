#include "media/sfu/media_peer.h"

#include <algorithm>

namespace parley::sfu {
namespace {

const ReceiveCodec* codec_of(const ReceiveSection& section, uint8_t payload_type) {
  for (const ReceiveCodec& codec : section.codecs) {
    if (codec.payload_type == payload_type || codec.rtx_payload_type == payload_type) return &codec;
  }
  return nullptr;
}

std::optional<std::string_view> text_extension(const wire::RtpView& packet, uint8_t id) {
  if (id == 0) return std::nullopt;
  const auto bytes = packet.extension(id);
  return bytes ? wire::parse_sdes_text(*bytes) : std::nullopt;
}

}  // namespace

void MediaPeer::refresh_route() {
  route_ = {};
  if (transport_.may_send()) route_ = {transport_.srtp(), *transport_.path()};
}

void MediaPeer::set_receive(std::vector<ReceiveSection> sections, const wire::ExtensionIds& extensions) {
  sections_ = std::move(sections);
  extensions_ = extensions;
  // Bindings point into the old sections: find each one's section again by its track, or let it be resolved anew.
  for (auto it = bindings_.begin(); it != bindings_.end();) {
    ReceiveBinding& binding = it->second;
    const auto section = std::find_if(sections_.begin(), sections_.end(),
                                      [&](const ReceiveSection& s) { return s.track && s.track == binding.track; });
    binding.section = section == sections_.end() ? nullptr : &*section;
    it = binding.section ? std::next(it) : bindings_.erase(it);
  }
}

const ReceiveSection* MediaPeer::section_by_payload_type(uint8_t payload_type) const {
  const ReceiveSection* only = nullptr;
  for (const ReceiveSection& section : sections_) {
    if (!section.track || !codec_of(section, payload_type)) continue;
    if (only) return nullptr;
    only = &section;
  }
  return only;
}

std::optional<MediaPeer::Identified> MediaPeer::identify(const wire::RtpView& packet) const {
  using enum wire::RtpExtensionKind;
  for (const ReceiveSection& section : sections_) {
    for (const DeclaredSsrc& declared : section.ssrcs) {
      if (declared.ssrc == packet.ssrc) return Identified{&section, 0, false};
      if (declared.rtx_ssrc == packet.ssrc) return Identified{&section, 0, true};
    }
  }
  const auto mid = text_extension(packet, extensions_.id_of(kMid));
  const ReceiveSection* section = nullptr;
  if (mid) {
    const auto it = std::find_if(sections_.begin(), sections_.end(), [&](const auto& s) { return s.mid == *mid; });
    if (it != sections_.end()) section = &*it;
  } else {
    section = section_by_payload_type(packet.payload_type);
  }
  if (!section) return std::nullopt;
  const ReceiveCodec* codec = codec_of(*section, packet.payload_type);
  if (!codec) return std::nullopt;
  const bool is_rtx = codec->payload_type != packet.payload_type;
  const auto rid = text_extension(packet, extensions_.id_of(is_rtx ? kRepairedRid : kRid));
  if (section->rids.empty()) return Identified{section, 0, is_rtx};
  if (!rid) return std::nullopt;  // A simulcast layer is only known by its rid.
  for (const RidLayer& row : section->rids) {
    if (row.rid == *rid) return Identified{section, row.layer, is_rtx};
  }
  return std::nullopt;
}

ReceiveBinding* MediaPeer::resolve(const wire::RtpView& packet) {
  if (bindings_.size() >= kMaxBindings) return nullptr;
  const auto found = identify(packet);
  if (!found || !found->section->track) return nullptr;
  const ReceiveCodec* codec = codec_of(*found->section, packet.payload_type);
  if (!codec) return nullptr;
  Track* track = found->section->track;
  ReceiveBinding binding{track, nullptr, found->section, found->layer, found->is_rtx};
  if (found->is_rtx) {
    // A repair stream is worth nothing before the stream it repairs.
    if (!track->layers()[static_cast<size_t>(found->layer)]) return nullptr;
  } else {
    if (track->codec() == Codec::kUnknown) track->set_codec(codec->codec);
    binding.stream = &track->layer(found->layer, packet.ssrc, codec->clock_rate);
    // A second SSRC for one layer replaces the first.
    std::erase_if(bindings_, [&](const auto& e) {
      return e.second.track == track && e.second.layer == found->layer && !e.second.is_rtx;
    });
  }
  return &bindings_.insert_or_assign(packet.ssrc, binding).first->second;
}

void MediaPeer::forget_track(const Track* track) {
  std::erase_if(bindings_, [&](const auto& entry) { return entry.second.track == track; });
  for (ReceiveSection& section : sections_) {
    if (section.track == track) section.track = nullptr;
  }
}

void MediaPeer::add_subscription(Subscription* subscription) {
  subscriptions_.push_back(subscription);
  send_by_ssrc_[subscription->params().ssrc] = subscription;
  if (subscription->params().rtx_ssrc != 0) send_by_ssrc_[subscription->params().rtx_ssrc] = subscription;
}

void MediaPeer::remove_subscription(Subscription* subscription) {
  std::erase(subscriptions_, subscription);
  std::erase_if(send_by_ssrc_, [&](const auto& entry) { return entry.second == subscription; });
}

}  // namespace parley::sfu

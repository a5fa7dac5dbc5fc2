#include "media/client/stamp.h"

namespace parley::client {
namespace {
constexpr uint32_t kMagic = 0x50'4c'53'54;  // "PLST"
}

void Stamp::write(ByteWriter& out) const {
  out.u32(kMagic);
  out.u32(publisher);
  out.u32(number);
  out.u64(static_cast<uint64_t>(sent.us()));
}

std::optional<Stamp> Stamp::read(ByteView bytes) {
  ByteReader in(bytes);
  if (in.u32() != kMagic) return std::nullopt;
  Stamp stamp;
  stamp.publisher = in.u32();
  stamp.number = in.u32();
  stamp.sent = Timestamp::micros(static_cast<int64_t>(in.u64()));
  if (!in.ok()) return std::nullopt;
  return stamp;
}

}  // namespace parley::client

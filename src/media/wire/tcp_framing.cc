#include "media/wire/tcp_framing.h"

#include <algorithm>

#include "base/check.h"

namespace parley::wire {
namespace {

/// A first allocation that holds a few ordinary packets; a connection that sends only those never needs more.
constexpr size_t kInitialBuffer = 4096;

}  // namespace

void write_tcp_frame_prefix(MutableByteView out, size_t packet_size) {
  PARLEY_CHECK(out.size() >= kTcpFramePrefixSize && packet_size <= kTcpFrameMaxSize);
  out[0] = static_cast<uint8_t>(packet_size >> 8);
  out[1] = static_cast<uint8_t>(packet_size);
}

TcpDeframer::TcpDeframer(size_t max_frame) : max_frame_(std::min(max_frame, kTcpFrameMaxSize)) {}

size_t TcpDeframer::append(ByteView bytes) {
  if (failed_ || bytes.empty()) return 0;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const size_t most = max_frame_ + kTcpFramePrefixSize;
  const size_t wanted = std::min(end_ + bytes.size(), most);
  if (buffer_.size() < wanted) buffer_.resize(std::min(most, std::max({wanted, buffer_.size() * 2, kInitialBuffer})));
  const size_t taken = std::min(bytes.size(), buffer_.size() - end_);
  std::memcpy(buffer_.data() + end_, bytes.data(), taken);
  end_ += taken;
  return taken;
}

std::optional<ByteView> TcpDeframer::next() {
  while (!failed_ && end_ - begin_ >= kTcpFramePrefixSize) {
    const size_t size = static_cast<size_t>(buffer_[begin_]) << 8 | buffer_[begin_ + 1];
    if (size > max_frame_) {
      failed_ = true;
      break;
    }
    if (end_ - begin_ - kTcpFramePrefixSize < size) break;
    const ByteView packet = ByteView(buffer_).subspan(begin_ + kTcpFramePrefixSize, size);
    begin_ += kTcpFramePrefixSize + size;
    if (size > 0) return packet;
  }
  return std::nullopt;
}

}  // namespace parley::wire

#include "base/socket_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

namespace parley {
namespace {
constexpr std::array<uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
}  // namespace

SocketAddress SocketAddress::v4(uint32_t host_order_ip, uint16_t port) {
  SocketAddress a;
  std::memcpy(a.ip_.data(), kMappedPrefix.data(), 12);
  ByteWriter(MutableByteView(a.ip_).subspan(12)).u32(host_order_ip);
  a.port_ = port;
  return a;
}

SocketAddress SocketAddress::v6(ByteView ip16, uint16_t port) {
  SocketAddress a;
  if (ip16.size() == 16) std::memcpy(a.ip_.data(), ip16.data(), 16);
  a.port_ = port;
  return a;
}

std::optional<SocketAddress> SocketAddress::parse(std::string_view ip, uint16_t port) {
  const std::string text(ip);  // inet_pton wants a terminator.
  std::array<uint8_t, 16> raw{};
  if (inet_pton(AF_INET, text.c_str(), raw.data()) == 1) {
    return v4(ByteReader(ByteView(raw).first(4)).u32(), port);
  }
  if (inet_pton(AF_INET6, text.c_str(), raw.data()) == 1) return v6(raw, port);
  return std::nullopt;
}

bool SocketAddress::is_v4() const { return std::memcmp(ip_.data(), kMappedPrefix.data(), 12) == 0; }

uint32_t SocketAddress::v4_host_order() const { return ByteReader(ByteView(ip_).subspan(12)).u32(); }

bool SocketAddress::is_loopback() const {
  if (is_v4()) return ip_[12] == 127;
  static constexpr std::array<uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return ip_ == kLoopback;
}

bool SocketAddress::is_link_local() const {
  if (is_v4()) return ip_[12] == 169 && ip_[13] == 254;
  return ip_[0] == 0xfe && (ip_[1] & 0xc0) == 0x80;
}

bool SocketAddress::is_unspecified() const {
  if (is_v4()) return v4_host_order() == 0;
  return ip_ == std::array<uint8_t, 16>{};
}

SocketAddress SocketAddress::with_port(uint16_t port) const {
  SocketAddress a = *this;
  a.port_ = port;
  return a;
}

std::string SocketAddress::ip_text() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (is_v4()) {
    inet_ntop(AF_INET, ip_.data() + 12, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, ip_.data(), text, sizeof text);
  }
  return text;
}

std::string SocketAddress::to_string() const {
  return is_v4() ? fmt::format("{}:{}", ip_text(), port_) : fmt::format("[{}]:{}", ip_text(), port_);
}

}  // namespace parley

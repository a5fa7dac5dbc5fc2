#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace parley {

/// An IPv4 or IPv6 address and port as a plain value. IPv4 is held in its v4-mapped form, so one comparison serves
/// both and a dual-stack socket's addresses equal those parsed from text. Zone ids are not kept.
class SocketAddress {
 public:
  constexpr SocketAddress() = default;
  static SocketAddress v4(uint32_t host_order_ip, uint16_t port);
  static SocketAddress v6(ByteView ip16, uint16_t port);
  /// From a numeric address ("192.0.2.1", "2001:db8::1"), never a host name; nullopt when it is not one.
  static std::optional<SocketAddress> parse(std::string_view ip, uint16_t port);

  bool is_v4() const;
  bool is_loopback() const;
  bool is_link_local() const;
  bool is_unspecified() const;
  uint16_t port() const { return port_; }
  SocketAddress with_port(uint16_t port) const;
  /// 16 bytes in network order; v4-mapped for IPv4.
  const std::array<uint8_t, 16>& ip() const { return ip_; }
  uint32_t v4_host_order() const;
  /// "192.0.2.1", "2001:db8::1".
  std::string ip_text() const;
  /// "192.0.2.1:5000", "[2001:db8::1]:5000".
  std::string to_string() const;

  constexpr auto operator<=>(const SocketAddress&) const = default;
  size_t hash() const {
    uint64_t a, b;
    std::memcpy(&a, ip_.data(), 8);
    std::memcpy(&b, ip_.data() + 8, 8);
    uint64_t h = (a ^ (b * 0x9e3779b97f4a7c15) ^ port_) * 0xff51afd7ed558ccd;
    return static_cast<size_t>(h ^ (h >> 32));
  }

 private:
  std::array<uint8_t, 16> ip_{};
  uint16_t port_ = 0;
};

}  // namespace parley

template <>
struct std::hash<parley::SocketAddress> {
  size_t operator()(const parley::SocketAddress& a) const noexcept { return a.hash(); }
};

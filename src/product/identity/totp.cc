#include "product/identity/totp.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/check.h"
#include "product/identity/secrets.h"

namespace parley::product::identity {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr int kDigits = 6;

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("-._~").contains(c);
    if (is_plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<uint8_t>(c)));
    }
  }
  return out;
}

}  // namespace

std::string hotp(ByteView secret, uint64_t counter, int digits) {
  std::array<uint8_t, 8> message{};
  ByteWriter(message).u64(counter);
  std::array<uint8_t, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  PARLEY_CHECK(HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), message.data(), message.size(),
                    mac.data(), &size));
  ByteReader reader(ByteView(mac).subspan(mac[size - 1] & 0x0f, 4));
  const uint32_t number = reader.u32() & 0x7fff'ffff;
  uint32_t modulus = 1;
  for (int i = 0; i < digits; ++i) modulus *= 10;
  return fmt::format("{:0{}}", number % modulus, digits);
}

std::optional<int64_t> match_totp(ByteView secret, std::string_view code, WallTime now, int64_t last_step) {
  const int64_t present = now.unix_s() / kTotpPeriodSeconds;
  std::optional<int64_t> match;
  for (int64_t step = present - kTotpSkew; step <= present + kTotpSkew; ++step) {
    const bool is_equal = equals_in_constant_time(hotp(secret, static_cast<uint64_t>(step), kDigits), code);
    if (is_equal && step > last_step && !match) match = step;
  }
  return match;
}

std::string base32_encode(ByteView bytes) {
  std::string out;
  uint32_t bits = 0;
  int held = 0;
  for (const uint8_t byte : bytes) {
    bits = (bits << 8 | byte) & 0xfff;
    for (held += 8; held >= 5; held -= 5) out += kAlphabet[bits >> (held - 5) & 31];
  }
  if (held > 0) out += kAlphabet[bits << (5 - held) & 31];
  return out;
}

std::optional<ByteVector> base32_decode(std::string_view text) {
  ByteVector out;
  uint32_t bits = 0;
  int held = 0;
  for (char c : text) {
    if (c == ' ') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    const size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 5 | static_cast<uint32_t>(value)) & 0xfff;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<uint8_t>(bits >> held));
  }
  return out;
}

std::string make_totp_url(std::string_view issuer, std::string_view account, std::string_view base32_secret) {
  return fmt::format("otpauth://totp/{0}:{1}?secret={2}&issuer={0}&algorithm=SHA1&digits=6&period=30",
                     percent_encode(issuer), percent_encode(account), base32_secret);
}

}  // namespace parley::product::identity

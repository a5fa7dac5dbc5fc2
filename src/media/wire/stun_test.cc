#include "media/wire/stun.h"

#include <gtest/gtest.h>

#include "media/wire/test_bytes.h"

namespace parley::wire {
namespace {

constexpr std::string_view kPassword = "VOkJxbRl1RmTxUk/WvJxBt";

/// RFC 5769 section 2.1.
const ByteVector kSampleRequest = from_hex(
    "00010058 2112a442 b7e7a701bc34d686fa87dfae"
    "80220010 5354554e207465737420636c69656e74"
    "00240004 6e0001ff"
    "80290008 932ff9b151263b36"
    "00060009 6576746a3a68367659202020"
    "00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004 e57a3bcf");

/// RFC 5769 section 2.2.
const ByteVector kSampleResponseV4 = from_hex(
    "0101003c 2112a442 b7e7a701bc34d686fa87dfae"
    "8022000b 7465737420766563746f7220"
    "00200008 0001a147e112a643"
    "00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004 c07d4c96");

/// RFC 5769 section 2.3.
const ByteVector kSampleResponseV6 = from_hex(
    "01010048 2112a442 b7e7a701bc34d686fa87dfae"
    "8022000b 7465737420766563746f7220"
    "00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014 a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004 c8fb0b4c");

const StunTransactionId kId{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

ByteVector write(const StunMessage& message, std::string_view key = kPassword) {
  ByteVector out(kStunMaxSize);
  out.resize(serialize_stun(message, as_bytes(key), out));
  return out;
}

BindingRequest sample_check() {
  BindingRequest check;
  check.transaction_id = kId;
  check.username = "server:client";
  check.priority = 0x6e7f1eff;
  check.tie_breaker = 0x0123456789abcdef;
  check.use_candidate = true;
  return check;
}

TEST(Stun, ReadsTheSampleRequestOfRfc5769) {
  const auto message = parse_stun(kSampleRequest);
  ASSERT_TRUE(message.has_value()) << to_string(message.error());
  EXPECT_EQ(message->message_class, StunClass::kRequest);
  EXPECT_EQ(message->method, StunMethod::kBinding);
  EXPECT_EQ(message->transaction_id[0], 0xb7);
  EXPECT_EQ(message->transaction_id[11], 0xae);
  EXPECT_EQ(message->username, "evtj:h6vY");
  EXPECT_EQ(message->priority, 0x6e0001ffu);
  EXPECT_EQ(message->ice_controlled, 0x932ff9b151263b36u);
  EXPECT_FALSE(message->ice_controlling.has_value());
  EXPECT_TRUE(message->has_integrity);
  EXPECT_TRUE(message->has_fingerprint);
  EXPECT_TRUE(message->unknown_required.empty());
  EXPECT_TRUE(verify_integrity(kSampleRequest, as_bytes(kPassword)));
}

TEST(Stun, ReadsTheSampleResponsesOfRfc5769) {
  const auto v4 = parse_stun(kSampleResponseV4);
  ASSERT_TRUE(v4.has_value());
  EXPECT_EQ(v4->message_class, StunClass::kSuccess);
  EXPECT_EQ(v4->xor_mapped_address, SocketAddress::parse("192.0.2.1", 32853));
  EXPECT_TRUE(verify_integrity(kSampleResponseV4, as_bytes(kPassword)));

  const auto v6 = parse_stun(kSampleResponseV6);
  ASSERT_TRUE(v6.has_value());
  EXPECT_EQ(v6->xor_mapped_address, SocketAddress::parse("2001:db8:1234:5678:11:2233:4455:6677", 32853));
  EXPECT_TRUE(verify_integrity(kSampleResponseV6, as_bytes(kPassword)));
}

TEST(Stun, IntegrityFailsUnderAnotherKeyOrAfterAChange) {
  EXPECT_FALSE(verify_integrity(kSampleRequest, as_bytes("VOkJxbRl1RmTxUk/WvJxBu")));
  EXPECT_FALSE(verify_integrity(kSampleRequest, {}));
  ByteVector changed = kSampleRequest;
  changed[45] ^= 1;  // In PRIORITY.
  EXPECT_FALSE(verify_integrity(changed, as_bytes(kPassword)));
}

TEST(Stun, IntegrityFailsWhenThereIsNone) {
  EXPECT_FALSE(verify_integrity(write(make_binding_indication(kId)), as_bytes(kPassword)));
}

TEST(Stun, AWrongFingerprintIsRefused) {
  ByteVector changed = kSampleRequest;
  changed.back() ^= 1;
  EXPECT_EQ(parse_stun(changed).error(), StunError::kBadFingerprint);
}

TEST(Stun, ACheckSurvivesTheRoundTripAndVerifies) {
  const StunMessage message = make_binding_request(sample_check());
  const ByteVector bytes = write(message);
  EXPECT_EQ(parse_stun(bytes), message);
  EXPECT_EQ(message.ice_controlling, 0x0123456789abcdefu);
  EXPECT_TRUE(verify_integrity(bytes, as_bytes(kPassword)));
}

TEST(Stun, AControlledCheckCarriesItsTieBreakerAsSuch) {
  BindingRequest check = sample_check();
  check.role = IceRole::kControlled;
  const auto message = parse_stun(write(make_binding_request(check)));
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->ice_controlled, check.tie_breaker);
  EXPECT_FALSE(message->ice_controlling.has_value());
}

TEST(Stun, SuccessSurvivesTheRoundTripForBothFamilies) {
  for (const char* ip : {"203.0.113.7", "2001:db8::7"}) {
    const StunMessage message = make_binding_success(kId, *SocketAddress::parse(ip, 50000));
    const ByteVector bytes = write(message);
    EXPECT_EQ(parse_stun(bytes), message) << ip;
    EXPECT_TRUE(verify_integrity(bytes, as_bytes(kPassword)));
  }
}

TEST(Stun, ErrorsCarryCodeReasonAndUnknownAttributes) {
  StunMessage message = make_binding_error(kId, kStunUnknownAttribute, "Unknown Attribute");
  message.unknown_attributes = {0x0003, 0x0004, 0x0005};
  EXPECT_EQ(parse_stun(write(message)), message);
}

TEST(Stun, AnIndicationHasAFingerprintOnly) {
  const StunMessage message = make_binding_indication(kId);
  const ByteVector bytes = write(message);
  EXPECT_EQ(bytes.size(), kStunHeaderSize + 8);
  EXPECT_EQ(parse_stun(bytes), message);
}

TEST(Stun, UnknownRequiredAttributesAreListedAndOptionalOnesAreNot) {
  const auto message =
      parse_stun(from_hex("00010010 2112a442 000000000000000000000000 00330004 00000000 c0570004 00000000"));
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->unknown_required, std::vector<uint16_t>{0x0033});
}

TEST(Stun, AttributesBehindIntegrityAreIgnored) {
  StunMessage message;
  message.has_integrity = true;
  ByteVector bytes = write(message);
  const ByteVector use_candidate = from_hex("00250000");
  bytes.insert(bytes.end(), use_candidate.begin(), use_candidate.end());
  bytes[3] = static_cast<uint8_t>(bytes[3] + 4);
  const auto parsed = parse_stun(bytes);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_FALSE(parsed->use_candidate) << "anyone could have added it";
  EXPECT_TRUE(verify_integrity(bytes, as_bytes(kPassword)));
}

TEST(Stun, OfRepeatedAttributesTheFirstCounts) {
  const auto message =
      parse_stun(from_hex("00010010 2112a442 000000000000000000000000 00060001 61000000 00060001 62000000"));
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->username, "a");
}

TEST(Stun, MalformedMessagesAreRefusedByCause) {
  const ByteVector header = from_hex("00010000 2112a442 000000000000000000000000");
  EXPECT_TRUE(parse_stun(header).has_value());
  EXPECT_EQ(parse_stun(ByteView(header).first(19)).error(), StunError::kTooShort);
  EXPECT_EQ(parse_stun(from_hex("00010004 2112a442 000000000000000000000000")).error(), StunError::kTooShort);
  EXPECT_EQ(parse_stun(from_hex("00010000 2112a443 000000000000000000000000")).error(), StunError::kNotStun);
  EXPECT_EQ(parse_stun(from_hex("40010000 2112a442 000000000000000000000000")).error(), StunError::kNotStun);
  EXPECT_EQ(parse_stun(from_hex("00010000 2112a442 000000000000000000000000 00")).error(), StunError::kTrailingBytes);
  EXPECT_EQ(parse_stun(from_hex("00010004 2112a442 000000000000000000000000 00060001")).error(),
            StunError::kBadAttribute);
  EXPECT_EQ(parse_stun(from_hex("00010008 2112a442 000000000000000000000000 00240003 00000000")).error(),
            StunError::kBadAttribute);
  EXPECT_EQ(parse_stun(ByteVector(kStunMaxSize + 4)).error(), StunError::kTooLong);
}

TEST(Stun, WritingFailsWhenItDoesNotFitOrPassesALimit) {
  StunMessage message = make_binding_request(sample_check());
  const size_t size = write(message).size();
  ByteVector small(size - 1);
  EXPECT_EQ(serialize_stun(message, as_bytes(kPassword), small), 0u);
  ByteVector exact(size);
  EXPECT_EQ(serialize_stun(message, as_bytes(kPassword), exact), size);
  message.username = std::string(kStunMaxUsername + 1, 'x');
  EXPECT_TRUE(write(message).empty());
}

TEST(Stun, TheLargestMessageWithinTheLimitsFits) {
  StunMessage message = make_binding_error(kId, 699, std::string(kStunMaxReason, 'r'));
  message.username = std::string(kStunMaxUsername, 'u');
  message.priority = 1;
  message.use_candidate = true;
  message.ice_controlled = 1;
  message.ice_controlling = 2;
  message.xor_mapped_address = *SocketAddress::parse("2001:db8::7", 1);
  message.unknown_attributes.assign(kStunMaxUnknownAttributes, 1);
  EXPECT_EQ(parse_stun(write(message)), message);
}

TEST(Stun, EveryMethodAndClassSurvivesTheTypeField) {
  for (uint16_t method = 0; method < 0x1000; method = static_cast<uint16_t>(method + 0x111)) {
    for (const StunClass c : {StunClass::kRequest, StunClass::kIndication, StunClass::kSuccess, StunClass::kError}) {
      StunMessage message;
      message.method = static_cast<StunMethod>(method);
      message.message_class = c;
      EXPECT_EQ(parse_stun(write(message)), message) << method;
    }
  }
}

TEST(Stun, AUsernameHasTwoPartsAroundOneColon) {
  const auto parts = split_username("server:client");
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->receiver, "server");
  EXPECT_EQ(parts->sender, "client");
  EXPECT_FALSE(split_username("server").has_value());
  EXPECT_FALSE(split_username("a:b:c").has_value());
}

}  // namespace
}  // namespace parley::wire

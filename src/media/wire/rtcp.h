#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/units.h"
#include "media/wire/ntp.h"
#include "media/wire/transport_feedback.h"

namespace parley::wire {

/// RTCP packet types (RFC 3550 section 12.1, RFC 4585 section 6.1, RFC 3611).
enum class RtcpType : uint8_t {
  kSenderReport = 200,
  kReceiverReport = 201,
  kSourceDescription = 202,
  kBye = 203,
  kApp = 204,
  kTransportFeedback = 205,  ///< RTPFB
  kPayloadFeedback = 206,    ///< PSFB
  kExtendedReport = 207,
};

/// RFC 3550 section 6.4.1.
struct ReportBlock {
  static constexpr size_t kSize = 24;
  uint32_t ssrc = 0;
  uint8_t fraction_lost = 0;    ///< In 1/256 since the last report.
  int32_t cumulative_lost = 0;  ///< Signed 24 bits; clamped to that when written.
  uint32_t extended_highest_sequence = 0;
  uint32_t jitter = 0;                          ///< RTP clock units.
  uint32_t last_sender_report = 0;              ///< NtpTime::compact() of the last SR received; 0 for none.
  uint32_t delay_since_last_sender_report = 0;  ///< 1/65536 s.
  bool operator==(const ReportBlock&) const = default;
  static ReportBlock read(ByteReader& r);
  void write(ByteWriter& w) const;
};

/// A lost packet and a bit mask of the 16 that follow (RFC 4585 section 6.2.1).
struct NackItem {
  static constexpr size_t kSize = 4;
  uint16_t packet_id = 0;
  uint16_t bitmask = 0;
  bool operator==(const NackItem&) const = default;
  static NackItem read(ByteReader& r);
};

/// RFC 5104 section 4.3.1.
struct FirItem {
  static constexpr size_t kSize = 8;
  uint32_t ssrc = 0;
  uint8_t sequence = 0;  ///< Repeats carry the same number.
  bool operator==(const FirItem&) const = default;
  static FirItem read(ByteReader& r);
};

struct SsrcItem {
  static constexpr size_t kSize = 4;
  uint32_t ssrc = 0;
  bool operator==(const SsrcItem&) const = default;
  static SsrcItem read(ByteReader& r);
};

/// Records of one fixed size inside a packet, decoded when touched.
template <class T>
class RecordList {
 public:
  class Iterator {
   public:
    Iterator(const RecordList* list, size_t index) : list_(list), index_(index) {}
    T operator*() const { return (*list_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& o) const { return index_ == o.index_; }

   private:
    const RecordList* list_;
    size_t index_;
  };

  RecordList() = default;
  explicit RecordList(ByteView bytes) : bytes_(bytes) {}
  size_t size() const { return bytes_.size() / T::kSize; }
  bool empty() const { return size() == 0; }
  /// `index` < size(); a default record beyond it.
  T operator[](size_t index) const {
    if (index >= size()) return T{};
    ByteReader r(bytes_.subspan(index * T::kSize, T::kSize));
    return T::read(r);
  }
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  ByteView bytes_;
};

/// The values below are views: they are valid as long as the compound packet's bytes.

struct SenderReport {
  uint32_t ssrc = 0;
  NtpTime ntp;
  uint32_t rtp_timestamp = 0;
  uint32_t packet_count = 0;
  uint32_t octet_count = 0;
  RecordList<ReportBlock> blocks;
};

struct ReceiverReport {
  uint32_t ssrc = 0;
  RecordList<ReportBlock> blocks;
};

/// SDES: only CNAME is looked at (RFC 3550 section 6.5.1).
struct SourceDescription {
  ByteView chunks;  ///< Checked when made.
  uint8_t chunk_count = 0;
  /// Calls `f(uint32_t ssrc, std::string_view cname)` for each chunk; the name is empty when the chunk has none.
  template <class F>
  void for_each(F&& f) const {
    ByteReader r(chunks);
    for (uint8_t i = 0; i < chunk_count; ++i) {
      const SourceChunk chunk = read_chunk(r);
      f(chunk.ssrc, chunk.cname);
    }
  }
  struct SourceChunk {
    uint32_t ssrc = 0;
    std::string_view cname;
  };
  /// The next chunk; `r` fails when it is malformed.
  static SourceChunk read_chunk(ByteReader& r);
};

struct Bye {
  RecordList<SsrcItem> ssrcs;
};

struct Nack {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  RecordList<NackItem> items;
  /// Calls `f(uint16_t sequence_number)` for each packet asked for, in order of the items.
  template <class F>
  void for_each_sequence(F&& f) const {
    for (const NackItem item : items) {
      f(item.packet_id);
      for (uint16_t bit = 0; bit < 16; ++bit) {
        if (item.bitmask >> bit & 1) f(static_cast<uint16_t>(item.packet_id + bit + 1));
      }
    }
  }
};

struct PictureLoss {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
};

struct FullIntraRequest {
  uint32_t sender_ssrc = 0;
  RecordList<FirItem> items;
};

/// draft-alvestrand-rmcat-remb-03.
struct ReceiverEstimate {
  uint32_t sender_ssrc = 0;
  DataRate bitrate;
  RecordList<SsrcItem> ssrcs;
};

using RtcpPacket = std::variant<SenderReport, ReceiverReport, SourceDescription, Bye, Nack, TransportFeedback,
                                PictureLoss, FullIntraRequest, ReceiverEstimate>;

enum class RtcpError : uint8_t {
  kTruncated,   ///< A header or a length runs over the end.
  kBadVersion,  ///< Not version 2.
  kBadPadding,  ///< A padding count of zero, or above the body's size.
  kBadBody,     ///< A body is shorter than its counts say, or inconsistent.
};
std::string_view to_string(RtcpError error);

/// Walks a compound packet (RFC 3550 section 6.1; reduced-size per RFC 5506, so any type may come first):
///
///     RtcpReader reader(bytes);
///     while (auto packet = reader.next()) std::visit(..., *packet);
///     if (reader.error()) ...   // What came before the fault was already given.
///
/// XR, APP and unknown types and formats are skipped. Allocates nothing.
class RtcpReader {
 public:
  explicit RtcpReader(ByteView compound) : bytes_(compound) {}
  std::optional<RtcpPacket> next();
  std::optional<RtcpError> error() const { return error_; }

 private:
  std::optional<RtcpPacket> stop(RtcpError error);

  ByteView bytes_;
  std::optional<RtcpError> error_;
};

}  // namespace parley::wire

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/packet_batch.h"
#include "base/rng.h"
#include "base/time.h"
#include "media/client/media_source.h"
#include "media/transport/peer.h"
#include "media/wire/rtcp_write.h"
#include "media/wire/rtp_extensions.h"

namespace parley::client {

/// How the packets of one track look on its connection, as negotiated.
struct EncodingFormat {
  uint8_t payload_type = 0;
  uint8_t rtx_payload_type = 0;  ///< 0 without RTX: losses are sent again on the media's own SSRC.
  std::string mid;
  wire::ExtensionIds extensions;
};

/// Where an encoding's packets go.
struct SendTarget {
  transport::SrtpSender& srtp;
  const Path& path;
  PacketBatch& packets;
  uint16_t& transport_sequence;  ///< Next transport-wide number of the connection.
};

/// One RTP stream that a client sends, with its repair stream. Keeps no payloads: what a packet contains follows from a
/// few numbers, so that it can be made again. Owner: a Publication.
class Encoding {
 public:
  enum class Kind : uint8_t { kOpus, kVp8 };
  /// Payload bytes per packet, RTP header excluded.
  static constexpr size_t kMaxPayload = 1160;
  /// 512 packets are 2.5 s of 720p.
  static constexpr size_t kHistory = 512;

  Encoding(Kind kind, uint32_t publisher_id, std::string rid, Rng& rng);

  uint32_t ssrc() const { return ssrc_; }
  uint32_t rtx_ssrc() const { return rtx_ssrc_; }
  const std::string& rid() const { return rid_; }

  struct FrameTimes {
    Timestamp captured;  ///< What the RTP timestamp says.
    Timestamp sent;      ///< What the stamp says.
  };
  /// Sends one frame (video) or packet (audio).
  void send_frame(const VideoSource::Frame& frame, const EncodingFormat& format, FrameTimes times, SendTarget& target);
  /// The receiver asks for `sequence_number` again.
  void resend(uint16_t sequence_number, const EncodingFormat& format, SendTarget& target);
  /// Nullopt before anything was sent.
  std::optional<wire::SenderInfo> sender_info(Now now) const;

  uint64_t packets() const { return packets_; }
  uint64_t bytes() const { return bytes_; }  ///< Payload, without resends.
  uint64_t resends() const { return resends_; }

 private:
  /// One sent packet: everything its bytes follow from.
  struct Record {
    Timestamp sent;
    uint32_t timestamp = 0;
    uint32_t number = 0;
    uint16_t sequence_number = 0;
    uint16_t payload_size = 0;
    uint16_t picture_id = 0;
    uint8_t tl0_picture_index = 0;
    uint8_t temporal_id = 0;
    bool is_key = false;
    bool is_start = false;
    bool is_marked = false;
    bool is_used = false;
  };
  struct Copy {
    bool is_repair = false;
  };
  void write_payload(const Record& record, ByteWriter& out) const;
  void write_packet(const Record& record, Copy copy, const EncodingFormat& format, SendTarget& target);
  uint32_t timestamp_at(Timestamp now) const;

  Kind kind_;
  uint32_t publisher_id_;
  std::string rid_;
  uint32_t ssrc_;
  uint32_t rtx_ssrc_;
  uint32_t clock_rate_;
  uint32_t timestamp_base_;
  uint16_t next_sequence_;
  uint16_t next_rtx_sequence_;
  uint32_t next_number_ = 0;
  std::vector<Record> history_;
  uint64_t packets_ = 0;
  uint64_t bytes_ = 0;
  uint64_t resends_ = 0;
  std::optional<transport::SrtpStream> stream_;
  std::optional<transport::SrtpStream> rtx_stream_;
};

}  // namespace parley::client

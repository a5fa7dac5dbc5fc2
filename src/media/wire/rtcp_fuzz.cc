#include <algorithm>
#include <vector>

#include "base/check.h"
#include "media/wire/rtcp.h"
#include "media/wire/rtcp_write.h"

using namespace parley;
using namespace parley::wire;

namespace {

/// What `write` writes must read back as one T; `compare` gets it.
template <class T, class Write, class Compare>
void check(Write write, Compare compare) {
  static ByteVector buffer(300'000);  // Kept: clearing it for each input would be most of the work.
  ByteWriter w(buffer);
  write(w);
  PARLEY_CHECK(w.ok());
  if (w.size() > 0x10000) return;  // Longer than the length field can say, and than any datagram.
  RtcpReader reader(w.written());
  const auto packet = reader.next();
  PARLEY_CHECK(packet.has_value() && std::holds_alternative<T>(*packet));
  compare(std::get<T>(*packet));
}

template <class Record>
std::vector<Record> all_of(const RecordList<Record>& list) {
  std::vector<Record> records;
  for (const Record each : list) records.push_back(each);
  return records;
}

std::vector<uint32_t> ssrcs_of(const RecordList<SsrcItem>& list) {
  std::vector<uint32_t> ssrcs;
  for (const SsrcItem each : list) ssrcs.push_back(each.ssrc);
  return ssrcs;
}

struct RoundTrip {
  void operator()(const SenderReport& p) const {
    const auto blocks = all_of(p.blocks);
    check<SenderReport>(
        [&](ByteWriter& w) {
          write_sender_report(w, {p.ssrc, p.ntp, p.rtp_timestamp, p.packet_count, p.octet_count}, blocks);
        },
        [&](const SenderReport& q) { PARLEY_CHECK(q.ntp == p.ntp && all_of(q.blocks) == blocks); });
    (void)to_wall_time(p.ntp);
  }
  void operator()(const ReceiverReport& p) const {
    const auto blocks = all_of(p.blocks);
    check<ReceiverReport>([&](ByteWriter& w) { write_receiver_report(w, p.ssrc, blocks); },
                          [&](const ReceiverReport& q) { PARLEY_CHECK(all_of(q.blocks) == blocks); });
  }
  void operator()(const SourceDescription& p) const {
    p.for_each([](uint32_t ssrc, std::string_view cname) {
      check<SourceDescription>([&](ByteWriter& w) { write_source_description(w, ssrc, cname); },
                               [&](const SourceDescription& q) {
                                 q.for_each([&](uint32_t same_ssrc, std::string_view same_cname) {
                                   PARLEY_CHECK(same_ssrc == ssrc && same_cname == cname);
                                 });
                               });
    });
  }
  void operator()(const Bye& p) const {
    const auto ssrcs = ssrcs_of(p.ssrcs);
    check<Bye>([&](ByteWriter& w) { write_bye(w, ssrcs); },
               [&](const Bye& q) { PARLEY_CHECK(ssrcs_of(q.ssrcs) == ssrcs); });
  }
  void operator()(const Nack& p) const {
    std::vector<uint16_t> lost;
    p.for_each_sequence([&](uint16_t sequence) { lost.push_back(sequence); });
    check<Nack>([&](ByteWriter& w) { write_nack(w, {p.sender_ssrc, p.media_ssrc}, lost); },
                [&](const Nack& q) {
                  // Repeats go, the set stays.
                  std::vector<uint16_t> again;
                  q.for_each_sequence([&](uint16_t sequence) { again.push_back(sequence); });
                  for (auto* list : {&lost, &again}) {
                    std::sort(list->begin(), list->end());
                    list->erase(std::unique(list->begin(), list->end()), list->end());
                  }
                  PARLEY_CHECK(again == lost);
                });
  }
  void operator()(const TransportFeedback& p) const {
    size_t count = 0;
    p.for_each([&](const PacketStatus&) { ++count; });
    PARLEY_CHECK(count == p.status_count);
  }
  void operator()(const PictureLoss& p) const {
    check<PictureLoss>([&](ByteWriter& w) { write_picture_loss(w, {p.sender_ssrc, p.media_ssrc}); },
                       [&](const PictureLoss& q) { PARLEY_CHECK(q.media_ssrc == p.media_ssrc); });
  }
  void operator()(const FullIntraRequest& p) const {
    const auto items = all_of(p.items);
    check<FullIntraRequest>([&](ByteWriter& w) { write_full_intra_request(w, p.sender_ssrc, items); },
                            [&](const FullIntraRequest& q) { PARLEY_CHECK(all_of(q.items) == items); });
  }
  void operator()(const ReceiverEstimate& p) const {
    const auto ssrcs = ssrcs_of(p.ssrcs);
    check<ReceiverEstimate>(
        [&](ByteWriter& w) { write_receiver_estimate(w, p.sender_ssrc, p.bitrate, ssrcs); },
        [&](const ReceiverEstimate& q) { PARLEY_CHECK(q.bitrate == p.bitrate && ssrcs_of(q.ssrcs) == ssrcs); });
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  RtcpReader reader(ByteView(data, size));
  while (const auto packet = reader.next()) std::visit(RoundTrip{}, *packet);
  return 0;
}

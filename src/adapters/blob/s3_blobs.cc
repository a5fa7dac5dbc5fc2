#include "adapters/blob/s3_blobs.h"

#include <fmt/format.h>

#include <charconv>

#include "adapters/blob/s3_client.h"
#include "adapters/blob/s3_xml.h"
#include "net/clock.h"
#include "net/url.h"

namespace parley::blob {
namespace {

using product::BlobEntry;
using product::BlobKey;
using product::BlobSource;
using product::Outcome;
using product::ProblemCode;
using product::PutOptions;
using product::refuse;

/// S3's own limit.
constexpr uint64_t kMaxParts = 10'000;
/// How long a failed put may take beyond its deadline, so that no parts stay behind in the bucket.
constexpr TimeDelta kAbortPatience = TimeDelta::seconds(2);
constexpr TimeDelta kMaxLinkLife = TimeDelta::seconds(7 * 24 * 3600);

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Outcome<std::string> read_piece(const BlobSource& source, uint64_t offset, uint64_t size) {
  std::string piece(static_cast<size_t>(size), '\0');
  if (const auto got = source.read(offset, piece); !got) return std::unexpected(got.error());
  return piece;
}

/// One upload in parts.
class Multipart {
 public:
  Multipart(S3Client& client, const BlobKey& key, Timestamp deadline)
      : client_(client), key_(key), deadline_(deadline) {}

  Outcome<void> begin(const PutOptions& options) {
    const auto answer =
        client_.call({"POST", key_.text(), {{"uploads", ""}}, {{"Content-Type", options.content_type}}, {}}, deadline_);
    if (!answer) return std::unexpected(answer.error());
    const auto id = xml_element(answer->body, "UploadId");
    if (!answer->ok() || !id) return client_.refuse_answer(*answer);
    id_ = xml_unescape(*id);
    return {};
  }

  Outcome<void> send(std::string part) {
    const std::string number = std::to_string(etags_.size() + 1);
    const auto answer =
        client_.call({"PUT", key_.text(), {{"partNumber", number}, {"uploadId", id_}}, {}, std::move(part)}, deadline_);
    if (!answer) return std::unexpected(answer.error());
    if (!answer->ok() || !answer->headers.has("ETag")) return client_.refuse_answer(*answer);
    etags_.emplace_back(answer->headers.get("ETag"));
    return {};
  }

  /// kNotFound: there is no such upload, perhaps because an earlier attempt ended it and its answer was lost.
  Outcome<void> end() {
    std::string xml = "<CompleteMultipartUpload>";
    for (size_t i = 0; i < etags_.size(); ++i) {
      xml += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1, xml_escape(etags_[i]));
    }
    xml += "</CompleteMultipartUpload>";
    const auto answer = client_.call(
        {"POST", key_.text(), {{"uploadId", id_}}, {{"Content-Type", "application/xml"}}, std::move(xml)}, deadline_);
    if (!answer) return std::unexpected(answer.error());
    if (answer->status == 404) return refuse(ProblemCode::kNotFound);
    if (!answer->ok()) return client_.refuse_answer(*answer);
    return {};
  }

  /// What cannot be undone is left to the bucket's lifecycle rule for incomplete uploads.
  void abort() {
    if (id_.empty()) return;
    static_cast<void>(
        client_.call({"DELETE", key_.text(), {{"uploadId", id_}}, {}, {}}, net::read_clock().mono + kAbortPatience));
  }

 private:
  S3Client& client_;
  const BlobKey& key_;
  const Timestamp deadline_;
  std::string id_;
  std::vector<std::string> etags_;
};

}  // namespace

struct S3Blobs::Impl {
  Impl(S3Options options, Rng& rng) : client(std::move(options), rng) {}

  Outcome<uint64_t> size_of(const BlobKey& key, Timestamp deadline);
  Outcome<void> put_whole(const BlobKey& key, const BlobSource& source, const PutOptions& options, Timestamp deadline);
  Outcome<void> put_parts(const BlobKey& key, const BlobSource& source, const PutOptions& options, Timestamp deadline);
  Outcome<void> send_parts(Multipart& upload, const BlobSource& source);
  Outcome<void> end_parts(Multipart& upload, const BlobKey& key, uint64_t size, Timestamp deadline);

  S3Client client;
};

Result<std::unique_ptr<S3Blobs>> S3Blobs::open(S3Options options, Rng& rng) {
  if (const auto checked = S3Client::check(options); !checked) return std::unexpected(checked.error());
  return std::unique_ptr<S3Blobs>(new S3Blobs(std::make_unique<Impl>(std::move(options), rng)));
}

S3Blobs::S3Blobs(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
S3Blobs::~S3Blobs() = default;

S3Stats S3Blobs::stats() const { return impl_->client.stats(); }

void S3Blobs::stop() { impl_->client.stop(); }

Outcome<void> S3Blobs::put(const BlobKey& key, const BlobSource& source, const PutOptions& options,
                           Timestamp deadline) {
  const bool is_large = source.size() > impl_->client.options().multipart_above;
  return is_large ? impl_->put_parts(key, source, options, deadline) : impl_->put_whole(key, source, options, deadline);
}

Outcome<void> S3Blobs::Impl::put_whole(const BlobKey& key, const BlobSource& source, const PutOptions& options,
                                       Timestamp deadline) {
  auto body = read_piece(source, 0, source.size());
  if (!body) return std::unexpected(body.error());
  const auto answer =
      client.call({"PUT", key.text(), {}, {{"Content-Type", options.content_type}}, std::move(*body)}, deadline);
  if (!answer) return std::unexpected(answer.error());
  if (!answer->ok()) return client.refuse_answer(*answer);
  return {};
}

Outcome<void> S3Blobs::Impl::put_parts(const BlobKey& key, const BlobSource& source, const PutOptions& options,
                                       Timestamp deadline) {
  Multipart upload(client, key, deadline);
  Outcome<void> done = upload.begin(options);
  if (done) done = send_parts(upload, source);
  if (done) done = end_parts(upload, key, source.size(), deadline);
  if (!done) upload.abort();
  return done;
}

Outcome<void> S3Blobs::Impl::send_parts(Multipart& upload, const BlobSource& source) {
  const uint64_t size = source.size();
  const uint64_t part = std::max<uint64_t>(client.options().part_size, (size + kMaxParts - 1) / kMaxParts);
  for (uint64_t offset = 0; offset < size; offset += part) {
    auto piece = read_piece(source, offset, std::min(part, size - offset));
    if (!piece) return std::unexpected(piece.error());
    if (auto sent = upload.send(std::move(*piece)); !sent) return sent;
  }
  return {};
}

Outcome<void> S3Blobs::Impl::end_parts(Multipart& upload, const BlobKey& key, uint64_t size, Timestamp deadline) {
  const auto ended = upload.end();
  if (ended || ended.error().code != ProblemCode::kNotFound) return ended;
  const auto stored = size_of(key, deadline);
  if (stored && *stored == size) return {};
  return refuse(ProblemCode::kStorageUnavailable, "the storage has forgotten the upload");
}

Outcome<std::string> S3Blobs::read(const BlobKey& key, uint64_t offset, size_t max, Timestamp deadline) {
  const uint64_t wanted = std::min<uint64_t>(max, kMaxRead);
  if (wanted == 0) {
    const auto size = impl_->size_of(key, deadline);
    if (!size) return std::unexpected(size.error());
    return std::string();
  }
  auto answer = impl_->client.call(
      {"GET", key.text(), {}, {{"Range", fmt::format("bytes={}-{}", offset, offset + wanted - 1)}}, {}}, deadline);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status == 404) return refuse(ProblemCode::kNotFound, "no such blob");
  if (answer->status == 416) return std::string();
  // Without a range in the answer it is the whole.
  const bool is_whole = answer->status == 200 && offset == 0;
  if ((answer->status != 206 && !is_whole) || answer->body.size() > wanted) {
    return impl_->client.refuse_answer(*answer);
  }
  return std::move(answer->body);
}

Outcome<uint64_t> S3Blobs::size_of(const BlobKey& key, Timestamp deadline) { return impl_->size_of(key, deadline); }

Outcome<uint64_t> S3Blobs::Impl::size_of(const BlobKey& key, Timestamp deadline) {
  const auto answer = client.call({"HEAD", key.text(), {}, {}, {}}, deadline);
  if (!answer) return std::unexpected(answer.error());
  if (answer->status == 404) return refuse(ProblemCode::kNotFound, "no such blob");
  const auto size = parse_number(answer->headers.get("Content-Length"));
  if (!answer->ok() || !size) return client.refuse_answer(*answer);
  return *size;
}

Outcome<void> S3Blobs::remove(const BlobKey& key, Timestamp deadline) {
  const auto answer = impl_->client.call({"DELETE", key.text(), {}, {}, {}}, deadline);
  if (!answer) return std::unexpected(answer.error());
  if (!answer->ok() && answer->status != 404) return impl_->client.refuse_answer(*answer);
  return {};
}

namespace {

/// One page of a list, with keys that are not ours left out.
struct Page {
  std::vector<BlobEntry> entries;
  std::string last;  ///< Key, ours or not; empty when there was none.
  bool has_more = false;
};

std::string decode_key(std::string_view escaped) {
  std::string text = xml_unescape(escaped);
  std::ranges::replace(text, '+', ' ');
  return net::percent_decode(text).value_or(text);
}

Page parse_page(std::string_view xml) {
  Page page;
  page.has_more = xml_element(xml, "IsTruncated") == "true";
  for (const std::string_view item : xml_elements(xml, "Contents")) {
    page.last = decode_key(xml_element(item, "Key").value_or(""));
    auto key = BlobKey::make(page.last);
    const auto size = parse_number(xml_element(item, "Size").value_or(""));
    const auto modified = parse_s3_time(xml_element(item, "LastModified").value_or(""));
    if (key && size && modified) page.entries.push_back({std::move(*key), *size, *modified});
  }
  return page;
}

}  // namespace

Outcome<std::vector<BlobEntry>> S3Blobs::list(std::string_view prefix, std::string_view after, size_t limit,
                                              Timestamp deadline) {
  std::vector<BlobEntry> out;
  const size_t wanted = std::min(limit, kMaxList);
  std::string behind(after);
  while (out.size() < wanted) {
    const auto answer = impl_->client.call({"GET",
                                            "",
                                            {{"encoding-type", "url"},
                                             {"list-type", "2"},
                                             {"max-keys", std::to_string(wanted - out.size())},
                                             {"prefix", std::string(prefix)},
                                             {"start-after", behind}},
                                            {},
                                            {}},
                                           deadline);
    if (!answer) return std::unexpected(answer.error());
    if (!answer->ok()) return impl_->client.refuse_answer(*answer);
    Page page = parse_page(answer->body);
    for (BlobEntry& entry : page.entries) out.push_back(std::move(entry));
    if (!page.has_more || page.last <= behind) break;
    behind = page.last;
  }
  return out;
}

std::optional<std::string> S3Blobs::link(const BlobKey& key, const product::LinkOptions& options, WallTime now) const {
  S3Call call{"GET", key.text(), {}, {}, {}};
  if (!options.content_type.empty()) call.query.emplace_back("response-content-type", options.content_type);
  if (!options.disposition.empty()) call.query.emplace_back("response-content-disposition", options.disposition);
  const TimeDelta valid_for = std::clamp(options.valid_for, TimeDelta::seconds(1), kMaxLinkLife);
  return impl_->client.presigned_url(call, valid_for, now);
}

}  // namespace parley::blob

#include "edge/files/content.h"

#include <algorithm>

#include "base/utf8.h"
#include "edge/files/tus.h"
#include "net/loop.h"
#include "product/files/sniff.h"

namespace parley::files_api {
namespace {

using product::Outcome;

/// Of one piece; a client that waits longer gives up anyway.
constexpr TimeDelta kPieceTakes = TimeDelta::seconds(20);

/// A blob as the body of an answer.
class BlobBody final : public net::BodySource {
 public:
  BlobBody(const BlobReader& reader, product::BlobKey key) : reader_(reader), key_(std::move(key)) {}

  void read(uint64_t offset, size_t max, Done done) override {
    const Timestamp until = net::Loop::now() + kPieceTakes;
    const auto shared = std::make_shared<Done>(std::move(done));
    reader_.pool.post({.deadline = until,
                       .run =
                           [blobs = &reader_.blobs, key = key_, offset, max, until, shared] {
                             auto piece = blobs->read(key, offset, max, until);
                             if (piece) return (*shared)(std::move(*piece));
                             (*shared)(fail(Error::Code::kUnavailable, std::move(piece.error().detail)));
                           },
                       .refuse =
                           [shared](net::WorkerPool::Refusal why) {
                             // What is running answers for itself.
                             if (why == net::WorkerPool::Refusal::kOverrun) return;
                             (*shared)(fail(Error::Code::kUnavailable, "too many downloads"));
                           }});
  }

 private:
  const BlobReader reader_;
  const product::BlobKey key_;
};

bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '%'; }

/// RFC 8187 section 3.2.1.
bool is_attr_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$&+-.^_`|~").contains(c);
}

/// Whether the client has these bytes already.
bool has_tag(std::string_view header, std::string_view tag) {
  return header == "*" || (!header.empty() && header.find(tag) != std::string_view::npos);
}

net::HttpHeaders headers_of(const Serving& serving, std::string_view tag) {
  const bool is_shown = product::files::is_inline(serving.form.content_type);
  const Disposition disposition = is_shown && !serving.is_download ? Disposition::kInline : Disposition::kAttachment;
  net::HttpHeaders out;
  // What is not shown has no type that a browser might act upon.
  out.add("Content-Type", is_shown ? serving.form.content_type : "application/octet-stream");
  out.add("Content-Disposition", content_disposition(disposition, serving.name));
  out.add("Content-Security-Policy", "default-src 'none'; sandbox");
  out.add("Cross-Origin-Resource-Policy", serving.is_for_others ? "cross-origin" : "same-origin");
  out.add("Cache-Control", serving.cache_control);
  out.add("Vary", "Origin");
  out.add("ETag", std::string(tag));
  out.add("Accept-Ranges", "bytes");
  return out;
}

}  // namespace

RangeAnswer decide_range(std::string_view header, uint64_t size) {
  const RangeAnswer whole{RangeVerdict::kWhole, {0, size}};
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return whole;
  header.remove_prefix(kUnit.size());
  const size_t dash = header.find('-');
  if (dash == std::string_view::npos || header.contains(',')) return whole;
  const std::string_view first_text = header.substr(0, dash);
  const std::string_view last_text = header.substr(dash + 1);
  const auto first = parse_length(first_text);
  const auto last = parse_length(last_text);
  if ((!first_text.empty() && !first) || (!last_text.empty() && !last) || (!first && !last)) return whole;
  if (!first) {
    const uint64_t length = std::min(static_cast<uint64_t>(*last), size);
    if (length == 0) return {RangeVerdict::kUnsatisfiable, {}};
    return {RangeVerdict::kPart, {size - length, length}};
  }
  if (last && *last < *first) return whole;
  const auto begin = static_cast<uint64_t>(*first);
  if (begin >= size) return {RangeVerdict::kUnsatisfiable, {}};
  const uint64_t end = last ? std::min(static_cast<uint64_t>(*last), size - 1) : size - 1;
  return {RangeVerdict::kPart, {begin, end - begin + 1}};
}

std::string content_disposition(Disposition disposition, std::string_view name) {
  std::string out = disposition == Disposition::kInline ? "inline" : "attachment";
  std::string plain;
  for (const char c : name) {
    if (is_plain(c)) plain += c;
    // One for each character, not for each byte.
    if (!is_plain(c) && (static_cast<unsigned char>(c) & 0xC0) != 0x80) plain += '_';
  }
  out += "; filename=\"" + plain + "\"";
  if (plain == name) return out;
  out += "; filename*=UTF-8''";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : name) {
    if (is_attr_char(c)) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

Outcome<api::Download> serve(const net::HttpRequest& request, const Serving& serving, const BlobReader& reader) {
  auto key = product::BlobKey::make(serving.form.blob_key);
  if (!key) return product::refuse(product::ProblemCode::kInternal, "a file's blob has no good key");
  const std::string tag = '"' + serving.tag + '"';
  api::Written out{.status = 200, .headers = headers_of(serving, tag), .body = {}};
  if (has_tag(request.headers.get("If-None-Match"), tag)) {
    out.status = 304;
    return api::Download{std::move(out)};
  }
  const auto size = static_cast<uint64_t>(serving.form.size);
  // A range of something else than what the client has would not fit (RFC 9110 section 13.1.5).
  const std::string_view if_range = request.headers.get("If-Range");
  const bool may_be_part = if_range.empty() || if_range == tag;
  const RangeAnswer answer = decide_range(may_be_part ? request.headers.get("Range") : std::string_view(), size);
  if (answer.verdict == RangeVerdict::kUnsatisfiable) {
    out.status = 416;
    out.headers.add("Content-Range", "bytes */" + std::to_string(size));
    return api::Download{std::move(out)};
  }
  if (answer.verdict == RangeVerdict::kPart) {
    out.status = 206;
    out.headers.add("Content-Range", "bytes " + std::to_string(answer.range.first) + "-" +
                                         std::to_string(answer.range.first + answer.range.size - 1) + "/" +
                                         std::to_string(size));
  }
  if (answer.range.size == 0) return api::Download{std::move(out)};
  out.source = std::make_shared<BlobBody>(reader, std::move(*key));
  out.source_offset = answer.range.first;
  out.source_size = answer.range.size;
  return api::Download{std::move(out)};
}

}  // namespace parley::files_api

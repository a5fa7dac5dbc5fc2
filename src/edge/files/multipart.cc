#include "edge/files/multipart.h"

#include <algorithm>
#include <optional>

#include "net/http_message.h"

namespace parley::files_api {
namespace {

using Failure = std::unexpected<MultipartError>;

constexpr size_t kMaxBoundary = 70;  // RFC 2046 section 5.1.1.
constexpr size_t kWindow = 64 * 1024;

bool is_boundary_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("'()+_,-./:=? ").contains(c);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// The value of `name` among `; a=b; c="d"`; nullopt when it is not there. Browsers write a quote in a name as %22 and
/// never as \", so a backslash is only a backslash (WHATWG HTML, multipart/form-data).
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
  size_t at = header.find(';');
  while (at != std::string_view::npos) {
    header.remove_prefix(at + 1);
    const size_t equals = header.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view key = trimmed(header.substr(0, equals));
    header.remove_prefix(equals + 1);
    std::string_view value;
    if (header.starts_with('"')) {
      const size_t end = header.find('"', 1);
      if (end == std::string_view::npos) return std::nullopt;
      value = header.substr(1, end - 1);
      header.remove_prefix(end + 1);
    } else {
      value = trimmed(header.substr(0, header.find(';')));
    }
    if (net::equals_ignoring_case(key, name)) return std::string(value);
    at = header.find(';');
  }
  return std::nullopt;
}

/// Looks through the body by windows that overlap, so that nothing is missed where two meet.
class Searcher {
 public:
  explicit Searcher(const ReadAt& read) : read_(read) {}

  /// Where `what` begins, at or behind `from` and before `until`; nullopt when it is not there.
  std::optional<uint64_t> find(uint64_t from, uint64_t until, std::string_view what) {
    while (from < until && load(from)) {
      const std::string_view here(window_.data() + (from - begin_), size_ - (from - begin_));
      const size_t found = here.find(what);
      if (found != std::string_view::npos) return from + found < until ? std::optional(from + found) : std::nullopt;
      if (here.size() < what.size()) return std::nullopt;
      from += here.size() - what.size() + 1;
    }
    return std::nullopt;
  }
  /// Up to `size` bytes (at most a window) from `offset`.
  std::string_view peek(uint64_t offset, size_t size) {
    if (offset < begin_ || offset + size > begin_ + size_) size_ = 0;
    if (!load(offset)) return {};
    return std::string_view(window_.data() + (offset - begin_), size_ - (offset - begin_)).substr(0, size);
  }
  bool has_failed() const { return has_failed_; }

 private:
  bool load(uint64_t offset) {
    const bool is_there = size_ > 0 && offset >= begin_ && offset + kOverlap <= begin_ + size_;
    if (is_there || has_failed_) return !has_failed_;
    const auto got = read_(offset, window_);
    has_failed_ = !got;
    begin_ = offset;
    size_ = got.value_or(0);
    return size_ > 0;
  }

  /// What is left of a window when the next one is read: more than any delimiter.
  static constexpr size_t kOverlap = 128;
  const ReadAt& read_;
  std::vector<char> window_ = std::vector<char>(kWindow);
  uint64_t begin_ = 0;
  size_t size_ = 0;
  bool has_failed_ = false;
};

/// Content-Disposition of a part's headers; the others do not matter.
Result<MultipartPart, MultipartError> read_head(std::string_view head) {
  while (!head.empty()) {
    const size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return Failure(MultipartError::kMalformed);
    if (!net::equals_ignoring_case(line.substr(0, colon), "Content-Disposition")) continue;
    const auto name = parameter(line, "name");
    if (!trimmed(line.substr(colon + 1)).starts_with("form-data") || !name) return Failure(MultipartError::kMalformed);
    const auto file_name = parameter(line, "filename");
    return MultipartPart{.name = *name, .file_name = file_name.value_or(""), .is_file = file_name.has_value()};
  }
  return Failure(MultipartError::kMalformed);
}

}  // namespace

std::string_view to_string(MultipartError error) {
  switch (error) {
    case MultipartError::kNoBoundary:
      return "multipart: no boundary";
    case MultipartError::kMalformed:
      break;
    case MultipartError::kTooManyParts:
      return "multipart: too many parts";
    case MultipartError::kHeadTooLarge:
      return "multipart: the headers of a part are too large";
    case MultipartError::kUnreadable:
      return "multipart: the body could not be read";
  }
  return "multipart: malformed";
}

std::string multipart_boundary(std::string_view content_type) {
  const auto boundary = parameter(content_type, "boundary");
  const bool is_good = boundary && !boundary->empty() && boundary->size() <= kMaxBoundary && boundary->back() != ' ' &&
                       std::ranges::all_of(*boundary, is_boundary_char);
  return is_good ? *boundary : std::string();
}

Result<std::vector<MultipartPart>, MultipartError> parse_multipart(const ReadAt& read, std::string_view boundary) {
  if (boundary.empty()) return Failure(MultipartError::kNoBoundary);
  const std::string first = "--" + std::string(boundary);
  const std::string next = "\r\n" + first;
  constexpr uint64_t kAnywhere = UINT64_MAX;
  Searcher body(read);
  const auto fail_with = [&body](MultipartError error) {
    return Failure(body.has_failed() ? MultipartError::kUnreadable : error);
  };
  // Nothing may stand before the first one: browsers and libraries send no preamble.
  if (body.peek(0, first.size()) != first) return fail_with(MultipartError::kMalformed);
  std::vector<MultipartPart> parts;
  uint64_t at = first.size();
  while (true) {
    const std::string_view after = body.peek(at, 2);
    if (after == "--") return parts;
    if (after != "\r\n") return fail_with(MultipartError::kMalformed);
    if (parts.size() == kMaxParts) return Failure(MultipartError::kTooManyParts);
    // The line end is looked for, too: a part without any header would have its empty line here.
    const auto head_end = body.find(at, at + kMaxPartHead, "\r\n\r\n");
    if (!head_end) {
      const bool is_long = body.peek(at + kMaxPartHead, 1).size() == 1;
      return fail_with(is_long ? MultipartError::kHeadTooLarge : MultipartError::kMalformed);
    }
    auto part = read_head(body.peek(at + 2, *head_end > at ? *head_end - at - 2 : 0));
    if (!part) return fail_with(part.error());
    part->offset = *head_end + 4;
    // An empty part's delimiter begins with the line end of its head.
    const auto end = body.find(part->offset - 2, kAnywhere, next);
    if (!end) return fail_with(MultipartError::kMalformed);
    part->size = *end < part->offset ? 0 : *end - part->offset;
    parts.push_back(std::move(*part));
    at = *end + next.size();
  }
}

}  // namespace parley::files_api

// Uploads that go on where they stopped: tus 1.0.0.
#include "edge/files/receiving.h"
#include "edge/files/tus.h"
#include "json/writer.h"

namespace parley::files_api {
namespace {

namespace files = product::files;
using api::Access;
using api::Bucket;
using api::Context;
using api::Method;
using api::NoContent;
using api::RawBody;
using api::Reply;
using api::Request;
using files::FileRow;
using files::FileState;
using files::FileView;
using product::FileId;
using product::Outcome;
using product::ProblemCode;
using product::refuse;
using product::Tx;

constexpr const char* kUploads = "/api/v1/uploads";
constexpr const char* kUpload = "/api/v1/uploads/{file_id}";
constexpr const char* kOffsetStream = "application/offset+octet-stream";
constexpr size_t kPiece = size_t{256} * 1024;

Outcome<void> check_version(const Context& context) {
  if (context.http.headers.get("Tus-Resumable") == kTusVersion) return {};
  return refuse(ProblemCode::kTusVersion, "Tus-Resumable: 1.0.0 is missing");
}

/// RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(WallTime time) {
  const auto seconds = static_cast<time_t>(time.unix_s());
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  const size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

/// Where the upload stands.
net::HttpHeaders standing_of(const FileRow& row) {
  net::HttpHeaders out;
  out.add("Upload-Offset", std::to_string(row.received));
  if (row.state == FileState::kReceiving) out.add("Upload-Expires", http_date(files::expiry_of(row)));
  return out;
}

/// The bytes of this request's body, after their checksum, as what follows `position`.
Outcome<FileRow> take_body(const Context& context, const FileServices& services, const FileRow& row, int64_t position) {
  const auto& body = context.http.body_file;
  const std::string_view announced = context.http.headers.get("Upload-Checksum");
  if (!announced.empty()) {
    const auto checksum = parse_upload_checksum(announced);
    if (!checksum) return refuse(ProblemCode::kInvalidRequest, "Upload-Checksum: sha1, sha256 or md5, and its base64");
    ChecksumVerifier verifier(*checksum);
    std::vector<char> piece(kPiece);
    for (uint64_t at = 0; body && at < body->size();) {
      const auto got = body->read_at(at, piece);
      if (!got || *got == 0) return refuse(ProblemCode::kStorageUnavailable, "the body cannot be read");
      verifier.update({piece.data(), *got});
      at += *got;
    }
    if (!verifier.is_right()) return refuse(ProblemCode::kChecksumMismatch);
  }
  return receive(context, services, row, position, FileRange(body, 0, body ? body->size() : 0));
}

Outcome<Reply<FileView>> create(Request<RawBody>& request, const Services& services) {
  if (auto good = check_version(request); !good) return std::unexpected(std::move(good.error()));
  const net::HttpHeaders& headers = request.http.headers;
  const auto length = parse_length(headers.get("Upload-Length"));
  if (!length) return refuse(ProblemCode::kInvalidRequest, "Upload-Length: the number of bytes is needed");
  const auto metadata = parse_upload_metadata(headers.get("Upload-Metadata"));
  if (!metadata) return refuse(ProblemCode::kInvalidRequest, "Upload-Metadata: `key base64,key base64`");
  const files::NewUpload wanted{
      .name = files::safe_name(metadata->name), .size = *length, .is_voice = metadata->is_voice};
  auto row = request.store.write(
      request.deadline, [&](Tx& tx) { return files::begin_upload(tx, uploading(request), wanted, services->limits); });
  if (!row) return std::unexpected(std::move(row.error()));
  const FileId id = row->id;
  row = take_body(request, *services, *row, 0);
  if (!row) return take_back(request, id, std::move(row.error()));
  auto view =
      request.store.read(request.deadline, [&](Tx& tx) -> Outcome<FileView> { return files::to_view(tx, *row); });
  if (!view) return std::unexpected(std::move(view.error()));
  net::HttpHeaders out = standing_of(*row);
  out.add("Location", std::string(kUploads) + "/" + row->id.text());
  return Reply<FileView>{std::move(*view), 201, std::move(out)};
}

Outcome<Reply<FileView>> look(Request<>& request) {
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<Reply<FileView>> {
    const auto id = request.id<FileId>("file_id");
    const auto row = files::find_upload(tx, request.caller.user, id, request.now.wall);
    if (!row) return std::unexpected(row.error());
    net::HttpHeaders out = standing_of(*row);
    out.add("Upload-Length", std::to_string(row->size));
    // Section 3.1 of tus: a proxy must not answer with an older offset.
    out.add("Cache-Control", "no-store");
    out.add("Content-Type", "application/json");
    return Reply<FileView>{files::to_view(tx, *row), 200, std::move(out)};
  });
}

Outcome<Reply<NoContent>> go_on(Request<RawBody>& request, const Services& services) {
  if (auto good = check_version(request); !good) return std::unexpected(std::move(good.error()));
  const auto position = parse_length(request.http.headers.get("Upload-Offset"));
  if (!position) return refuse(ProblemCode::kInvalidRequest, "Upload-Offset: the number of bytes before these");
  const auto id = request.id<FileId>("file_id");
  auto row = request.store.read(
      request.deadline, [&](Tx& tx) { return files::find_upload(tx, request.caller.user, id, request.now.wall); });
  if (!row) return std::unexpected(std::move(row.error()));
  // Looked at before anything is stored: who is at another place is told without cost.
  if (*position != row->received)
    return refuse(ProblemCode::kConflict, "the upload is at " + std::to_string(row->received));
  row = take_body(request, *services, *row, *position);
  if (!row) return std::unexpected(std::move(row.error()));
  return Reply<NoContent>{{}, 204, standing_of(*row)};
}

/// For clients that cannot send PATCH (3.4 X-HTTP-Method-Override).
Outcome<Reply<NoContent>> go_on_by_post(Request<RawBody>& request, const Services& services) {
  if (request.http.headers.get("X-HTTP-Method-Override") != "PATCH") return refuse(ProblemCode::kMethodNotAllowed);
  return go_on(request, services);
}

Outcome<NoContent> end(Request<>& request) {
  const auto done = request.store.write(request.deadline, [&](Tx& tx) {
    return files::delete_file(tx, request.caller.user, request.id<FileId>("file_id"), request.now.wall);
  });
  if (!done) return std::unexpected(done.error());
  return NoContent{};
}

Outcome<Reply<NoContent>> offer(Request<>& /*request*/, const Services& services) {
  net::HttpHeaders out;
  out.add("Tus-Version", std::string(kTusVersion));
  out.add("Tus-Extension", std::string(kTusExtensions));
  out.add("Tus-Checksum-Algorithm", std::string(kTusChecksums));
  out.add("Tus-Max-Size", std::to_string(services->limits.file));
  return Reply<NoContent>{{}, 204, std::move(out)};
}

std::vector<ProblemCode> of_receiving() {
  return {ProblemCode::kTusVersion,       ProblemCode::kBodyTooLarge,       ProblemCode::kNotFound,
          ProblemCode::kConflict,         ProblemCode::kInvalidRequest,     ProblemCode::kUnsupportedMediaType,
          ProblemCode::kChecksumMismatch, ProblemCode::kStorageUnavailable, ProblemCode::kStorageFull};
}

}  // namespace

void add_tus_routes(api::RouteTable& table, const Services& services) {
  const net::HttpHeaders resumable{{"Tus-Resumable", std::string(kTusVersion)}};
  auto of_creating = of_receiving();
  of_creating.push_back(ProblemCode::kQuotaExceeded);
  of_creating.push_back(ProblemCode::kLimitReached);
  auto of_posting = of_receiving();
  of_posting.push_back(ProblemCode::kMethodNotAllowed);
  table.add({.method = Method::kPost,
             .path = kUploads,
             .id = "createUpload",
             .summary = "Begins a tus 1.0.0 upload; its bytes may come with it.",
             .tag = "files",
             .bucket = Bucket::kUploads,
             .status = 201,
             .problems = of_creating,
             .work = api::Work::kTransfer,
             .max_body = kMaxTusChunk,
             .headers = resumable,
             .may_lack_body = true,
             .content_types = {kOffsetStream}},
            [services](Request<RawBody>& request) { return create(request, services); });
  table.add({.method = Method::kOptions,
             .path = kUploads,
             .id = "offerUploads",
             .summary = "What of tus is spoken here.",
             .tag = "files",
             .access = Access::kAnyone},
            [services](Request<>& request) { return offer(request, services); });
  table.add({.method = Method::kGet,
             .path = kUpload,
             .id = "getUpload",
             .summary = "Where an upload stands; HEAD for tus.",
             .tag = "files",
             .problems = {ProblemCode::kNotFound},
             .headers = resumable},
            look);
  table.add({.method = Method::kPatch,
             .path = kUpload,
             .id = "continueUpload",
             .summary = "The next bytes of an upload, at most 8 MiB.",
             .tag = "files",
             .problems = of_receiving(),
             .work = api::Work::kTransfer,
             .max_body = kMaxTusChunk,
             .headers = resumable,
             .may_lack_body = true,
             .content_types = {kOffsetStream}},
            [services](Request<RawBody>& request) { return go_on(request, services); });
  table.add({.method = Method::kPost,
             .path = kUpload,
             .id = "continueUploadByPost",
             .summary = "The same for clients that cannot send PATCH, with X-HTTP-Method-Override.",
             .tag = "files",
             .status = 204,
             .problems = of_posting,
             .work = api::Work::kTransfer,
             .max_body = kMaxTusChunk,
             .headers = resumable,
             .may_lack_body = true,
             .content_types = {kOffsetStream}},
            [services](Request<RawBody>& request) { return go_on_by_post(request, services); });
  table.add({.method = Method::kDelete,
             .path = kUpload,
             .id = "endUpload",
             .summary = "Forgets an upload and what has come of it.",
             .tag = "files",
             .problems = {ProblemCode::kNotFound, ProblemCode::kConflict},
             .headers = resumable},
            end);
}

}  // namespace parley::files_api

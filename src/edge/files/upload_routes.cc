// Upload by form, description, removal and quota.
#include <algorithm>

#include "edge/files/multipart.h"
#include "edge/files/receiving.h"
#include "edge/files/tus.h"
#include "product/chat/attachments.h"
#include "product/files/garbage.h"

namespace parley::files_api {
namespace {

namespace files = product::files;
using api::Bucket;
using api::Context;
using api::Method;
using api::NoContent;
using api::RawBody;
using api::Request;
using files::FileRow;
using files::FileView;
using product::FileId;
using product::Outcome;
using product::ProblemCode;
using product::refuse;
using product::Tx;

/// Of a text part of a form: "true" is the longest that we know.
constexpr size_t kMaxField = 64;

struct Form {
  MultipartPart file;
  bool is_voice = false;
};

Outcome<Form> read_form(const net::HttpRequest& http) {
  const auto body = http.body_file;
  if (!body) return refuse(ProblemCode::kInvalidRequest, "the form is empty");
  const ReadAt read = [&body](uint64_t offset, std::span<char> into) -> std::optional<size_t> {
    const auto got = body->read_at(offset, into);
    return got ? std::optional(*got) : std::nullopt;
  };
  const auto parts = parse_multipart(read, multipart_boundary(http.headers.get("Content-Type")));
  if (!parts) return refuse(ProblemCode::kInvalidRequest, std::string(to_string(parts.error())));
  Form out;
  const auto files = std::ranges::count_if(*parts, &MultipartPart::is_file);
  if (files != 1) return refuse(ProblemCode::kInvalidRequest, "the form must hold one file");
  for (const MultipartPart& part : *parts) {
    if (part.is_file) out.file = part;
    if (part.is_file || part.name != "voice" || part.size > kMaxField) continue;
    std::string text(part.size, '\0');
    out.is_voice = read(part.offset, text) && text == "true";
  }
  return out;
}

Outcome<FileView> view_of(const Context& context, const FileRow& row) {
  return context.store.read(context.deadline, [&](Tx& tx) -> Outcome<FileView> { return files::to_view(tx, row); });
}

Outcome<FileView> upload(Request<RawBody>& request, const Services& services) {
  const auto form = read_form(request.http);
  if (!form) return std::unexpected(form.error());
  const files::NewUpload wanted{.name = files::safe_name(form->file.file_name),
                                .size = static_cast<int64_t>(form->file.size),
                                .is_voice = form->is_voice};
  auto begun = request.store.write(
      request.deadline, [&](Tx& tx) { return files::begin_upload(tx, uploading(request), wanted, services->limits); });
  if (!begun) return std::unexpected(std::move(begun.error()));
  const FileRange bytes(request.http.body_file, form->file.offset, form->file.size);
  auto row = receive(request, *services, *begun, 0, bytes);
  if (!row) return take_back(request, begun->id, std::move(row.error()));
  return view_of(request, *row);
}

Outcome<FileView> get_file(Request<>& request) {
  const auto id = request.id<FileId>("file_id");
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<FileView> {
    const auto row = files::find_row(tx, id);
    if (!row) return refuse(ProblemCode::kNotFound);
    const product::UserId& user = request.caller.user;
    if (row->owner_id != user && !product::chat::may_read_file(tx, user, id, request.now.wall))
      return refuse(ProblemCode::kNotFound);
    return files::to_view(tx, *row);
  });
}

Outcome<NoContent> delete_file(Request<>& request) {
  const auto done = request.store.write(request.deadline, [&](Tx& tx) {
    return files::delete_file(tx, request.caller.user, request.id<FileId>("file_id"), request.now.wall);
  });
  if (!done) return std::unexpected(done.error());
  return NoContent{};
}

Outcome<files::Usage> usage(Request<>& request, const Services& services) {
  return request.store.read(request.deadline, [&](Tx& tx) -> Outcome<files::Usage> {
    return files::usage_of(tx, request.caller.user, services->limits);
  });
}

}  // namespace

Outcome<FileRow> receive(const Context& context, const FileServices& services, const FileRow& file, int64_t position,
                         const FileRange& bytes) {
  if (bytes.size() == 0) {
    if (file.state == files::FileState::kProcessing && services.wake) services.wake();
    return file;
  }
  // Two that come at once for one position must not write under one key.
  const std::string name = "incoming/" + file.id.text() + "/" + product::make_uuid(context.now.wall, context.rng);
  auto key = product::BlobKey::make(name);
  if (!key) return std::unexpected(std::move(key.error()));
  auto announced = context.store.write(context.deadline, [&](Tx& tx) -> Outcome<void> {
    files::announce_blob(tx, name, context.now.wall);
    return {};
  });
  if (!announced) return std::unexpected(std::move(announced.error()));
  auto put = services.blobs.put(*key, bytes, {}, context.deadline);
  if (!put) return std::unexpected(std::move(put.error()));
  auto row = context.store.write(context.deadline, [&](Tx& tx) {
    return files::add_chunk(tx, uploading(context), file.id,
                            {.position = position, .size = static_cast<int64_t>(bytes.size()), .blob_key = name});
  });
  if (row && row->state == files::FileState::kProcessing && services.wake) services.wake();
  return row;
}

std::unexpected<product::Problem> take_back(const Context& context, const FileId& file, product::Problem why) {
  const auto dropped = context.store.write(context.deadline, [&](Tx& tx) -> Outcome<void> {
    files::drop_file(tx, file, context.now.wall);
    return {};
  });
  if (!dropped) why.detail += "; what was begun is forgotten within a day";
  return std::unexpected(std::move(why));
}

void add_upload_routes(api::RouteTable& table, const Services& services) {
  table.add(
      {.method = Method::kPost,
       .path = "/api/v1/files",
       .id = "uploadFile",
       .summary = "Uploads one file as a form (field `file`; `voice=true` for a voice message). It may be sent at "
                  "once, and is shown when it was looked at.",
       .tag = "files",
       .bucket = Bucket::kUploads,
       .status = 201,
       .problems = {ProblemCode::kBodyTooLarge, ProblemCode::kQuotaExceeded, ProblemCode::kLimitReached,
                    ProblemCode::kUnsupportedMediaType, ProblemCode::kConflict, ProblemCode::kNotFound,
                    ProblemCode::kStorageUnavailable, ProblemCode::kStorageFull},
       .work = api::Work::kTransfer,
       .max_body = static_cast<size_t>(services->limits.file) + kMaxFormOverhead,
       .content_types = {"multipart/form-data"}},
      [services](Request<RawBody>& request) { return upload(request, services); });
  table.add({.method = Method::kGet,
             .path = "/api/v1/files/{file_id}",
             .id = "getFile",
             .summary = "What a file is, for its owner and those who may read a message that holds it.",
             .tag = "files",
             .problems = {ProblemCode::kNotFound}},
            get_file);
  table.add({.method = Method::kDelete,
             .path = "/api/v1/files/{file_id}",
             .id = "deleteFile",
             .summary = "Forgets one's own file that no message holds.",
             .tag = "files",
             .problems = {ProblemCode::kNotFound, ProblemCode::kConflict}},
            delete_file);
  table.add({.method = Method::kGet,
             .path = "/api/v1/users/me/file-usage",
             .id = "getFileUsage",
             .summary = "How many bytes one's files have, and how many they may have.",
             .tag = "files"},
            [services](Request<>& request) { return usage(request, services); });
}

}  // namespace parley::files_api

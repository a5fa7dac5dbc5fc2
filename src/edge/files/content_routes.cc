// Download, and links for those who cannot sign in where they use them.
#include "edge/files/routes.h"
#include "json/writer.h"
#include "product/chat/attachments.h"

namespace parley::files_api {
namespace {

namespace files = product::files;
using api::Access;
using api::Bucket;
using api::Context;
using api::Download;
using api::Method;
using api::NoBody;
using api::Request;
using files::FileRow;
using files::FileState;
using files::FormRole;
using product::FileId;
using product::Outcome;
using product::ProblemCode;
using product::refuse;
using product::Tx;
using product::UserId;
using Services = std::shared_ptr<const FileServices>;

/// As a query and as a body.
struct FormWish {
  std::optional<FormRole> form;  ///< Absent: the original.
  std::optional<bool> download;  ///< Never shown in place.
};
BOOST_DESCRIBE_STRUCT(FormWish, (), (form, download))

struct FileLink {
  std::string url;  ///< A path where this server does not know its own address.
  WallTime expires_at;
};
BOOST_DESCRIBE_STRUCT(FileLink, (), (url, expires_at))

/// Who asks; nobody: whoever has a link for all.
enum class Reader : unsigned char { kUser, kAnybody };

struct Wanted {
  FileId file;
  FormRole form = FormRole::kOriginal;
  Reader reader = Reader::kUser;
  UserId user;
};

struct Found {
  FileRow row;
  files::Form form;
};

/// The bytes that are wanted, if he may have them.
Outcome<Found> find_content(const Context& context, const Wanted& wanted) {
  return context.store.read(context.deadline, [&](Tx& tx) -> Outcome<Found> {
    auto row = files::find_row(tx, wanted.file);
    if (!row) return refuse(ProblemCode::kNotFound);
    const bool may_read = wanted.reader == Reader::kAnybody || row->owner_id == wanted.user ||
                          product::chat::may_read_file(tx, wanted.user, wanted.file, context.now.wall);
    if (!may_read || row->state == FileState::kReceiving || row->state == FileState::kRefused)
      return refuse(ProblemCode::kNotFound);
    if (row->state == FileState::kProcessing || !row->content_id) return refuse(ProblemCode::kFileNotReady);
    auto form = files::find_form(tx, *row->content_id, wanted.form);
    if (!form) return refuse(ProblemCode::kNotFound, "there is no such form of it");
    return Found{std::move(*row), std::move(*form)};
  });
}

Serving serving_of(Found found) {
  Serving out;
  out.tag = found.row.content_id->text() + "-" + std::string(json::enum_name(found.form.role));
  out.name = std::move(found.row.name);
  out.form = std::move(found.form);
  return out;
}

Outcome<Download> get_content(Request<NoBody, FormWish>& request, const Services& services) {
  auto found = find_content(request, {.file = request.id<FileId>("file_id"),
                                      .form = request.query.form.value_or(FormRole::kOriginal),
                                      .user = request.caller.user});
  if (!found) return std::unexpected(std::move(found.error()));
  Serving serving = serving_of(std::move(*found));
  serving.is_download = request.query.download.value_or(false);
  // Asked again each time, and answered with 304: who may not see it any more is told so.
  serving.cache_control = "private, no-cache";
  return serve(request.http, serving, {services->blobs, services->readers});
}

Outcome<Download> get_by_link(Request<NoBody, LinkQuery>& request, const Services& services) {
  const auto link = read_link(services->links, request.id<FileId>("file_id"), request.query, request.now.wall);
  if (!link) return refuse(ProblemCode::kLinkInvalid);
  const Reader reader = link->user.is_empty() ? Reader::kAnybody : Reader::kUser;
  auto found = find_content(request, {.file = link->file, .form = link->form, .reader = reader, .user = link->user});
  if (!found) return std::unexpected(std::move(found.error()));
  Serving serving = serving_of(std::move(*found));
  serving.is_download = link->is_download;
  serving.is_for_others = true;
  const int64_t left = link->expires_at.unix_s() - request.now.wall.unix_s();
  // The address names these bytes for ever, and is good for so long.
  serving.cache_control = std::string(reader == Reader::kAnybody ? "public" : "private") +
                          ", max-age=" + std::to_string(left) + ", immutable";
  return serve(request.http, serving, {services->blobs, services->readers});
}

Outcome<FileLink> make_file_link(Request<FormWish>& request, const Services& services) {
  const Wanted wanted{.file = request.id<FileId>("file_id"),
                      .form = request.body.form.value_or(FormRole::kOriginal),
                      .user = request.caller.user};
  if (auto found = find_content(request, wanted); !found) return std::unexpected(std::move(found.error()));
  LinkParts parts{.file = wanted.file, .form = wanted.form};
  if (!services->links.is_cdn) parts.user = wanted.user;
  parts.is_download = request.body.download.value_or(false);
  parts.expires_at = link_end(request.now.wall);
  return FileLink{.url = make_link(services->links, parts), .expires_at = parts.expires_at};
}

}  // namespace

void add_content_routes(api::RouteTable& table, const Services& services) {
  const std::vector<ProblemCode> problems{ProblemCode::kNotFound, ProblemCode::kFileNotReady};
  table.add({.method = Method::kGet,
             .path = "/api/v1/files/{file_id}/content",
             .id = "downloadFile",
             .summary = "The bytes of a file in one of its forms, whole or by range.",
             .tag = "files",
             .other_status = {206, 416},
             .problems = problems},
            [services](Request<NoBody, FormWish>& request) { return get_content(request, services); });
  table.add({.method = Method::kPost,
             .path = "/api/v1/files/{file_id}/links",
             .id = "linkFile",
             .summary = "An address at which the bytes can be fetched without signing in, for an hour or two.",
             .tag = "files",
             .problems = problems,
             .secrecy = api::Secrecy::kSecret},
            [services](Request<FormWish>& request) { return make_file_link(request, services); });
  table.add({.method = Method::kGet,
             .path = "/api/v1/content/{file_id}",
             .id = "downloadByLink",
             .summary = "The bytes behind a link.",
             .tag = "files",
             .access = Access::kAnyone,
             .bucket = Bucket::kReads,
             .other_status = {206, 416},
             .problems = {ProblemCode::kNotFound, ProblemCode::kFileNotReady, ProblemCode::kLinkInvalid}},
            [services](Request<NoBody, LinkQuery>& request) { return get_by_link(request, services); });
}

}  // namespace parley::files_api

#include "product/files/rows.h"

#include <unordered_map>

#include "json/writer.h"
#include "product/ports/ids_in.h"

namespace parley::product::files {
namespace {

constexpr std::string_view kColumns =
    "select id, owner_id, name, is_voice, state, problem, content_id, size, received, created_at, used_at from files ";

struct ContentRow {
  ContentId id;
  MediaKind kind = MediaKind::kOther;
  std::string content_type;
  int64_t width = 0;
  int64_t height = 0;
  std::string blurhash;
  int64_t duration_ms = 0;
  std::string waveform;
};
BOOST_DESCRIBE_STRUCT(ContentRow, (), (id, kind, content_type, width, height, blurhash, duration_ms, waveform))

struct FormOf {
  ContentId content;
  FormRole role = FormRole::kOriginal;
  std::string content_type;
  int64_t size = 0;
  int64_t width = 0;
  int64_t height = 0;
};
BOOST_DESCRIBE_STRUCT(FormOf, (), (content, role, content_type, size, width, height))

/// What is not known stands as 0 or empty in the rows.
template <class T>
std::optional<T> if_known(T value) {
  if (value == T()) return std::nullopt;
  return value;
}

struct Contents {
  std::unordered_map<ContentId, ContentRow> rows;
  std::unordered_map<ContentId, std::vector<FormView>> forms;
};

Contents read_contents(Tx& tx, std::span<const FileRow> files) {
  std::vector<ContentId> ids;
  for (const FileRow& file : files) {
    if (file.content_id) ids.push_back(*file.content_id);
  }
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  Contents out;
  for (ContentRow& row : all_in<ContentRow>(tx,
                                            "select id, kind, content_type, width, height, blurhash, duration_ms, "
                                            "waveform from file_contents where id in ({ids})",
                                            {}, std::span<const ContentId>(ids))) {
    const ContentId id = row.id;
    out.rows.emplace(id, std::move(row));
  }
  for (FormOf& row : all_in<FormOf>(tx,
                                    "select content_id, role, content_type, size, width, height from file_forms "
                                    "where content_id in ({ids}) order by role",
                                    {}, std::span<const ContentId>(ids))) {
    out.forms[row.content].push_back(
        {row.role, std::move(row.content_type), row.size, if_known(row.width), if_known(row.height)});
  }
  return out;
}

}  // namespace

std::optional<FileRow> find_row(Tx& tx, const FileId& file) {
  return one<FileRow>(tx, std::string(kColumns) + "where id = $1", file);
}

std::vector<FileView> to_views(Tx& tx, std::span<const FileRow> rows) {
  const Contents contents = read_contents(tx, rows);
  std::vector<FileView> out;
  out.reserve(rows.size());
  for (const FileRow& row : rows) {
    FileView& view = out.emplace_back();
    view.id = row.id;
    view.name = row.name;
    view.state = row.state;
    view.problem = if_known(row.problem);
    view.size = row.size;
    view.is_voice = row.is_voice;
    view.created_at = row.created_at;
    if (!row.content_id) continue;
    const auto content = contents.rows.find(*row.content_id);
    if (content == contents.rows.end()) continue;
    view.kind = content->second.kind;
    view.content_type = content->second.content_type;
    view.width = if_known(content->second.width);
    view.height = if_known(content->second.height);
    view.blurhash = if_known(content->second.blurhash);
    view.duration_ms = if_known(content->second.duration_ms);
    view.waveform = if_known(content->second.waveform);
    if (const auto forms = contents.forms.find(*row.content_id); forms != contents.forms.end())
      view.forms = forms->second;
  }
  return out;
}

FileView to_view(Tx& tx, const FileRow& row) { return std::move(to_views(tx, std::span(&row, 1)).front()); }

std::vector<FileView> views_of(Tx& tx, std::span<const FileId> files) {
  const auto rows = all_in<FileRow>(tx, std::string(kColumns) + "where id in ({ids})", {}, files);
  return to_views(tx, rows);
}

std::vector<FileView> export_files(Tx& tx, const UserId& user) {
  return to_views(tx, all<FileRow>(tx, std::string(kColumns) + "where owner_id = $1 order by id desc limit $2", user,
                                   kMaxExported));
}

std::optional<Form> find_form(Tx& tx, const ContentId& content, FormRole role) {
  return one<Form>(tx,
                   "select role, blob_key, content_type, size, width, height from file_forms where content_id = $1 and "
                   "role = $2",
                   content, role);
}

void tell_updated(Tx& tx, const FileRow& row) {
  tx.emit({"file.updated", "user:" + row.owner_id.text(), json::to_json(to_view(tx, row))});
}

}  // namespace parley::product::files

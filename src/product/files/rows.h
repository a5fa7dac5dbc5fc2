#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "product/files/types.h"
#include "product/ports/store.h"

// Reading of what stands in the tables, without a question of rights, and telling of it.

namespace parley::product::files {

/// A row of `files`.
struct FileRow {
  FileId id;
  UserId owner_id;
  std::string name;
  bool is_voice = false;
  FileState state = FileState::kReceiving;
  std::string problem;  ///< Empty: none.
  std::optional<ContentId> content_id;
  int64_t size = 0;      ///< Bytes that there will be.
  int64_t received = 0;  ///< Bytes that are here.
  WallTime created_at;
  WallTime used_at;  ///< When it was made or last sent.
};
BOOST_DESCRIBE_STRUCT(FileRow, (),
                      (id, owner_id, name, is_voice, state, problem, content_id, size, received, created_at, used_at))

std::optional<FileRow> find_row(Tx& tx, const FileId& file);
/// In the order of `rows`.
std::vector<FileView> to_views(Tx& tx, std::span<const FileRow> rows);
FileView to_view(Tx& tx, const FileRow& row);
/// Of any files, in no order; those that are gone are left out.
std::vector<FileView> views_of(Tx& tx, std::span<const FileId> files);

/// What an export holds at most: the newest.
inline constexpr int64_t kMaxExported = 10'000;
/// A user's own files, the newest first; their bytes are at /api/v1/files/{id}/content.
std::vector<FileView> export_files(Tx& tx, const UserId& user);

/// A form and where its bytes are.
struct Form {
  FormRole role = FormRole::kOriginal;
  std::string blob_key;
  std::string content_type;
  int64_t size = 0;
  int64_t width = 0;  ///< 0: none.
  int64_t height = 0;
};
BOOST_DESCRIBE_STRUCT(Form, (), (role, blob_key, content_type, size, width, height))
std::optional<Form> find_form(Tx& tx, const ContentId& content, FormRole role);

/// "file.updated" on "user:<owner>", FileView: it became ready, or was refused.
void tell_updated(Tx& tx, const FileRow& row);

}  // namespace parley::product::files

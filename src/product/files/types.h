#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "product/model/ids.h"
#include "product/ports/media_tool.h"

// Files as clients see them and as they stand in rows. The numbers of enumerators are in the database: they never
// change.
//
// A file is what somebody has uploaded under a name. What is in it, its content, is stored once for all files of this
// server that are equal (one Parley is one tenant), in one or more forms.

namespace parley::product::files {

using ContentId = Id<struct ContentTag>;

enum class FileState : unsigned char {
  kReceiving = 0,   ///< Its bytes are still coming.
  kProcessing = 1,  ///< All are here and are looked at; may be sent already, is shown to nobody.
  kReady = 2,
  kRefused = 3,  ///< `problem` says why; its bytes are gone.
};
BOOST_DESCRIBE_ENUM(FileState, kReceiving, kProcessing, kReady, kRefused)

enum class FormRole : unsigned char {
  kOriginal = 0,  ///< As uploaded, but without the metadata of pictures and recordings.
  kSmall = 1,     ///< A still of at most 320 pixels a side.
  kLarge = 2,     ///< A still of at most 1280.
  kPoster = 3,    ///< A still of a video.
  kPlayable = 4,  ///< Of voice: what every engine plays.
};
BOOST_DESCRIBE_ENUM(FormRole, kOriginal, kSmall, kLarge, kPoster, kPlayable)

/// One form as clients are told of it; fetched with `?form=<role>`.
struct FormView {
  FormRole role = FormRole::kOriginal;
  std::string content_type;
  int64_t size = 0;              ///< Bytes.
  std::optional<int64_t> width;  ///< Pixels.
  std::optional<int64_t> height;
};
BOOST_DESCRIBE_STRUCT(FormView, (), (role, content_type, size, width, height))

struct FileView {
  FileId id;
  std::string name;  ///< As its owner calls it; without folders.
  FileState state = FileState::kProcessing;
  std::optional<std::string> problem;  ///< A code of ours: why it was refused.
  int64_t size = 0;                    ///< Bytes as uploaded.
  bool is_voice = false;
  std::optional<MediaKind> kind;            ///< This and what follows: once it is ready.
  std::optional<std::string> content_type;  ///< By its content.
  std::optional<int64_t> width;
  std::optional<int64_t> height;
  std::optional<std::string> blurhash;
  std::optional<int64_t> duration_ms;
  std::optional<std::string> waveform;  ///< base64; a byte for each part of the sound, 255 full scale.
  std::vector<FormView> forms;
  WallTime created_at;
};
BOOST_DESCRIBE_STRUCT(FileView, (),
                      (id, name, state, problem, size, is_voice, kind, content_type, width, height, blurhash,
                       duration_ms, waveform, forms, created_at))

/// Limits of one server; 0: none, except for `file`.
struct FileLimits {
  int64_t file = int64_t{25} * 1024 * 1024;        ///< Bytes of one.
  int64_t user = int64_t{2} * 1024 * 1024 * 1024;  ///< Bytes of all files of one user.
  int64_t server = 0;                              ///< Bytes of all contents.
};
/// What `file` may be at most: an upload of more takes longer than links and leases live.
inline constexpr int64_t kMaxFileBytes = int64_t{2} * 1024 * 1024 * 1024;
/// Files of one user that are not complete, so that nobody opens uploads without end.
inline constexpr int64_t kMaxOpenUploads = 100;
/// Uploads that are not complete, and files that no message holds, live so long.
inline constexpr TimeDelta kUnusedFor = TimeDelta::seconds(24 * 3600);

}  // namespace parley::product::files

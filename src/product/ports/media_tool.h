#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "product/model/problem.h"

namespace parley::product {

enum class MediaKind : unsigned char {
  kOther,  ///< Nothing to show or play: offered for download only.
  kImage,
  kAudio,
  kVideo,
};
BOOST_DESCRIBE_ENUM(MediaKind, kOther, kImage, kAudio, kVideo)

/// What a derived file is for.
enum class DerivedRole : unsigned char {
  kClean,     ///< The original without metadata (places, names, devices): what others get in its stead.
  kSmall,     ///< A still of at most 320 pixels a side.
  kLarge,     ///< A still of at most 1280 pixels a side.
  kPoster,    ///< A still of a video, of at most 1280 pixels a side.
  kPlayable,  ///< A form of a voice message that every engine plays: AAC in MP4.
};
BOOST_DESCRIBE_ENUM(DerivedRole, kClean, kSmall, kLarge, kPoster, kPlayable)

/// One file that was made of the original; each role at most once.
struct DerivedFile {
  DerivedRole role = DerivedRole::kClean;
  std::string content_type;
  std::string file_name;  ///< Within the job's folder.
  int64_t size = 0;       ///< Bytes; never 0.
  int64_t width = 0;      ///< Pixels; 0 of sound.
  int64_t height = 0;
};
BOOST_DESCRIBE_STRUCT(DerivedFile, (), (role, content_type, file_name, size, width, height))

/// What a file is, by its content.
struct MediaFacts {
  MediaKind kind = MediaKind::kOther;
  std::string content_type;  ///< Of the original; what product/files/sniff.h names.
  int64_t width = 0;         ///< Pixels as shown, after the orientation was applied; 0: none.
  int64_t height = 0;
  std::string blurhash;     ///< Of images and posters, 4 by 3 components; else empty.
  int64_t duration_ms = 0;  ///< Of sound and video, from its packets; 0: none.
  std::string waveform;  ///< Of voice: base64 of 64 to 256 bytes, each the loudest sample of its part, 255 full scale.
  std::vector<DerivedFile> derived;
};
BOOST_DESCRIBE_STRUCT(MediaFacts, (), (kind, content_type, width, height, blurhash, duration_ms, waveform, derived))

enum class MediaPurpose : unsigned char {
  kFile,   ///< Anything; what cannot be looked at is MediaKind::kOther.
  kVoice,  ///< One sound of at most 15 minutes and nothing else, or a problem.
};
BOOST_DESCRIBE_ENUM(MediaPurpose, kFile, kVoice)

struct MediaJob {
  std::string input_path;     ///< A readable file; not changed.
  std::string output_folder;  ///< Exists, writable, empty; derived files are written here. The caller removes it.
  MediaPurpose purpose = MediaPurpose::kFile;
};

/// Looks at untrusted files and makes derived ones, apart from the server. Thread-safe; blocks.
class MediaTool {
 public:
  virtual ~MediaTool() = default;
  /// kMediaUnreadable: a damaged, unsupported or hostile file of a kind that would be shown or played, or no voice
  /// where voice is asked for. kMediaTooLarge: more than 50 million pixels (all frames together), voice of more than 15
  /// minutes. kOverloaded: no place before `deadline`. kNotConfigured: this server has no such tool. What takes longer
  /// than `deadline` is kMediaUnreadable. After a problem the folder's content means nothing.
  virtual Outcome<MediaFacts> examine(const MediaJob& job, Timestamp deadline) = 0;
};

}  // namespace parley::product

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "product/files/uploads.h"

// What becomes of a file once all its bytes are here: somebody takes it, looks at it, stores its forms, and says so.
// Several instances may do this at once: a claim is one's own while it lasts, and what was found under a claim that was
// lost meanwhile is thrown away.

namespace parley::product::files {

/// Longer than looking at the largest file may take.
inline constexpr TimeDelta kClaimFor = TimeDelta::seconds(900);
/// Claims that a file may need: whoever looked at it died each time. With one more it is to be refused, unseen.
inline constexpr int64_t kMaxAttempts = 5;

struct Job {
  FileRow file;
  std::vector<Chunk> chunks;  ///< In their order; together the file.
  WallTime claimed_until;     ///< Names the claim.
  int64_t attempts = 0;       ///< This one included.
};
/// The file that has waited longest; nullopt when none waits.
std::optional<Job> claim_next(Tx& tx, WallTime now);
/// It could not be looked at now, through no fault of its own: again at `next`.
void give_back(Tx& tx, const Job& job, WallTime next);

/// What was found and stored. The blobs were announced before (garbage.h).
struct Content {
  ContentId id;
  std::string sha256;  ///< Of the bytes as uploaded, hexadecimal.
  bool is_voice = false;
  MediaFacts facts;
  std::vector<Form> forms;
};
/// The content that is there already for these bytes, if any.
std::optional<ContentId> find_content(Tx& tx, const std::string& sha256, bool is_voice);
/// kReady, with a content that is there. False when the claim or the content was lost meanwhile: nothing was done.
bool finish_with(Tx& tx, const Job& job, const ContentId& content, WallTime now);
/// kReady, with a new content; when an equal one has come meanwhile, with that one, and the new blobs go. False as
/// above.
bool finish_new(Tx& tx, const Job& job, const Content& content, WallTime now);
/// kRefused with the code's name. False when the claim was lost.
bool refuse_file(Tx& tx, const Job& job, ProblemCode why, WallTime now);

/// For a message of `sender`: whether these are his own and may be sent; in their order. kInvalidRequest names the
/// first that is not; kMediaUnreadable and the like for one that was refused.
Outcome<std::vector<FileView>> take_for_message(Tx& tx, const UserId& sender, const std::vector<FileId>& files,
                                                WallTime now);

}  // namespace parley::product::files

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "product/files/rows.h"

// Nothing is deleted from storage in a unit of work, which might be rolled back: what is to go is written down in it
// and goes later. What is about to be stored is written down before, as if it were to go, and crossed out by the unit
// that needs it: so a crash between the two leaves nothing behind for ever.

namespace parley::product::files {

/// How long whoever stores a blob has until his unit of work must have taken it.
inline constexpr TimeDelta kStoringTakes = TimeDelta::seconds(6 * 3600);
/// Keys, files and contents handled by one unit.
inline constexpr int64_t kSweptAtOnce = 200;

/// A key that is about to be stored.
void announce_blob(Tx& tx, const std::string& blob_key, WallTime now);
/// It is needed from now on.
void keep_blob(Tx& tx, const std::string& blob_key);
/// It is not needed any more.
void drop_blob(Tx& tx, const std::string& blob_key, WallTime now);
void drop_chunks(Tx& tx, const FileId& file, WallTime now);
/// The file and its chunks; its content stays until sweep_contents().
void drop_file(Tx& tx, const FileId& file, WallTime now);

/// Forgets uploads that were not completed in time, and files that no message has held for kUnusedFor. At most
/// kSweptAtOnce; returns how many. For a timer, until it returns less.
int64_t sweep_files(Tx& tx, WallTime now);
/// Forgets contents that no file has any more. As sweep_files().
int64_t sweep_contents(Tx& tx, WallTime now);
/// Keys whose time has come, at most kSweptAtOnce: delete them, then say so.
std::vector<std::string> due_garbage(Tx& tx, WallTime now);
void forget_garbage(Tx& tx, std::span<const std::string> blob_keys);

}  // namespace parley::product::files

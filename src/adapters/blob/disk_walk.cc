#include "adapters/blob/disk_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "net/clock.h"

namespace parley::blob {
namespace {

struct FolderCloser {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

std::string file_of(std::string_view key) { return std::string(key) + "~"; }

std::vector<FolderEntry> entries_of(int folder) {
  std::vector<FolderEntry> out;
  const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, FolderCloser> reader(own < 0 ? nullptr : ::fdopendir(own));
  if (!reader) return out;
  while (const dirent* entry = ::readdir(reader.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat status{};
    if (::fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISREG(status.st_mode)) out.push_back({std::string(name), FolderEntry::Kind::kFile});
    if (S_ISDIR(status.st_mode)) out.push_back({std::string(name), FolderEntry::Kind::kFolder});
  }
  return out;
}

void DiskWalk::enter(const Descriptor& folder, const std::string& path) {
  if (!folder) return;
  if (net::read_clock().mono >= deadline) {
    is_late = true;
    return;
  }
  // Segments as they stand in keys: a folder's ends with its slash, which sorts behind '-' and '.'.
  std::vector<std::string> segments;
  for (FolderEntry& entry : entries_of(folder.get())) {
    if (entry.kind == FolderEntry::Kind::kFolder) {
      segments.push_back(entry.name + "/");
    } else if (entry.name.ends_with('~')) {
      segments.push_back(entry.name.substr(0, entry.name.size() - 1));
    }
  }
  std::ranges::sort(segments);
  for (const std::string& segment : segments) {
    if (found.size() >= limit || is_late) return;
    visit(folder, path, segment);
  }
}

void DiskWalk::visit(const Descriptor& folder, const std::string& path, const std::string& segment) {
  const std::string whole = path + segment;
  if (!segment.ends_with('/')) {
    if (whole.starts_with(prefix) && whole > after) take(folder, whole, segment);
    return;
  }
  const bool may_match = whole.starts_with(prefix) || prefix.starts_with(whole);
  const bool may_follow = whole > after || after.starts_with(whole);
  if (!may_match || !may_follow) return;
  const std::string name = segment.substr(0, segment.size() - 1);
  enter(Descriptor(::openat(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)), whole);
}

void DiskWalk::take(const Descriptor& folder, const std::string& path, const std::string& segment) {
  auto key = product::BlobKey::make(path);
  struct stat status{};
  if (!key || ::fstatat(folder.get(), file_of(segment).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  const int64_t modified_us = status.st_mtim.tv_sec * int64_t{1'000'000} + status.st_mtim.tv_nsec / 1000;
  found.push_back({std::move(*key), static_cast<uint64_t>(status.st_size), WallTime{modified_us}});
}

}  // namespace parley::blob

#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "base/time.h"

namespace parley::product {

/// The text that names one thing of one kind for its whole life: a UUIDv7 (RFC 9562 section 5.7), so that ids sort by
/// their creation. To clients it is opaque. Any text may stand in one; what names nothing is simply not found.
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}
  explicit Id(std::string_view text) : text_(text) {}
  explicit Id(const char* text) : text_(text) {}

  const std::string& text() const { return text_; }
  bool is_empty() const { return text_.empty(); }
  auto operator<=>(const Id&) const = default;

 private:
  std::string text_;
};

using UserId = Id<struct UserTag>;
using SessionId = Id<struct SessionTag>;
using ApiKeyId = Id<struct ApiKeyTag>;
using CommunityId = Id<struct CommunityTag>;
using RoleId = Id<struct RoleTag>;
using ChannelId = Id<struct ChannelTag>;
using InviteId = Id<struct InviteTag>;
using AuditId = Id<struct AuditTag>;
using ReportId = Id<struct ReportTag>;
using HookId = Id<struct HookTag>;
using ConversationId = Id<struct ConversationTag>;
using MessageId = Id<struct MessageTag>;
using FileId = Id<struct FileTag>;

/// A new UUIDv7 in its usual text: 48 bits of milliseconds, 74 random bits.
std::string make_uuid(WallTime now, Rng& rng);
template <class AnyId>
AnyId make_id(WallTime now, Rng& rng) {
  return AnyId(make_uuid(now, rng));
}

}  // namespace parley::product

template <class Tag>
struct std::hash<parley::product::Id<Tag>> {
  size_t operator()(const parley::product::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.text()); }
};

#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <vector>

#include "product/chat/conversations.h"

namespace parley::product::chat {

enum class Has : unsigned char { kFile, kImage, kLink };
BOOST_DESCRIBE_ENUM(Has, kFile, kImage, kLink)

/// All that is given must hold; something must be.
struct SearchFilter {
  std::optional<json::Text<1, 256>> q;  ///< Words, each also as the beginning of a longer one.
  std::optional<UserId> from;
  std::optional<ConversationId> in;
  std::optional<CommunityId> community;
  std::optional<Has> has;
  std::optional<UserId> mentions;
  std::optional<WallTime> before;
  std::optional<WallTime> after;
};
BOOST_DESCRIBE_STRUCT(SearchFilter, (), (q, from, in, community, has, mentions, before, after))

/// Messages that the caller may read now. Those that have the words as they were typed come first, then those that have
/// them by the fold of product.md 3.5; within each the newest.
Outcome<Listing<MessageView>> search_messages(Tx& tx, const Acting& acting, const SearchFilter& filter,
                                              const PagePlace& place);

}  // namespace parley::product::chat

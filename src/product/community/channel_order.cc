// Moving channels: the largest of the operations on them.
#include <algorithm>
#include <map>
#include <set>

#include "product/community/audit.h"
#include "product/community/channels.h"
#include "product/community/checks.h"
#include "product/community/events.h"
#include "product/community/overrides.h"
#include "product/community/rows.h"

namespace parley::product::community {
namespace {

using access::Permission;

/// What is moved, and from where.
struct Move {
  Channel before;
  Channel after;
  bool is_elsewhere = false;  ///< In another category than before.
};

/// The caller's view of a community: only what is in it can be moved.
class Board {
 public:
  explicit Board(std::vector<ChannelStanding> visible) {
    for (ChannelStanding& here : visible) channels_.emplace(here.channel.id, std::move(here));
  }

  /// kNotFound, or kForbidden without kManageChannels in it.
  Outcome<Channel> managed(const ChannelId& id) const {
    const auto at = channels_.find(id);
    if (at == channels_.end()) return refuse(ProblemCode::kNotFound);
    if (!at->second.mask.has(Permission::kManageChannels))
      return refuse(ProblemCode::kForbidden, "needs the permission manageChannels in each of the channels");
    return at->second.channel;
  }

  /// Sets the new parent of `move`, if the place names another one.
  Outcome<void> put(Move& move, const ChannelPlace& place) const {
    if (place.parent_id.is_absent()) return {};
    const std::optional<ChannelId> old = move.before.parent_id;
    std::optional<ChannelId> parent;
    if (place.parent_id.has_value()) parent = place.parent_id.value();
    if (parent == old) return {};
    if (parent) {
      if (move.before.kind == ChannelKind::kCategory) return refuse_field("/channels", "a category is in no other");
      const auto category = managed(*parent);
      if (!category) return std::unexpected(category.error());
      if (category->kind != ChannelKind::kCategory) return refuse_field("/channels", "a parent is no category");
    }
    move.after.parent_id = parent;
    move.is_elsewhere = true;
    return {};
  }

 private:
  std::map<ChannelId, ChannelStanding> channels_;
};

/// The named channels on the places that they hold together.
Outcome<std::vector<Move>> arrange(const Board& board, const ChannelOrder& order) {
  std::vector<Move> moves;
  std::vector<int64_t> places;
  std::set<ChannelId> seen;
  for (const ChannelPlace& place : order.channels) {
    const auto channel = board.managed(place.id);
    if (!channel) return std::unexpected(channel.error());
    if (!seen.insert(place.id).second) return refuse_field("/channels", "names a channel twice");
    Move move{*channel, *channel};
    if (const auto put = board.put(move, place); !put) return std::unexpected(put.error());
    places.push_back(channel->position);
    moves.push_back(std::move(move));
  }
  std::ranges::sort(places);
  for (size_t i = 0; i < moves.size(); ++i) moves[i].after.position = places[i];
  std::erase_if(moves, [](const Move& m) { return !m.is_elsewhere && m.before.position == m.after.position; });
  return moves;
}

/// Into its new place. One that leaves its category takes what held there along.
void carry_out(Tx& tx, const Move& move) {
  if (move.is_elsewhere) unsync(tx, move.before);
  execute(tx, "update channels set parent_id = $2, position = $3 where id = $1", move.after.id, move.after.parent_id,
          move.after.position);
}

}  // namespace

Outcome<std::vector<ChannelView>> reorder_channels(Tx& tx, const Acting& acting, const CommunityId& community,
                                                   const ChannelOrder& order) {
  const auto standing = require(tx, acting, community, Permission::kManageChannels);
  if (!standing) return std::unexpected(standing.error());
  const Community now = find_community(tx, community).value_or(Community());
  if (const auto seen = check_version(order.version, now.version); !seen) return std::unexpected(seen.error());
  const Board board(visible_channels(tx, acting.user, community, acting.now));
  const auto moves = arrange(board, order);
  if (!moves) return std::unexpected(moves.error());
  if (moves->empty()) return list_channels(tx, acting, community);
  ChannelsReordered told{community, {}, bump_version(tx, community)};
  std::vector<ChannelPosition> before;
  for (const Move& move : *moves) {
    carry_out(tx, move);
    before.push_back({move.before.id, move.before.parent_id, move.before.position});
    told.channels.push_back({move.after.id, move.after.parent_id, move.after.position});
  }
  record(tx, acting, community,
         {"channel.reorder", community.text(), json::to_json(before), json::to_json(told.channels)});
  tell(tx, "channels.reordered", community, told);
  // A category's lockdown holds in its channels only.
  for (const Move& move : *moves) {
    if (move.is_elsewhere) tell_access(tx, {community, move.after.id, {}, {}});
  }
  return list_channels(tx, acting, community);
}

}  // namespace parley::product::community

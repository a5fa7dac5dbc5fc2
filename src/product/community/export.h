#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "product/community/types.h"
#include "product/ports/store.h"

namespace parley::product::community {

// What communities keep about one user, for him to take along (product.md 3.12).

/// More marks in audit logs than this are not exported: the newest are.
inline constexpr int64_t kMaxExportedMarks = 10'000;

/// A row as it is stored; the names of the roles come beside it.
struct ExportedMembershipRow {
  CommunityId community_id;
  std::string community_name;
  std::string nickname;
  WallTime joined_at;
  std::optional<WallTime> timed_out_until;
  bool server_muted = false;
  bool server_deafened = false;
  std::optional<UserId> invited_by;
};
BOOST_DESCRIBE_STRUCT(ExportedMembershipRow, (),
                      (community_id, community_name, nickname, joined_at, timed_out_until, server_muted,
                       server_deafened, invited_by))
struct ExportedMembership : ExportedMembershipRow {
  std::vector<std::string> roles;
};
BOOST_DESCRIBE_STRUCT(ExportedMembership, (ExportedMembershipRow), (roles))

struct ExportedBan {
  CommunityId community_id;
  std::string reason;
  WallTime created_at;
  std::optional<WallTime> expires_at;
};
BOOST_DESCRIBE_STRUCT(ExportedBan, (), (community_id, reason, created_at, expires_at))

struct ExportedInvite {
  CommunityId community_id;
  std::string code;
  int64_t uses = 0;
  WallTime created_at;
  std::optional<WallTime> expires_at;
  std::optional<WallTime> revoked_at;
};
BOOST_DESCRIBE_STRUCT(ExportedInvite, (), (community_id, code, uses, created_at, expires_at, revoked_at))

struct ExportedReport {
  CommunityId community_id;
  ReportTarget target_kind = ReportTarget::kUser;
  std::string target_id;
  std::string reason;
  ReportState state = ReportState::kOpen;
  WallTime created_at;
};
BOOST_DESCRIBE_STRUCT(ExportedReport, (), (community_id, target_kind, target_id, reason, state, created_at))

/// What he did, or was done to him, as a moderator's log keeps it; without what others may not be told of.
struct ExportedMark {
  CommunityId community_id;
  std::string action;
  bool is_actor = false;
  WallTime created_at;
};
BOOST_DESCRIBE_STRUCT(ExportedMark, (), (community_id, action, is_actor, created_at))

struct CommunityExport {
  std::vector<ExportedMembership> memberships;
  std::vector<ExportedBan> bans;
  std::vector<ExportedInvite> invites;
  std::vector<ExportedReport> reports;
  std::vector<ExportedMark> audit_log;  ///< Newest first.
};
BOOST_DESCRIBE_STRUCT(CommunityExport, (), (memberships, bans, invites, reports, audit_log))

CommunityExport export_communities(Tx& tx, const UserId& user);

}  // namespace parley::product::community

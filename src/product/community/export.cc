#include "product/community/export.h"

namespace parley::product::community {

CommunityExport export_communities(Tx& tx, const UserId& user) {
  CommunityExport out;
  auto rows = all<ExportedMembershipRow>(
      tx,
      "select m.community_id, k.name, m.nickname, m.joined_at, m.timed_out_until, m.server_muted, m.server_deafened,"
      " m.invited_by from members m join communities k on k.id = m.community_id"
      " where m.user_id = $1 and k.deleted_at is null order by m.joined_at, m.community_id",
      user);
  for (ExportedMembershipRow& row : rows) {
    auto roles = all<std::string>(tx,
                                  "select r.name from member_roles g join roles r on r.id = g.role_id"
                                  " where g.community_id = $1 and g.user_id = $2 order by r.position desc",
                                  row.community_id, user);
    out.memberships.push_back({std::move(row), std::move(roles)});
  }
  out.bans = all<ExportedBan>(
      tx, "select community_id, reason, created_at, expires_at from bans where user_id = $1 order by created_at", user);
  out.invites = all<ExportedInvite>(tx,
                                    "select community_id, code, uses, created_at, expires_at, revoked_at from invites"
                                    " where inviter_id = $1 order by id",
                                    user);
  out.reports = all<ExportedReport>(tx,
                                    "select community_id, target_kind, target_id, reason, state, created_at"
                                    " from reports where reporter_id = $1 order by id",
                                    user);
  out.audit_log = all<ExportedMark>(tx,
                                    "select community_id, action, case when actor_id = $1 then 1 else 0 end, created_at"
                                    " from audit_log where actor_id = $1 or target_id = $1 order by id desc limit $2",
                                    user, kMaxExportedMarks);
  return out;
}

}  // namespace parley::product::community

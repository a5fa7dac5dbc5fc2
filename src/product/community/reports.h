#pragma once

#include <optional>

#include "product/community/access.h"
#include "product/community/inputs.h"
#include "product/community/listing.h"

namespace parley::product::community {

/// By any member. A user must be a member, a channel one that the caller may view; a message is taken at its word,
/// because it may be gone by then. kLimitReached: kMaxOpenReports.
Outcome<Report> create_report(Tx& tx, const Acting& acting, const CommunityId& community, const NewReport& wanted);
/// Needs kManageMessages. The oldest first.
Outcome<Listing<Report>> list_reports(Tx& tx, const Acting& acting, const CommunityId& community,
                                      std::optional<ReportState> state, const PagePlace& place);
/// Needs kManageMessages. kConflict when somebody has done it already.
Outcome<Report> resolve_report(Tx& tx, const Acting& acting, const CommunityId& community, const ReportId& report,
                               const ReportDecision& decision);

}  // namespace parley::product::community

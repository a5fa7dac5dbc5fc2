// The audit log and the queue of reports.
#include "edge/community/support.h"
#include "product/community/audit.h"
#include "product/community/reports.h"

namespace parley::community_api {
namespace {

using namespace product::community;  // NOLINT(google-build-using-namespace): the operations that are offered here.

struct AuditQuery : api::PageQuery, AuditFilter {};
BOOST_DESCRIBE_STRUCT(AuditQuery, (api::PageQuery, AuditFilter), ())

struct ReportQuery : api::PageQuery {
  std::optional<ReportState> state;
};
BOOST_DESCRIBE_STRUCT(ReportQuery, (api::PageQuery), (state))

Outcome<Page<AuditEntry>> audit_log(Request<NoBody, AuditQuery>& request) {
  const auto id = request.id<CommunityId>("community_id");
  const AuditFilter& filter = request.query;
  return page<AuditEntry>(
      request, request.query, json::to_json(filter),
      [&](Tx& tx, const Acting& acting, const PagePlace& place) { return list_audit(tx, acting, id, filter, place); });
}

Outcome<Report> create(Request<NewReport>& request) {
  const auto id = request.id<CommunityId>("community_id");
  return write(request, {}, [&](Tx& tx, const Acting& acting) { return create_report(tx, acting, id, request.body); });
}

Outcome<Page<Report>> list(Request<NoBody, ReportQuery>& request) {
  const auto id = request.id<CommunityId>("community_id");
  const auto state = request.query.state;
  const std::string filter = state ? std::string(json::enum_name(*state)) : std::string();
  return page<Report>(request, request.query, filter, [&](Tx& tx, const Acting& acting, const PagePlace& place) {
    return list_reports(tx, acting, id, state, place);
  });
}

Outcome<Report> resolve(Request<ReportDecision>& request) {
  const auto id = request.id<CommunityId>("community_id");
  const auto report = request.id<ReportId>("report_id");
  return write(request, request.body.resolution,
               [&](Tx& tx, const Acting& acting) { return resolve_report(tx, acting, id, report, request.body); });
}

}  // namespace

void add_log_routes(api::RouteTable& table) {
  table.add({.path = in_community("/audit-log"),
             .id = "listAuditLog",
             .summary = "What was done by whom, the newest first.",
             .tag = "moderation",
             .problems = guarded()},
            audit_log);
  table.add({.method = Method::kPost,
             .path = in_community("/reports"),
             .id = "createReport",
             .summary = "Tells the moderators of a user, a message or a channel.",
             .tag = "moderation",
             .status = 201,
             .problems = {ProblemCode::kNotFound, ProblemCode::kLimitReached}},
            create);
  table.add({.path = in_community("/reports"),
             .id = "listReports",
             .summary = "What members have reported, the oldest first.",
             .tag = "moderation",
             .problems = guarded()},
            list);
  table.add({.method = Method::kPatch,
             .path = in_community("/reports/{report_id}"),
             .id = "resolveReport",
             .summary = "Closes a report.",
             .tag = "moderation",
             .problems = guarded({ProblemCode::kConflict})},
            resolve);
}

}  // namespace parley::community_api

#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "json/writer.h"
#include "product/community/acting.h"
#include "product/community/listing.h"
#include "product/community/types.h"
#include "product/model/problem.h"
#include "product/ports/store.h"

// The audit log: what was done by whom to what. Rows are only ever added.

namespace parley::product::community {

struct AuditNote {
  std::string_view action;  ///< "role.update".
  std::string target_id;
  std::optional<std::string> before;  ///< JSON of the thing; absent when it is new.
  std::optional<std::string> after;   ///< Absent when it is gone.
};
void record(Tx& tx, const Acting& acting, const CommunityId& community, const AuditNote& note);

struct AuditFilter {
  std::optional<UserId> actor_id;
  std::optional<json::Text<1, 64>> action;
  std::optional<json::Text<1, 128>> target_id;
};
BOOST_DESCRIBE_STRUCT(AuditFilter, (), (actor_id, action, target_id))

/// The newest first. Needs kAuditLog.
Outcome<Listing<AuditEntry>> list_audit(Tx& tx, const Acting& acting, const CommunityId& community,
                                        const AuditFilter& filter, const PagePlace& place);

}  // namespace parley::product::community

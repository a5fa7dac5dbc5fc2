// What becomes of the messages of somebody who has his account erased.
#include "adapters/store/schema.h"

namespace parley::store {
namespace {

constexpr std::string_view kStatements[] = {
    "alter table users add column keeps_messages {bool} not null default 0",
};

}  // namespace

constinit const Migration kDepartureSchema{"departure", kStatements};

}  // namespace parley::store

#include "adapters/store/schema.h"

namespace parley::store {
namespace {

constexpr std::string_view kStatements[] = {
    R"(create table outbox (
         id {pk},
         type {text} not null,
         resource {text} not null,
         payload {json} not null,
         created_at {int} not null
       ) {strict})",
};

}  // namespace

constinit const Migration kOutboxSchema{"outbox", kStatements};

}  // namespace parley::store

#pragma once

#include "adapters/store/failure.h"

struct pg_result;

namespace parley::store {

/// Rows with their columns by type: booleans, integers and integral numerics as numbers, other numerics and floats as
/// doubles, everything else as text.
product::SqlRows read_rows(const pg_result* result);

/// What an error result means. Its text has the SQLSTATE, and no values.
Failure read_failure(const pg_result* result);

/// A value in PostgreSQL's text form.
std::string to_text(const product::SqlValue& value);

}  // namespace parley::store

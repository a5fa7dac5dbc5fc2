#pragma once

#include <span>
#include <string>
#include <string_view>

#include "adapters/store/database.h"

namespace parley::store {

/// One step of the schema's history, applied in one transaction. Never changed once released: later steps follow.
///
/// Statements are templates of what both databases understand, with these tokens (SQLite | PostgreSQL):
///   {pk}      an ascending number given by the database, never given twice
///   {int}     integer | bigint            numbers and instants (microseconds)
///   {bool}    integer | smallint          0 and 1, so that `where is_admin = 1` is the same in both
///   {real}    real | double precision
///   {text}    text | text collate "C"     compared and sorted by code points in both
///   {json}    text | json                 kept as written
///   {strict}  strict |                    ends `create table (...)`: SQLite keeps columns to their types, too
/// A statement that begins with {sqlite} or {postgres} is for that one alone: full text search has no common form.
/// A reference within one table or around a circle of tables must be `deferrable`, or copy() cannot fill it.
struct Migration {
  std::string_view name;  ///< Recorded, so that a list in another order is noticed.
  std::span<const std::string_view> statements;
};

/// The schema's whole history. Version n is the state after the first n.
std::span<const Migration> migrations();

/// A template's statement for one database; empty when it is for the other one.
std::string expand(std::string_view statement, Engine engine);

// The areas, each in a file of its own: schema_<area>.cc. A new one is a line here and a line at the end of the list in
// schema.cc.
extern const Migration kOutboxSchema;
extern const Migration kIdentitySchema;
extern const Migration kVoiceSchema;
extern const Migration kVoiceMoveSchema;
extern const Migration kCommunitySchema;
extern const Migration kIdentitySchema2;
extern const Migration kWebhookSchema;
extern const Migration kChatSchema;
extern const Migration kEventSchema;
extern const Migration kFileSchema;
extern const Migration kDepartureSchema;

}  // namespace parley::store

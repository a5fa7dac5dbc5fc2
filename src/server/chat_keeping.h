#pragma once

#include "adapters/store/database.h"
#include "base/rng.h"

namespace parley::server {

// What becomes of messages by what happens elsewhere: listeners of the outbox, and the housekeeper's part.

/// The messages of an account that is erased are blanked, or stay, as it wanted; it leaves groups and marks behind.
product::Outcome<void> blank_when_erased(store::Database& database, Rng& rng, const product::OutboxEvent& event,
                                         Timestamp deadline);
/// A ban that asks for it takes back what was said just before.
product::Outcome<void> delete_when_banned(store::Database& database, Rng& rng, const product::OutboxEvent& event,
                                          Timestamp deadline);
/// Deletes what is older than the rules allow, in bounded units.
product::Outcome<void> keep_retention(store::Database& database, Rng& rng, Now now, Timestamp deadline);

}  // namespace parley::server

#pragma once

#include <memory>

#include "edge/files/file_range.h"
#include "edge/files/routes.h"

// What the two ways of uploading share.

namespace parley::files_api {

using Services = std::shared_ptr<const FileServices>;

inline product::files::Uploading uploading(const api::Context& context) {
  return {.user = context.caller.user, .now = context.now.wall, .rng = context.rng};
}

/// Stores `bytes` and then counts them as what follows `position`; so a crash between the two loses nothing that
/// anybody was told of. Wakes whoever looks at files when it was the last.
product::Outcome<product::files::FileRow> receive(const api::Context& context, const FileServices& services,
                                                  const product::files::FileRow& file, int64_t position,
                                                  const FileRange& bytes);
/// Takes back an upload that nobody was told of yet, because of `why`, which is returned.
std::unexpected<product::Problem> take_back(const api::Context& context, const product::FileId& file,
                                            product::Problem why);

}  // namespace parley::files_api

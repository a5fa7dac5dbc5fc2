// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "media_tool/files.h"

namespace parley::media_tool {

/// Looks at one file by its content: a picture, sound or video, or something else. Problems as MediaTool::examine says.
/// init_pictures() came before.
Outcome<product::MediaFacts> examine(product::MediaPurpose purpose, const InputFile& input, const OutputFiles& outputs);

}  // namespace parley::media_tool

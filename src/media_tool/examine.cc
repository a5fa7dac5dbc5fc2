// SPDX-License-Identifier: GPL-2.0-or-later
#include "media_tool/examine.h"

#include "media_tool/pictures.h"
#include "media_tool/recordings.h"
#include "product/files/sniff.h"

namespace parley::media_tool {

using product::MediaKind;

Outcome<product::MediaFacts> examine(product::MediaPurpose purpose, const InputFile& input,
                                     const OutputFiles& outputs) {
  const ByteVector head = input.read_head(product::files::kSniffBytes);
  const std::string_view type = product::files::sniff(as_text(head));
  const MediaKind kind = product::files::kind_of(type);
  if (purpose == product::MediaPurpose::kVoice) return examine_voice(type, input, outputs);
  if (kind == MediaKind::kImage) return examine_picture(type, input, outputs);
  if (kind != MediaKind::kOther) return examine_recording(type, input, outputs);
  return product::MediaFacts{.content_type = std::string(type)};
}

}  // namespace parley::media_tool

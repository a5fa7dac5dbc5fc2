#pragma once

#include "product/ports/media_tool.h"

namespace parley::product {

/// The one line of JSON that parley-media writes: facts, or the stable name of a problem ("media_too_large").
struct MediaAnswer {
  std::optional<MediaFacts> facts;
  std::optional<std::string> problem;
  std::optional<std::string> detail;  ///< English, of our own words: nothing out of the file.
};
BOOST_DESCRIBE_STRUCT(MediaAnswer, (), (facts, problem, detail))

/// More is no answer of the tool's. Facts with five derived files take 1.5 kB.
inline constexpr size_t kMaxMediaAnswer = size_t{64} * 1024;

}  // namespace parley::product

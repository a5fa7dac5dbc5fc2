#pragma once

#include <functional>
#include <string>

#include "base/rng.h"
#include "product/files/processing.h"
#include "product/ports/blob_store.h"
#include "product/ports/file_scanner.h"
#include "product/ports/media_tool.h"
#include "product/ports/store.h"

namespace parley::files_api {

/// What it is given; all outlive it and are thread-safe.
struct MakerPorts {
  product::Store& store;
  product::BlobStore& blobs;
  product::MediaTool& media;
  product::FileScanner* scanner;  ///< nullptr: files are not scanned.
  Rng& rng;                       ///< Fit for secrets.
};

/// Makes of what was uploaded what others get: looks at it, strips it, stores its forms, and tells all who wait for it.
/// Any number of instances and threads may do so at once. Thread-safe.
class FileMaker {
 public:
  /// `folder`: where files are put together; what a crash leaves there is removed here.
  FileMaker(MakerPorts ports, std::string folder, std::function<Now()> clock);

  enum class Done : unsigned char {
    kNothing,  ///< No file waits.
    kOne,      ///< One is ready or refused.
    kLater,    ///< One could not be looked at now, and waits again.
  };
  /// Takes the file that has waited longest. A problem: the database did not do it.
  product::Outcome<Done> make_next();

 private:
  struct Workplace;

  product::Outcome<Done> make(const product::files::Job& job);
  product::Outcome<void> gather(const product::files::Job& job, Workplace& place, Timestamp deadline);
  product::Outcome<product::MediaFacts> examine(const product::files::Job& job, const Workplace& place,
                                                Timestamp deadline);
  product::Outcome<void> store_forms(product::files::Content& content, const Workplace& place, Timestamp deadline);
  /// Ends the job in one unit with what it means to messages.
  product::Outcome<Done> finish(const product::files::Job& job, const std::function<bool(product::Tx&, WallTime)>& end);
  /// Refused, or given back, as the problem says.
  product::Outcome<Done> end_badly(const product::files::Job& job, const product::Problem& why);

  const MakerPorts ports_;
  const std::string folder_;
  const std::function<Now()> clock_;
};

}  // namespace parley::files_api

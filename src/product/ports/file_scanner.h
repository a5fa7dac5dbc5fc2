#pragma once

#include <string>

#include "base/time.h"
#include "product/model/problem.h"

namespace parley::product {

enum class ScanVerdict : unsigned char { kClean, kInfected };

/// Looks for malware in files before anybody is shown them. Thread-safe; blocks.
class FileScanner {
 public:
  virtual ~FileScanner() = default;
  /// kStorageUnavailable when the scanner does not answer, and the file waits until it does.
  virtual Outcome<ScanVerdict> scan(const std::string& path, Timestamp deadline) = 0;
};

}  // namespace parley::product

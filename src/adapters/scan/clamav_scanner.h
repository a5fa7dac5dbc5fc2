#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "product/ports/file_scanner.h"

namespace parley::scan {

/// clamd, asked over INSTREAM: it need not see our files. Its own limit (StreamMaxLength, 25 MiB unless set) must be at
/// least that of files; what it says is too long is kStorageUnavailable, so the file waits and the log says why.
/// Thread-safe; each scan is a connection.
class ClamavScanner final : public product::FileScanner {
 public:
  /// `address` is "host:port", "[::1]:3310" or the path of a socket. kInvalidArgument when it is neither.
  static Result<std::unique_ptr<ClamavScanner>> make(std::string address);

  product::Outcome<product::ScanVerdict> scan(const std::string& path, Timestamp deadline) override;

 private:
  ClamavScanner(std::string host, std::string port) : host_(std::move(host)), port_(std::move(port)) {}

  const std::string host_;  ///< Or the path of a socket.
  const std::string port_;  ///< Empty: host_ is a path.
};

}  // namespace parley::scan

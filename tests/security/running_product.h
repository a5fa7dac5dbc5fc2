#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/store/clock.h"
#include "adapters/store/test_store.h"
#include "edge/api/test_api.h"
#include "server/product.h"

namespace parley::security {

/// What is sent: `line` is "GET /path", `headers` are whole lines, each with its CRLF.
struct Ask {
  std::string line;
  std::string headers;
  std::string body;
  std::string content_type = "application/json";
};

/// An operation of the OpenAPI document that the product serves.
struct Operation {
  std::string id;
  std::string method;  ///< "GET".
  std::string path;    ///< With parameters in braces.
  boost::json::object description;
};

/// The product as `parley serve` wires it, rooms on a LiveKit that is not there, behind a real HTTP server and on a
/// database of the test's own. It believes the test's X-Forwarded-For, so that every request comes from another address
/// unless it says from which: limits by address are tested where they are meant.
class RunningProduct : public store::OnBothDatabases {
 protected:
  void SetUp() override;
  void TearDown() override;
  /// Changes what the product is started with.
  virtual void configure(server::Config& /*config*/) {}

  api::TestAnswer call(const Ask& ask);
  std::vector<Operation> operations();
  /// A number that grows with everything that any change leaves behind: events, entries of the log, rows.
  int64_t traces();
  /// "" for success, else the problem's code; "?" and the status of what is neither.
  static std::string result(const api::TestAnswer& answer);
  /// Signs what tests forge and what LiveKit sends.
  static constexpr std::string_view kRoomKey = "rooms";
  static constexpr std::string_view kRoomSecret = "a secret of rooms, long enough for HS256";

 private:
  server::Config config_;
  std::unique_ptr<server::Product> product_;
  std::unique_ptr<net::HttpServer> server_;
  uint32_t asked_ = 0;
};

}  // namespace parley::security

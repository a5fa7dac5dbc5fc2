#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/worker_pool.h"
#include "product/model/problem.h"

namespace parley::api {

struct ProblemField {
  std::string pointer;  ///< JSON pointer into the body, or "?name" of the query.
  std::string message;
};
BOOST_DESCRIBE_STRUCT(ProblemField, (), (pointer, message))

/// RFC 9457 on the wire.
struct ProblemBody {
  std::string type;
  std::string title;
  int status = 0;
  std::optional<std::string> detail;
  std::string instance;
  std::string code;
  std::optional<std::vector<ProblemField>> errors;
  std::string request_id;
  std::optional<std::string> help_url;
  std::optional<int64_t> retry_after_ms;
};
BOOST_DESCRIBE_STRUCT(ProblemBody, (),
                      (type, title, status, detail, instance, code, errors, request_id, help_url, retry_after_ms))

/// What a problem needs to know of its request.
struct ProblemPlace {
  std::string_view language;  ///< "tr", "az" or "en".
  std::string_view path;      ///< Becomes `instance`.
  std::string_view request_id;
  std::string_view help_url;  ///< A page with an anchor for each code; may be empty.
};
/// Why a job found no worker, for whoever waits for it.
product::Problem problem_of(net::WorkerPool::Refusal why);
ProblemBody make_problem_body(const product::Problem& problem, const ProblemPlace& place);

/// The best of tr, az and en for Accept-Language (RFC 9110 section 12.5.4); en when none is asked for.
std::string_view pick_language(std::string_view accept_language);

}  // namespace parley::api

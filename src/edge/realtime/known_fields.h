#pragma once

#include <boost/json.hpp>
#include <string_view>

#include "edge/api/request.h"
#include "json/reader.h"
#include "product/model/problem.h"

namespace parley::realtime {

/// A T of those fields of the object `text` that a T has: others' own fields, and those of Socket.IO, are no mistake.
/// kInvalidRequest, kMalformedJson.
template <class T>
product::Outcome<T> parse_known(std::string_view text) {
  auto document = json::Document::parse(text);
  if (!document) return api::refuse_faults(std::move(document.error()));
  const boost::json::object* object = document->root().if_object();
  if (!object) return product::refuse(product::ProblemCode::kInvalidRequest, "the event takes one object");
  boost::json::object known;
  boost::mp11::mp_for_each<json::Members<T>>([&](auto member) {
    const std::string_view name = json::kFieldName<decltype(member)>.text();
    if (const auto* field = object->if_contains(name)) known.emplace(name, *field);
  });
  auto parsed = json::parse<T>(boost::json::serialize(known));
  if (!parsed) return api::refuse_faults(std::move(parsed.error()));
  return std::move(*parsed);
}

}  // namespace parley::realtime

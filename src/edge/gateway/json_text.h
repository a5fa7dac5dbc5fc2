#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::gateway {

/// Arrays and objects within each other; a client that nests deeper than anybody writes is refused.
inline constexpr size_t kMaxJsonDepth = 64;
/// Arguments of one event or acknowledgement.
inline constexpr size_t kMaxArguments = 64;

/// The texts of an array's items, as they stand in `text`. nullopt unless all of it is one well-formed array (RFC 8259)
/// within the limits. Objects that stand for a binary value ({"_placeholder":true,"num":N}) must have N <
/// `attachments`; with none, they are plain data.
std::optional<std::vector<std::string_view>> split_json_array(std::string_view text, size_t attachments);

/// Whether all of `text` is one well-formed object within the limits.
bool is_json_object(std::string_view text);

/// The value of a well-formed JSON string with its quotes. A lone surrogate, which JavaScript can write and UTF-8
/// cannot hold, becomes U+FFFD.
std::string decode_json_string(std::string_view text);

/// The value of a string member of a well-formed object; of repeated members the last. nullopt when it is absent or no
/// string.
std::optional<std::string> find_json_string(std::string_view object, std::string_view key);

}  // namespace parley::gateway

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "edge/api/caller.h"
#include "edge/api/rate_limits.h"
#include "edge/gateway/gateway.h"
#include "edge/realtime/client.h"
#include "json/reader.h"
#include "json/schema.h"
#include "json/writer.h"
#include "product/chat/messages.h"
#include "product/community/acting.h"
#include "product/ports/store.h"

namespace parley::realtime {

class PresenceTeller;
class Typing;

/// All that a command may know and use. Lives as long as it runs.
struct CommandContext {
  gateway::Socket& socket;
  Client& client;
  Typing& typing;
  PresenceTeller& presence;
  product::Store& store;
  api::RateGate& rates;
  api::Authenticator& authenticator;
  Rng& rng;
  Now now;
  Timestamp deadline;

  product::community::Acting acting() const { return {client.user, now.wall, rng}; }
  /// From the same buckets as the user's requests.
  product::Outcome<void> spend(product::access::Bucket bucket, std::string_view key = {});
};

/// What clients may send: the name of the Socket.IO event, the one argument it takes, and what the acknowledgement
/// holds beside `ok`. Fields that are unknown are ignored, as the seeds' apps send whole objects of their own.
class CommandTable {
 public:
  CommandTable();

  struct Command {
    std::function<product::Outcome<std::string>(CommandContext&, std::string_view argument)> run;
    std::string (*argument_schema)(json::Schemas& schemas);
    std::string (*answer_schema)(json::Schemas& schemas);
  };
  /// nullptr for a name that means nothing.
  const Command* find(std::string_view name) const;
  const std::map<std::string, Command, std::less<>>& all() const { return commands_; }

 private:
  template <class Argument, class Answer>
  void add(std::string name, product::Outcome<Answer> (*run)(CommandContext&, const Argument&));

  std::map<std::string, Command, std::less<>> commands_;
};

}  // namespace parley::realtime

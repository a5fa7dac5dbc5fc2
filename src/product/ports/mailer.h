#pragma once

#include <string>

#include "product/model/problem.h"

namespace parley::product {

struct Mail {
  std::string to;       ///< One address.
  std::string subject;  ///< One line, UTF-8.
  std::string text;     ///< Plain text, UTF-8, lines ended by LF.
  std::string locale;   ///< "tr", "az" or "en": what the text is written in.
};

/// Sends mail, in the background: that a mail was taken says nothing about its arrival. Thread-safe; does not block on
/// the network. Called after the unit of work that made the mail necessary.
class Mailer {
 public:
  virtual ~Mailer() = default;
  /// kInvalidRequest when `to` cannot be an address, kOverloaded when too many wait, kNotConfigured without mail.
  virtual Outcome<void> send(Mail mail) = 0;
};

}  // namespace parley::product

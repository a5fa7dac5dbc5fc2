#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "adapters/mail/message.h"
#include "base/rng.h"

namespace parley::mail {

/// For development: every mail becomes a file "<when>-<id>.eml" in a folder, which a mail program or a browser opens.
/// A file appears whole or not at all.
class FolderMailer : public product::Mailer {
 public:
  /// The folder is made when the first mail is. `rng` is thread-safe.
  FolderMailer(std::filesystem::path folder, Sender from, Rng& rng);
  /// kInternal when the folder cannot be written.
  product::Outcome<void> send(product::Mail mail) override;

 private:
  const std::filesystem::path folder_;
  const Sender from_;
  Rng& rng_;
};

}  // namespace parley::mail

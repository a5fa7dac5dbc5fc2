#include "adapters/mail/folder_mailer.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <system_error>

namespace parley::mail {

using product::Outcome;
using product::ProblemCode;
using product::refuse;

FolderMailer::FolderMailer(std::filesystem::path folder, Sender from, Rng& rng)
    : folder_(std::move(folder)), from_(std::move(from)), rng_(rng) {}

Outcome<void> FolderMailer::send(product::Mail mail) {
  if (!is_address(mail.to)) return refuse(ProblemCode::kInvalidRequest, "not an address");
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const MessageStamp stamp{{std::chrono::duration_cast<std::chrono::microseconds>(now).count()}, rng_.base62(16)};
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  const std::string name = fmt::format("{}-{}.eml", stamp.now.unix_us, stamp.id);
  const std::filesystem::path unfinished = folder_ / ("." + name);
  std::ofstream file(unfinished, std::ios::binary);
  file << make_message(mail, from_, stamp);
  file.close();
  if (file.fail()) return refuse(ProblemCode::kInternal, "the mail folder cannot be written");
  std::filesystem::rename(unfinished, folder_ / name, failed);
  if (failed) return refuse(ProblemCode::kInternal, "the mail folder cannot be written");
  return {};
}

}  // namespace parley::mail

// Which absl::StatusCode stands for which exit code:
//
//   kFailedPrecondition  1   check failed        kPermissionDenied   73  cannot create
//   kInvalidArgument     2   usage               kResourceExhausted  74  I/O error
//   kDataLoss            65  bad input           kAborted            75  stopped
//   kNotFound            66  missing input       kCancelled          0   output closed
//
// Every other code means a bug (70): none of our functions returns it on purpose.
#include "lib/base/exit_code.h"

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tally {
namespace {

// Whether a file that cannot be opened for reading is the user's doing rather than a failure of the machine.
bool IsMissing(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENAMETOOLONG:
    case ENXIO:
    case ENODEV:
      return true;
    default:
      return false;
  }
}

// `message` without what could end its line or steer a terminal, since messages quote files, and with its middle left
// out where it is long.
std::string OneLine(absl::string_view message) {
  constexpr size_t kBegin = 1400, kEnd = 500;
  if (message.size() > kBegin + kEnd) {
    return OneLine(absl::StrCat(message.substr(0, kBegin), "...", message.substr(message.size() - kEnd + 3)));
  }
  std::string line;
  for (size_t i = 0; i < message.size(); ++i) {
    // In UTF-8, U+0080 to U+009F are control characters too.
    const auto next = static_cast<uint8_t>(i + 1 < message.size() ? message[i + 1] : 0);
    const bool high = message[i] == '\xc2' && next >= 0x80 && next < 0xa0;
    if (absl::ascii_iscntrl(message[i]) || high) {
      absl::StrAppendFormat(&line, "\\x%02x", static_cast<uint8_t>(message[i]));
    } else {
      line.push_back(message[i]);
    }
    if (high) absl::StrAppendFormat(&line, "\\x%02x", static_cast<uint8_t>(message[++i]));
  }
  return line;
}

}  // namespace

absl::Status CheckFailedError(absl::string_view message) { return absl::FailedPreconditionError(OneLine(message)); }
absl::Status UsageError(absl::string_view message) { return absl::InvalidArgumentError(OneLine(message)); }
absl::Status BadInputError(absl::string_view message) { return absl::DataLossError(OneLine(message)); }
absl::Status MissingInputError(absl::string_view message) { return absl::NotFoundError(OneLine(message)); }
absl::Status CannotCreateError(absl::string_view message) { return absl::PermissionDeniedError(OneLine(message)); }
absl::Status IoError(absl::string_view message) { return absl::ResourceExhaustedError(OneLine(message)); }
absl::Status StoppedError(absl::string_view message) { return absl::AbortedError(OneLine(message)); }

absl::Status OutputClosedError() { return absl::CancelledError("the reader of standard output has gone"); }
bool IsOutputClosed(const absl::Status& status) { return absl::IsCancelled(status); }

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kCancelled:
      return kExitOk;
    case absl::StatusCode::kFailedPrecondition:
      return kExitCheckFailed;
    case absl::StatusCode::kInvalidArgument:
      return kExitUsage;
    case absl::StatusCode::kDataLoss:
      return kExitBadInput;
    case absl::StatusCode::kNotFound:
      return kExitMissingInput;
    case absl::StatusCode::kPermissionDenied:
      return kExitCannotCreate;
    case absl::StatusCode::kResourceExhausted:
      return kExitIoError;
    case absl::StatusCode::kAborted:
      return kExitStopped;
    default:
      return kExitBug;
  }
}

absl::Status OpenError(absl::string_view path, int error_number, bool writing) {
  const std::string reason = std::generic_category().message(error_number);
  if (writing) return CannotCreateError(absl::StrCat(path, ": cannot be created: ", reason));
  const std::string message = absl::StrCat(path, ": cannot be opened: ", reason);
  return IsMissing(error_number) ? MissingInputError(message) : IoError(message);
}

}  // namespace tally

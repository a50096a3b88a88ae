// The errors that Tally's tools can end with, and the exit code of each (numbers from sysexits.h).
//
// A library function returns one of these statuses; only the tool's main wrapper turns it into an exit code. Each
// message is one line that names the file with its line or byte, what was found and what was expected.
#ifndef TALLY_LIB_BASE_EXIT_CODE_H_
#define TALLY_LIB_BASE_EXIT_CODE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tally {

enum ExitCode : int {
  kExitOk = 0,
  kExitCheckFailed = 1,    // a check that the user asked for failed, or training that diverged
  kExitUsage = 2,          // unknown flag, bad flag value, bad configuration
  kExitBadInput = 65,      // an input file or stream is not what it should be
  kExitMissingInput = 66,  // an input file does not exist or cannot be opened
  kExitBug = 70,           // cannot happen
  kExitCannotCreate = 73,  // an output cannot be created
  kExitIoError = 74,       // reading or writing failed half-way
  kExitStopped = 75,       // stopped by a signal after saving: start again to continue
};

absl::Status CheckFailedError(absl::string_view message);
absl::Status UsageError(absl::string_view message);
absl::Status BadInputError(absl::string_view message);
absl::Status MissingInputError(absl::string_view message);
absl::Status CannotCreateError(absl::string_view message);
absl::Status IoError(absl::string_view message);
absl::Status StoppedError(absl::string_view message);

// The reader of standard output has closed it (`tool | head -1`): the tool ends quietly with exit code 0.
absl::Status OutputClosedError();
bool IsOutputClosed(const absl::Status& status);

// The exit code for `status`; statuses made otherwise than above are bugs.
ExitCode ExitCodeOf(const absl::Status& status);

// The error for a failed open(2): `PATH: cannot be created: REASON`, CannotCreate, when `writing` is true; else `PATH:
// cannot be opened: REASON`, MissingInput for ENOENT, EACCES and the like, IoError for failures of the machine.
absl::Status OpenError(absl::string_view path, int error_number, bool writing);

}  // namespace tally

#endif  // TALLY_LIB_BASE_EXIT_CODE_H_

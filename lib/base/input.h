// Input by file descriptor, for the readers in this library.
#ifndef TALLY_LIB_BASE_INPUT_H_
#define TALLY_LIB_BASE_INPUT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally {

// "standard input" for "-", else the path: what messages call an input.
std::string InputName(const std::string& path);

// Gives a pipe room for several buffers, so that its two ends work at the same time. Other files have no such thing,
// and a refusal costs speed only.
void WidenPipe(int fd);

// A descriptor to read `path` from: 0 for "-". MissingInput where it cannot be opened, BadInput for a folder.
absl::StatusOr<int> OpenInput(const std::string& path);

// Reads at most `size` bytes from `fd`; 0 at the end. `name` is for messages. IoError.
absl::StatusOr<size_t> ReadSome(int fd, char* data, size_t size, absl::string_view name);

}  // namespace tally

#endif  // TALLY_LIB_BASE_INPUT_H_

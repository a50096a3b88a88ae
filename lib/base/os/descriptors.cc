#include "lib/base/os/descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "lib/base/exit_code.h"

namespace tally {

int WriteFully(int fd, absl::string_view* data) {
  while (!data->empty()) {
    const ssize_t written = TEMP_FAILURE_RETRY(write(fd, data->data(), data->size()));
    if (written < 0) return errno;
    data->remove_prefix(written);
  }
  return 0;
}

absl::StatusOr<int> OpenNameless(const std::string& folder) {
  const int fd = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  std::string name = folder + "/.spool.XXXXXX";
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named < 0) return OpenError(folder, errno, /*writing=*/true);
  unlink(name.c_str());
  return named;
}

}  // namespace tally

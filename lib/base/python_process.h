// Programs in Python beside a tool, for what Python has packages for.
#ifndef TALLY_LIB_BASE_PYTHON_PROCESS_H_
#define TALLY_LIB_BASE_PYTHON_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tally {

// The interpreter: what the variable TALLY_PYTHON names, else python3.
std::string PythonName();

// Descriptors that become a program's standard streams.
struct PythonStreams {
  int in = 0;
  int out = -1;  // -1: what is written there is lost
  int err = 2;
};

// Starts the program whose text is `source` with `arguments`, in a session of its own, so that what stops this process
// does not stop it. MissingInput, such as `python3: No such file or directory`, where there is no such interpreter.
absl::StatusOr<pid_t> StartPython(const std::string& source, const std::vector<std::string>& arguments,
                                  const PythonStreams& streams);

// The exit code in what waitpid says of a program that has ended; 128 + n after signal n.
int ExitCodeOfProcess(int wait_status);

}  // namespace tally

#endif  // TALLY_LIB_BASE_PYTHON_PROCESS_H_

#include "lib/base/python_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"

namespace tally {

std::string PythonName() {
  const char* const named = std::getenv("TALLY_PYTHON");
  return named == nullptr ? "python3" : named;
}

absl::StatusOr<pid_t> StartPython(const std::string& source, const std::vector<std::string>& arguments,
                                  const PythonStreams& streams) {
  std::vector<std::string> words = {PythonName(), "-c", source};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, streams.in, STDIN_FILENO);
  if (streams.out >= 0) {
    posix_spawn_file_actions_adddup2(&actions, streams.out, STDOUT_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&actions, streams.err, STDERR_FILENO);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return pid;
  return MissingInputError(absl::StrCat(words[0], ": ", std::generic_category().message(error)));
}

int ExitCodeOfProcess(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

}  // namespace tally

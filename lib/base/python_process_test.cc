#include "lib/base/python_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/base/exit_code.h"
#include "lib/base/streams.h"

namespace tally {
namespace {

int WaitFor(pid_t pid) {
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return ExitCodeOfProcess(status);
}

TEST(PythonProcessTest, RunsTheProgramWithItsStreams) {
  unsetenv("TALLY_PYTHON");
  const std::string in = ::testing::TempDir() + "/in", out = ::testing::TempDir() + "/out";
  ASSERT_TRUE(WriteFile(in, "text").ok());
  const int in_fd = open(in.c_str(), O_RDONLY | O_CLOEXEC);
  const int out_fd = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  const std::string source =
      "import os, sys\nprint(sys.stdin.read(), sys.argv[1:], os.getsid(0) == os.getpid())\nexit(7)";
  const absl::StatusOr<pid_t> pid = StartPython(source, {"a", "b c"}, {in_fd, out_fd, 2});
  ASSERT_TRUE(pid.ok()) << pid.status();
  EXPECT_EQ(WaitFor(*pid), 7);
  EXPECT_EQ(*ReadFile(out), "text ['a', 'b c'] True\n");
  close(in_fd);
  close(out_fd);
}

TEST(PythonProcessTest, SignalsAndMissingInterpreters) {
  unsetenv("TALLY_PYTHON");
  EXPECT_EQ(WaitFor(*StartPython("import os; os.kill(os.getpid(), 9)", {}, {})), 128 + 9);
  setenv("TALLY_PYTHON", "/no/python", 1);
  const absl::Status missing = StartPython("", {}, {}).status();
  EXPECT_EQ(ExitCodeOf(missing), kExitMissingInput);
  EXPECT_EQ(missing.message(), "/no/python: No such file or directory");
}

}  // namespace
}  // namespace tally

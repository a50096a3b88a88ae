// Runs Tally's tools in tests as a shell would.
#ifndef TALLY_TESTS_TOOLS_RUN_TOOL_H_
#define TALLY_TESTS_TOOLS_RUN_TOOL_H_

#include <string>
#include <vector>

namespace tally {

struct ToolResult {
  int code = 0;  // exit code; 128 + n after signal n; 124 after 60 seconds
  std::string out;
  std::string err;
};

// Runs `command` by bash in `folder`, with the tools that the test has as data on PATH; standard input is empty.
ToolResult RunCommand(const std::string& folder, const std::string& command);

// A new, empty folder.
std::string NewFolder();

std::string ReadAll(const std::string& path);
void WriteAll(const std::string& path, const std::string& text);

// Names of all files below `folder`, sorted, relative to it.
std::vector<std::string> FilesBelow(const std::string& folder);

}  // namespace tally

#endif  // TALLY_TESTS_TOOLS_RUN_TOOL_H_

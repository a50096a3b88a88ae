#include "tests/tools/run_tool.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tally {
namespace {

namespace fs = std::filesystem;

std::string Path() {
  std::string path;
  for (const char* tool : {"datagen", "tokenize", "train", "eval", "predict", "plot", "sort_eval"}) {
    path += fs::absolute(std::string("tools/") + tool).string() + ":";
  }
  return path + fs::absolute("bench").string() + ":" + std::getenv("PATH");
}

// Where the tests of this process began: tools are found from there.
const std::string& SearchPath() {
  static const std::string* const path = new std::string(Path());
  return *path;
}

std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void WriteAll(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string NewFolder() {
  std::string path = ::testing::TempDir() + "/tools-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) ADD_FAILURE() << "cannot make " << path;
  return path;
}

ToolResult RunCommand(const std::string& folder, const std::string& command) {
  const std::string logs = NewFolder();
  const std::string line = "cd " + Quoted(folder) + " && PATH=" + Quoted(SearchPath()) + " timeout 60 bash -c " +
                           Quoted(command) + " </dev/null >" + Quoted(logs + "/out") + " 2>" + Quoted(logs + "/err");
  const int status = std::system(line.c_str());
  ToolResult result;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = ReadAll(logs + "/out");
  result.err = ReadAll(logs + "/err");
  return result;
}

std::vector<std::string> FilesBelow(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_directory()) names.push_back(fs::relative(entry.path(), folder).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace tally

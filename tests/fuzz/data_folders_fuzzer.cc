// Which files of a folder hold problems: names, and what state.json and dataset_dict.json say of them.
#include <algorithm>

#include "absl/strings/str_split.h"
#include "lib/problems/choose_files.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {

// `names`, one a line, then a NUL and the text that every file has.
void CheckLaws(absl::string_view input) {
  const std::pair<absl::string_view, absl::string_view> names_text = absl::StrSplit(input, absl::MaxSplits('\0', 1));
  const std::vector<std::string> names = absl::StrSplit(names_text.first, '\n');
  for (const char* split : {"train", "all"}) {
    const absl::StatusOr<ChosenFiles> files = ChooseFiles(
        names, split, [&](size_t) -> absl::StatusOr<std::string> { return std::string(names_text.second); });
    if (!files.ok()) {
      CheckRefusal(files.status());
      continue;
    }
    TALLY_LAW(files->chosen.size() + files->left_out <= names.size());
    TALLY_LAW(std::is_sorted(files->chosen.begin(), files->chosen.end()));
    for (const size_t number : files->chosen) TALLY_LAW(number < names.size() && !names[number].empty());
  }
}

std::vector<std::string> Seeds() {
  const std::string nul(1, '\0');
  return {"a/state.json\na/data.arrow\nb.txt\n.hidden/c.txt\n" + nul + R"({"_data_files":[{"filename":"data.arrow"}]})",
          "dataset_dict.json\ntrain/x.txt\ntest/y.gz\n" + nul + R"({"splits":["train","test"]})",
          "hf_tokenized_dataset/a.arrow\nb.txt\nc.parquet"};
}

std::vector<std::string> Words() {
  return {"state.json",
          "dataset_dict.json",
          "hf_tokenized_dataset/",
          "\"_data_files\":",
          "\"filename\":",
          "\"splits\":",
          "__MACOSX",
          ".arrow",
          ".txt",
          ".zip",
          ".parquet",
          "/",
          "\n",
          "..",
          "[[[[",
          "null"};
}

}  // namespace tally::fuzz

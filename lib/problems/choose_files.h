// Which files of a folder or archive hold problems.
#ifndef TALLY_LIB_PROBLEMS_CHOOSE_FILES_H_
#define TALLY_LIB_PROBLEMS_CHOOSE_FILES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

namespace tally {

struct ChosenFiles {
  std::vector<size_t> chosen;           // numbers of names, rising
  size_t left_out = 0;                  // files with other endings
  std::vector<std::string> other_ends;  // these endings, each once
};

// `names` are the paths of files below a root, with `/` between; "" is none. `read` gives the bytes of a small file.
//
//   - Files that end in .txt, .gz, .zst, .arrow, .parquet or .zip hold problems.
//   - Names that begin with a dot, and what is in folders with such names or called __MACOSX, are left out.
//   - Of a folder with a state.json, a data set of Hugging Face `datasets`, those that it lists as its data are taken,
//     and all of them must be there.
//   - Of a folder with files SPLIT-00000-of-00002.parquet, as data sets are published, those of `split` are taken, for
//     "all" those of each, and all files of a split must be there.
//   - Of a folder with a dataset_dict.json, several such data sets, the one called `split` is taken, or for "all" each.
//   - Texts beside a folder hf_tokenized_dataset are the same problems, as the reference stores them, and left out.
//
// BadInput.
absl::StatusOr<ChosenFiles> ChooseFiles(const std::vector<std::string>& names, const std::string& split,
                                        absl::FunctionRef<absl::StatusOr<std::string>(size_t)> read);

}  // namespace tally

#endif  // TALLY_LIB_PROBLEMS_CHOOSE_FILES_H_

// A token data set as runs name it: its file and, among several, its share.
#ifndef TALLY_LIB_DATASET_DATA_PATH_H_
#define TALLY_LIB_DATASET_DATA_PATH_H_

#include <string>

#include "absl/strings/string_view.h"

namespace tally {

struct DataPath {
  std::string path;
  double weight = 1;  // as it is written: any number
};

// Splits `PATH` or `PATH:WEIGHT`: what follows the last colon is a weight where it is a number.
DataPath SplitDataPath(absl::string_view text);

}  // namespace tally

#endif  // TALLY_LIB_DATASET_DATA_PATH_H_

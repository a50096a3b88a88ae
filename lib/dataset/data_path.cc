#include "lib/dataset/data_path.h"

#include "absl/strings/numbers.h"

namespace tally {

DataPath SplitDataPath(absl::string_view text) {
  DataPath data;
  const size_t colon = text.rfind(':');
  if (colon != absl::string_view::npos && absl::SimpleAtod(text.substr(colon + 1), &data.weight)) {
    data.path = std::string(text.substr(0, colon));
    return data;
  }
  return {std::string(text)};
}

}  // namespace tally

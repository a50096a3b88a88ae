#include "lib/plot/labelled.h"

#include <algorithm>

namespace tally {

Labelled SplitLabel(const std::string& word) {
  const size_t end = word.find_first_of("/=");
  if (end == std::string::npos || word[end] == '/' || end == 0) return {"", word};
  return {word.substr(0, end), word.substr(end + 1)};
}

int LabelNumbers::Of(const std::string& label) {
  const auto found = std::find(labels_.begin(), labels_.end(), label);
  if (found != labels_.end()) return static_cast<int>(found - labels_.begin());
  labels_.push_back(label);
  return static_cast<int>(labels_.size()) - 1;
}

}  // namespace tally

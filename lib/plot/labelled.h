// Arguments of plot that give a file a name of the user's own: LABEL=FILE.
#ifndef TALLY_LIB_PLOT_LABELLED_H_
#define TALLY_LIB_PLOT_LABELLED_H_

#include <string>
#include <vector>

namespace tally {

struct Labelled {
  std::string label;  // "" where the word has none
  std::string path;
};

// Splits at the first `=` that has no `/` before it, so that ./a=b.jsonl is a path.
Labelled SplitLabel(const std::string& word);

// Numbers for labels, from 0 in the order in which they come first.
class LabelNumbers {
 public:
  int Of(const std::string& label);

 private:
  std::vector<std::string> labels_;
};

}  // namespace tally

#endif  // TALLY_LIB_PLOT_LABELLED_H_

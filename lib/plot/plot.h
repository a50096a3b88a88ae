// The kinds of pictures that plot draws, by name.
#ifndef TALLY_LIB_PLOT_PLOT_H_
#define TALLY_LIB_PLOT_PLOT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace tally {

// What the flags say. Each kind takes title and size, and those of the others that its entry in plot.cc lists.
struct PlotOptions {
  std::string out = "-";
  std::string title;            // "": made from the data
  int width = 0;                // pixels; 0: what suits the kind
  int height = 0;               // as width
  bool seconds = false;         // training
  std::string cells = "equal";  // lengths
  bool log = false;             // lengths
  bool panels = false;          // lengths
  std::string format;           // table
  bool first_element = false;   // heatmap, sort, lengths
};

// Draws what `words` ask for: a kind, then files ("-" where there is none). Where the first word names no kind, all
// words are files of cells for a heatmap. UsageError for an option that the kind does not take; errors of the readers.
absl::Status RunPlot(const std::vector<std::string>& words, const PlotOptions& options);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_PLOT_H_

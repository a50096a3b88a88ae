// The kinds of pictures that plot draws, by name.
#ifndef TALLY_LIB_PLOT_PLOT_H_
#define TALLY_LIB_PLOT_PLOT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/plot/plot_flags.pb.h"

namespace tally {

// Draws what `words` ask for: a kind, then files ("-" where there is none). Where the first word names no kind, all
// words are files of cells for a heatmap. Every kind takes title and size, and those of
// the others that its entry in plot.cc lists: UsageError for a flag that it does not take; errors of the readers.
absl::Status RunPlot(const std::vector<std::string>& words, const PlotFlags& flags);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_PLOT_H_

// Runs gnuplot.
#ifndef TALLY_LIB_PLOT_GNUPLOT_H_
#define TALLY_LIB_PLOT_GNUPLOT_H_

#include <string>

#include "absl/status/status.h"

namespace tally {

// Feeds `script` to gnuplot and waits for it. MissingInput where gnuplot is not installed; an internal error with its
// first message where it fails.
absl::Status RunGnuplot(const std::string& script);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_GNUPLOT_H_

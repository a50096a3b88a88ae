// Runs gnuplot.
#ifndef TALLY_LIB_PLOT_GNUPLOT_H_
#define TALLY_LIB_PLOT_GNUPLOT_H_

#include <string>

#include "absl/status/statusor.h"

namespace tally {

// The picture that gnuplot draws from `script`, which sets a terminal and no output. MissingInput where gnuplot is not
// installed; an internal error with its first message where it fails.
absl::StatusOr<std::string> RunGnuplot(const std::string& script);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_GNUPLOT_H_

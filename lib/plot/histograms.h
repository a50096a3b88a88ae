// Pictures of what is in a data set, from the JSON lines of `tokenize --describe`.
#ifndef TALLY_LIB_PLOT_HISTOGRAMS_H_
#define TALLY_LIB_PLOT_HISTOGRAMS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/plot/picture.h"

namespace tally {

struct Histograms {
  std::vector<std::pair<std::string, int64_t>> tokens;             // in order of id; those that occur
  std::map<int64_t, int64_t> row_lengths;                          // tokens -> rows
  std::map<std::pair<int64_t, int64_t>, int64_t> operand_lengths;  // (first, second) -> rows
};

// The lines of all `files` ("-": standard input), counts of several data sets added up. BadInput with file and line.
absl::StatusOr<Histograms> ReadHistograms(const std::vector<std::string>& files);

// Draws a heatmap of operand lengths above bars of row lengths and tokens to `path`, as DrawPicture; "-" writes bars as
// text.
absl::Status DrawHistograms(const Histograms& histograms, const std::string& title, const PictureSize& size,
                            const std::string& path);

}  // namespace tally

#endif  // TALLY_LIB_PLOT_HISTOGRAMS_H_

// Results in words: totals over groups of cells.
#ifndef TALLY_LIB_RESULTS_SUMMARY_H_
#define TALLY_LIB_RESULTS_SUMMARY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "lib/results/cell.h"

namespace tally {

// How a cell's lengths compare with those of the training data.
enum class CellGroup {
  kInDistribution,  // no operand is longer than in training
  kOutInOne,        // one is
  kOutInBoth,
  kUnknown,  // the training lengths are not known
};
CellGroup GroupOf(const Cell& cell);

// Sums over a group of cells.
struct Totals {
  int64_t cells = 0;
  int64_t samples = 0;
  int64_t exact = 0;
  int64_t first_exact = 0;  // of cells that record it
  double fractions = 0;     // sum of the cells' exact fractions
  bool unequal = false;     // cells have different numbers of samples
  double worst = 1;         // lowest exact fraction of a cell
  std::string worst_cell;   // its name, the first of several
  void Add(const Cell& cell);
};

// The summary that eval prints on standard error: cells of the grid in distribution, out of it in one operand, in both,
// and 100 digits or more apart, each with exact match in percent, its Wilson interval over all samples, and the worst
// cell; the same for each set of given problems in cells of lengths; then a line for each file of any lengths. Tasks
// that count first elements have their share too. Where cells have several tasks, recurrence counts or settings, such
// as models, each has lines of its own. Where cells of a group have different numbers of samples, as an interval makes
// them, the mean over cells is beside the share of all samples, in which hard cells weigh more. Groups without cells
// are left out. Lines end with a newline.
std::string Summary(const std::vector<Cell>& cells);

// "1234 samples in 20 cells, 617 fewer than the 1851 allowed, 12 of 1234 are in the training data", the ends only where
// it is so, and where that was looked up: what the cells cost. Cells that share their samples, as those of several
// recurrence counts do, count once.
std::string SamplesUsed(const std::vector<Cell>& cells);

}  // namespace tally

#endif  // TALLY_LIB_RESULTS_SUMMARY_H_

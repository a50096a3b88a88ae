// Which cells of a grid a shard scores. Torch-free.
//
//   1. Cells come in levels of equal longest operand, short ones first. Where the grid has few lengths each cell is a
//      level of its own.
//   2. Levels are cut into bands of nearly equal predicted cost, one for each two shards (each shard, where their
//      number is odd). A band ends where it reaches its share of what is left, within 5 %.
//   3. The two shards of a band take the squares of a checkerboard: shard 2b the even ones, 2b + 1 the odd ones, so
//      that each shard alone shows the whole band at half the resolution.
//
// The 20 shards of the 100 x 100 grid are the reference's 20 pieces.
#ifndef TALLY_LIB_EVAL_SHARD_CELLS_H_
#define TALLY_LIB_EVAL_SHARD_CELLS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/shard.h"
#include "lib/results/grid.h"
#include "lib/tasks/problem_format.h"

namespace tally {

// Tokens of a line of this cell, its answer and end included; the longest, or with a scratchpad one that is drawn.
int64_t LineTokens(const ProblemFormat& format, const GridCell& cell);

// The cost of one forward pass over T such tokens, in passes over one token without attention: T + T^2 / 6144. A layer
// of width d spends 24 d^2 operations a token on its matrices and 4 T d on attention, so their ratio is T / (6 d); d =
// 1024 as in the published models (smaller ones feel long lines more).
double PredictedCost(int64_t tokens);
double PredictedCost(const ProblemFormat& format, const GridCell& cell);

// The cells of `shard`, a part of `cells` in their order. Every cell is in one shard; shards may be empty.
std::vector<GridCell> CellsOfShard(const std::vector<GridCell>& cells, const ProblemFormat& format, const Shard& shard);

// The same of cells with these costs that make no grid, such as those of given problems: their numbers, rising. The
// costliest come first, each to the shard that has least so far, so that none has more than 4/3 of what is possible
// (Graham, "Bounds on multiprocessing timing anomalies", SIAM J. Appl. Math. 17, 1969).
std::vector<size_t> NumbersOfShard(const std::vector<double>& costs, const Shard& shard);

}  // namespace tally

#endif  // TALLY_LIB_EVAL_SHARD_CELLS_H_

// How much arithmetic a training step needs.
#ifndef TALLY_BENCH_USEFUL_FLOP_H_
#define TALLY_BENCH_USEFUL_FLOP_H_

#include "lib/batches/batch.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/parameters.h"
#include "lib/train/loss.h"

namespace tally {

// Floating-point operations of the matrix products in one forward pass of a step and its backward pass, a product and a
// sum counting two, for a model of width H, inner width I (W = I/2 where gated, else I), V token kinds, and a batch of
// T tokens, n of which the loss reads:
//
//   a layer of a recurrence:  T (4 H^2 + 2 H^2 + 2 H^2 + 2 H (I + W)) + 4 H P     keys and values, queries, output
//                                                                          projection, feed-forward; attention
//   last layer of all:  T 4 H^2 + n (4 H^2 + 2 H (I + W)) + 4 H Q          what the loss does not read is left out
//   head:               n 2 H V, where it has a layer + n 2 H (I + W) or n 2 H^2, with an output adapter + n 2 H^2
//   backward:           twice the forward pass, but for recurrences without gradient
//
// P = the pairs of a query and a key up to it, sum of L (L + 1) / 2 over lengths L; Q = the pairs of queries that the
// loss reads. Not counted: padding, the half of attention that the mask hides, all that is computed a second time,
// position biases, norms, the optimizer. For models without injection matrices.
double UsefulFlop(const ModelConfig& config, const Batch& batch, const LossTerm& pass);

// Those of Muon's products in one update: for each matrix of the block with sides r <= c, 5 (4 r^2 c + 2 r^3).
double MuonFlop(const Parameters& parameters);

}  // namespace tally

#endif  // TALLY_BENCH_USEFUL_FLOP_H_

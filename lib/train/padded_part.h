// Part of a batch in one of few shapes, so that what a device has recorded for a shape serves many batches: longer
// sequences, and more labels, which weigh nothing.
#ifndef TALLY_LIB_TRAIN_PADDED_PART_H_
#define TALLY_LIB_TRAIN_PADDED_PART_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "lib/batches/batch.h"

namespace tally {

// Lengths, and first tokens that are asked for, are multiples of this.
constexpr int64_t kLengthGrain = 8;

struct PaddedPart {
  at::Tensor ids;        // [sequences, length] int64, PAD at the end
  at::Tensor rows;       // [n] int64, rising: places in `ids` of the token before each label
  at::Tensor labels;     // [n] int64, PAD for those that fill up
  at::Tensor weights;    // [n] float32, of the labels in the loss; 0 for those that fill up
  at::Tensor sequences;  // [n] int64, of each label that of `ids`; their number for those that fill up
};

// Sequences first, ..., first + sequences - 1 of `batch`, which have labels, with `weights` [labels of the batch].
// Their length is the next multiple of kLengthGrain where `lengthen` is set. The number of labels is a multiple of that
// of sequences, which is rounded up to a multiple of 16 for it, or, where there are fewer, that of all tokens from the
// first on, in its sequence, that has a label.
PaddedPart PadPart(const Batch& batch, int64_t first, int64_t sequences, const std::vector<float>& weights,
                   bool lengthen);

}  // namespace tally

#endif  // TALLY_LIB_TRAIN_PADDED_PART_H_

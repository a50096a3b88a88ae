// Position vectors that are added to word embeddings.
#ifndef TALLY_LIB_MODEL_POSITIONS_POSITION_TABLE_H_
#define TALLY_LIB_MODEL_POSITIONS_POSITION_TABLE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "lib/model/initialiser.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/parameters.h"
#include "lib/model/positions/registry.h"

namespace tally {

// The random choices that a table may depend on, and which tokens are requested.
struct TableContext {
  at::Tensor offsets;    // [1] or [batch] int64, added to the ids of digits; undefined: the configured test offset
  at::Tensor positions;  // [seq] or [batch, seq] int64, rows of LEARNED_RAND; undefined: 0, 1, 2, ...
  int64_t begin = 0;     // the first token that is asked for
};

// One scheme: a class of this kind in a file of its own, which registers it (registry.h).
class PositionTable {
 public:
  virtual ~PositionTable() = default;

  // What the scheme reads of ids [batch, seq] for tokens begin, ..., seq - 1: numbers of the table's rows, in a shape
  // of its own. All ids of a row are given, as those before a token decide on its vector. All of it on the CPU.
  virtual at::Tensor Rows(const at::Tensor& ids, const TableContext& context) const = 0;

  // The vectors of what Rows gave, beside which they are, as are the scheme's parameters; broadcasts to
  // [batch, seq - begin, width].
  virtual at::Tensor Vectors(const at::Tensor& rows) const = 0;

  // Rows that a line of `tokens` tokens needs whose longest number has `digits` digits, at the given offset.
  virtual int64_t RowsNeeded(int64_t digits, int64_t tokens, int64_t offset) const = 0;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_POSITIONS_POSITION_TABLE_H_

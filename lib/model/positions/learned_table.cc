// A learned vector for each position (Gehring et al. 2017, arXiv 1705.03122), or, LEARNED_RAND, for each of a rising
// random choice of positions (Ruoss et al. 2023, arXiv 2305.16843).
#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>

#include "lib/model/positions/position_table.h"

namespace tally {
namespace {

class LearnedTable : public PositionTable {
 public:
  LearnedTable(int64_t width, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters)
      : table_(parameters->Add("embedding.positions.table", ParameterRole::kEmbedding,
                               {config.positions().table_rows(), width}, initialiser.Table(width))) {}

  at::Tensor Rows(const at::Tensor& ids, const TableContext& context) const override {
    const int64_t count = ids.size(1) - context.begin;
    return context.positions.defined() ? context.positions.narrow(-1, context.begin, count)
                                       : at::arange(context.begin, ids.size(1), at::kLong);
  }

  at::Tensor Vectors(const at::Tensor& rows) const override { return at::embedding(table_, rows); }

  int64_t RowsNeeded(int64_t /*digits*/, int64_t tokens, int64_t /*offset*/) const override { return tokens; }

 private:
  const at::Tensor table_;  // [rows, width]
};

std::unique_ptr<PositionTable> Make(int64_t width, const ModelConfig& config, const Initialiser& initialiser,
                                    Parameters* parameters) {
  return std::make_unique<LearnedTable>(width, config, initialiser, parameters);
}

const RegisterTable kLearned({.table = PositionConfig::LEARNED, .make = Make});
const RegisterTable kLearnedRand({.table = PositionConfig::LEARNED_RAND, .make = Make, .draws_rows = true});

}  // namespace
}  // namespace tally

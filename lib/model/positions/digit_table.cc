// Learned tables indexed by what a digit is within its line, shifted by a random offset in training so that more rows
// are trained than training numbers have digits:
//
//   ABACUS          index within the number; only digits are shifted (McLeish et al. 2024, arXiv 2405.17399)
//   COUPLED         weight of the digit; operators are shifted as well (Cho et al. 2024, arXiv 2405.20671)
//   COUPLED_LEVELS  the same, plus a second table of the number's index (Cho et al. 2024, arXiv 2410.15787)
#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/stack.h>

#include "absl/strings/str_cat.h"
#include "lib/model/forward_context.h"
#include "lib/model/positions/position_ids.h"
#include "lib/model/positions/position_table.h"

namespace tally {
namespace {

class DigitTable : public PositionTable {
 public:
  DigitTable(int64_t width, const ModelConfig& config, const Initialiser& initialiser, Parameters* parameters)
      : abacus_(config.positions().table() == PositionConfig::ABACUS), test_offset_(config.positions().test_offset()) {
    const auto table = [&](const char* name) {
      return parameters->Add(name, ParameterRole::kEmbedding, {config.positions().table_rows(), width},
                             initialiser.Table(width));
    };
    table_ = table("embedding.positions.table");
    if (config.positions().table() == PositionConfig::COUPLED_LEVELS) numbers_ = table("embedding.positions.numbers");
  }

  // [batch, tokens], or, of two tables, [2, batch, tokens].
  at::Tensor Rows(const at::Tensor& ids, const TableContext& context) const override {
    const at::Tensor rows = Shifted(ids, abacus_ ? AbacusIds : CoupledIds, context);
    if (!numbers_.defined()) return rows;
    // A line may have more numbers than the table has rows: those beyond share the last one.
    return at::stack({rows, Shifted(ids, NumberIds, context).clamp_max(numbers_.size(0) - 1)});
  }

  at::Tensor Vectors(const at::Tensor& rows) const override {
    if (!numbers_.defined()) return at::embedding(table_, rows);
    return at::embedding(table_, rows.select(0, 0)) + at::embedding(numbers_, rows.select(0, 1));
  }

  int64_t RowsNeeded(int64_t digits, int64_t /*tokens*/, int64_t offset) const override {
    return digits + offset + (abacus_ ? 1 : 2);
  }

 private:
  // Ids by `rule` of the tokens asked for, the positive ones shifted.
  at::Tensor Shifted(const at::Tensor& ids, void (*rule)(const int64_t*, int64_t, int64_t*),
                     const TableContext& context) const {
    at::Tensor positions = IdsByRule(ids, rule).narrow(1, context.begin, ids.size(1) - context.begin);
    if (context.offsets.defined()) {
      positions = positions + positions.gt(0) * context.offsets.view({-1, 1});
    } else if (test_offset_ != 0) {
      positions = positions + positions.gt(0) * test_offset_;
    }
    return positions;
  }

  const bool abacus_;
  const int64_t test_offset_;
  at::Tensor table_;    // [rows, width]
  at::Tensor numbers_;  // [rows, width], or undefined
};

std::unique_ptr<PositionTable> Make(int64_t width, const ModelConfig& config, const Initialiser& initialiser,
                                    Parameters* parameters) {
  return std::make_unique<DigitTable>(width, config, initialiser, parameters);
}

absl::Status Check(const ModelConfig& config) {
  const PositionConfig& p = config.positions();
  return RefuseModelIf(p.max_offset() >= p.table_rows(),
                       absl::StrCat("positions.max_offset is ", p.max_offset(),
                                    "; expected less than model.positions.table_rows, ", p.table_rows()));
}

TableScheme Scheme(PositionConfig::Table table) {
  return {.table = table, .make = Make, .check = Check, .draws_offset = true};
}

const RegisterTable kAbacus(Scheme(PositionConfig::ABACUS));
const RegisterTable kCoupled(Scheme(PositionConfig::COUPLED));
const RegisterTable kCoupledLevels(Scheme(PositionConfig::COUPLED_LEVELS));

}  // namespace
}  // namespace tally

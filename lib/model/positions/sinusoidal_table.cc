// Sines and cosines (Vaswani et al. 2017, arXiv 1706.03762, section 3.5): features 2i and 2i + 1 of position p are
// sin(p w_i) and cos(p w_i), w_i = exp(-2i log(10000) / width). SCALED_SINUSOIDAL: times a learned scalar that starts
// at width^-0.5 (Hua et al. 2022, arXiv 2202.10447).
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/stack.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "lib/model/positions/position_table.h"
#include "lib/model/validate.h"

namespace tally {
namespace {

class SinusoidalTable : public PositionTable {
 public:
  SinusoidalTable(int64_t width, const ModelConfig& config, Parameters* parameters) : width_(width) {
    if (config.positions().table() == PositionConfig::SINUSOIDAL) return;
    scale_ =
        parameters->Add("embedding.positions.scale", ParameterRole::kScalar, {1}, Init::Constant(1 / std::sqrt(width)));
  }

  // [tokens] float32, positions.
  at::Tensor Rows(const at::Tensor& ids, const TableContext& context) const override {
    return at::arange(context.begin, ids.size(1), at::kFloat);
  }

  at::Tensor Vectors(const at::Tensor& rows) const override {
    const at::Tensor frequencies = (at::arange(0, width_, 2, rows.options()) * (-std::log(10000.0) / width_)).exp();
    const at::Tensor angles = rows.unsqueeze(1) * frequencies;  // [S, width / 2]
    const at::Tensor vectors = at::stack({angles.sin(), angles.cos()}, -1).flatten(1);
    return scale_.defined() ? scale_ * vectors : vectors;
  }

  int64_t RowsNeeded(int64_t /*digits*/, int64_t /*tokens*/, int64_t /*offset*/) const override { return 0; }

 private:
  const int64_t width_;
  at::Tensor scale_;  // [1], or undefined
};

std::unique_ptr<PositionTable> Make(int64_t width, const ModelConfig& config, const Initialiser& /*initialiser*/,
                                    Parameters* parameters) {
  return std::make_unique<SinusoidalTable>(width, config, parameters);
}

absl::Status Check(const ModelConfig& config) {
  const int64_t width = EmbeddingSize(config);
  return RefuseModelIf(width % 2 != 0,
                       absl::StrCat("positions.table has pairs of sines and cosines; expected an even width, "
                                    "found ",
                                    width));
}

const RegisterTable kSinusoidal({.table = PositionConfig::SINUSOIDAL, .make = Make, .check = Check});
const RegisterTable kScaledSinusoidal({.table = PositionConfig::SCALED_SINUSOIDAL, .make = Make, .check = Check});

}  // namespace
}  // namespace tally

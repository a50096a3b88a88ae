// Initial values of a model's tensors under config.initialisation(). Torch-free.
#ifndef TALLY_LIB_MODEL_INITIALISER_H_
#define TALLY_LIB_MODEL_INITIALISER_H_

#include <cstdint>
#include <vector>

#include "lib/model/model_config.pb.h"

namespace tally {

// A distribution of initial values.
struct Init {
  enum Kind { kConstant, kNormal, kUniform } kind = kConstant;
  double scale = 0;  // the constant; the standard deviation; the bound of the uniform distribution on [-bound, bound]

  static Init Constant(double value) { return {kConstant, value}; }
  static Init Normal(double deviation) { return {kNormal, deviation}; }
  static Init Uniform(double bound) { return {kUniform, bound}; }
};

// The methods return distributions; Parameters::Add draws from them.
class Initialiser {
 public:
  explicit Initialiser(const ModelConfig& config);

  // The matrix of a linear layer with `inputs` and `outputs`. `residual`: the last one of a residual branch.
  Init Linear(int64_t inputs, int64_t outputs, bool residual = false) const;

  // The bias of a linear layer.
  Init Bias(int64_t inputs) const;

  // The three equal groups of rows of attention's input projection, [3 hidden, hidden]. With the reference's deepnorm
  // schemes the last third has the smaller gain, whatever the rows are used for (with BY_HEAD packing not the values).
  std::vector<Init> AttentionInput() const;

  // The output projection of attention, [hidden, hidden].
  Init AttentionOutput() const;

  // A table of embeddings of the given width.
  Init Table(int64_t width) const;

 private:
  Init Xavier(double gain, int64_t inputs, int64_t outputs) const;

  const ModelConfig::Initialisation scheme_;
  const bool by_head_;
  const int64_t hidden_;
  double gain_ = 1;       // of Xavier-normal, in the deepnorm schemes
  double deviation_ = 0;  // of all matrices, in the plain normal schemes; else 0
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_INITIALISER_H_

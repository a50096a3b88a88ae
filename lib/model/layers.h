// The small layers: linear, norm, feed-forward. Axis suffixes: B batch, S seq, H hidden, I intermediate, V vocabulary.
#ifndef TALLY_LIB_MODEL_LAYERS_H_
#define TALLY_LIB_MODEL_LAYERS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "lib/model/model_config.pb.h"
#include "lib/model/parameters.h"

namespace tally {

// Initial values of a model's matrices under config.initialisation().
class Initialiser {
 public:
  explicit Initialiser(const ModelConfig& config);

  // A linear layer with `outputs` x `inputs` weights. `residual`: the last layer of a residual branch.
  Init Linear(int64_t inputs, int64_t outputs, bool residual = false) const;

  // One third (queries, keys or values) of the input projection of attention, a square matrix.
  Init AttentionInput(bool values) const;

  // The output projection of attention, a square matrix.
  Init AttentionOutput() const;

  // A table of embeddings of width hidden_size: normal with standard deviation hidden_size^-0.5.
  Init Table() const;

 private:
  const bool zero_output_;
  const int64_t hidden_;
  const double gain_;  // of Xavier-normal
};

// LayerNorm (Ba et al. 2016, arXiv 1607.06450): biased variance, learned scale and shift.
class Norm {
 public:
  Norm(const std::string& name, const ModelConfig& config, Parameters* parameters);

  // x [..., hidden] -> the same shape.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_;  // [hidden]
  at::Tensor bias_;    // [hidden]
  double epsilon_;
};

// GEGLU feed-forward (Shazeer 2020, arXiv 2002.05202), as the reference has it: of the first matrix's outputs the
// second half goes through the exact GELU and gates the first half.
class FeedForward {
 public:
  // `residual`: stands in a residual branch (else it is a head).
  FeedForward(const std::string& name, const ModelConfig& config, const Initialiser& initialiser, bool residual,
              Parameters* parameters);

  // x [..., hidden] -> the same shape.
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor in_;   // [intermediate, hidden]
  at::Tensor out_;  // [hidden, intermediate / 2]
};

// config.intermediate_size(), or its default.
int64_t IntermediateSize(const ModelConfig& config);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_LAYERS_H_

// Linear layers, and the feed-forward layers that are made of them.
#ifndef TALLY_LIB_MODEL_FEED_FORWARD_H_
#define TALLY_LIB_MODEL_FEED_FORWARD_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/model/initialiser.h"
#include "lib/model/model_config.pb.h"
#include "lib/model/norm.h"
#include "lib/model/parameters.h"

namespace tally {

// What a linear layer is.
struct LinearShape {
  int64_t inputs = 1, outputs = 1;
  bool bias = false;
  bool residual = false;  // the last layer of a residual branch
  int64_t rank = 0;       // that of the matrix, which is then a product of two; 0: it is one
  ParameterRole role = ParameterRole::kMatrix;
};

// x W' (+ b) with parameters NAME.weight [outputs, inputs] and, where asked for, NAME.bias [outputs]. Of a low rank, W
// is NAME.weight.left [outputs, rank] times NAME.weight.right [rank, inputs] (Sainath et al. 2013, "Low-rank matrix
// factorization for deep neural network training with high-dimensional output targets", ICASSP).
class Linear {
 public:
  Linear(const std::string& name, const LinearShape& shape, const Initialiser& initialiser, Parameters* parameters);

  // With initial values as Parameters::Add has them: of the matrix in equal groups of rows, and of the bias.
  Linear(const std::string& name, const LinearShape& shape, const std::vector<Init>& weight, Init bias,
         Parameters* parameters);

  // With a weight that exists already; `bias` may be undefined.
  Linear(const at::Tensor& weight, const at::Tensor& bias) : weight_(weight), bias_(bias) {}

  // x [..., inputs] -> [..., outputs].
  at::Tensor operator()(const at::Tensor& x) const;

  at::Tensor weight() const;                        // [outputs, inputs]
  const at::Tensor& bias() const { return bias_; }  // or undefined
  at::Device device() const { return weight_.device(); }

 private:
  at::Tensor weight_;  // or its left factor
  at::Tensor right_;   // or undefined
  at::Tensor bias_;
};

// x [..., inputs], weight [outputs, inputs], bias [outputs] or undefined -> x weight' + bias, [..., outputs]; under
// BF16 on the CPU with products as lib/kernels/gemm/products.h has them, else by ATen.
at::Tensor ApplyLinear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});

// out(norm(g(in(x)))); the norm is there with config.sub_normalization(). g is the non-linearity f, or, gated (Shazeer
// 2020, arXiv 2002.05202), a * f(b) of the first and second half of what `in` gives.
class FeedForward {
 public:
  // From `inputs` features to hidden_size; parameters NAME.in.*, NAME.norm.*, NAME.out.*. `residual`: part of a
  // residual branch. `role`: that of its matrices.
  FeedForward(const std::string& name, int64_t inputs, bool residual, ParameterRole role, const ModelConfig& config,
              const Initialiser& initialiser, Parameters* parameters);

  // x [..., inputs] -> [..., hidden].
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  // Whether one operator does all of it for x.
  bool HasOperator(const at::Tensor& x) const;

  const ModelConfig::Nonlinearity nonlinearity_;
  const bool gated_;
  const Linear in_;
  const std::optional<Norm> norm_;
  const Linear out_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_FEED_FORWARD_H_

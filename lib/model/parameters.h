// The parameters of a model: names, tensors, initial values.
#ifndef TALLY_LIB_MODEL_PARAMETERS_H_
#define TALLY_LIB_MODEL_PARAMETERS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tally {

// Distribution of a parameter's initial values.
struct Init {
  enum Kind { kConstant, kNormal, kUniform } kind = kConstant;
  double scale = 0;  // the constant; the standard deviation; the bound of the uniform distribution on [-bound, bound]

  static Init Constant(double value) { return {kConstant, value}; }
  static Init Normal(double deviation) { return {kNormal, deviation}; }
  static Init Uniform(double bound) { return {kUniform, bound}; }
};

struct Parameter {
  std::string name;     // the reference's name where it has one
  at::Tensor tensor;    // float32, a leaf that requires gradient
  bool block_matrix;    // a matrix of the recurrent block, which Muon may train
  bool decayed = true;  // weight decay applies: not to norms and biases
};

// The parameters in order of creation. Initial values depend only on (seed, number of the parameter).
class Parameters {
 public:
  explicit Parameters(uint64_t seed) : seed_(seed) {}

  // Adds a parameter and returns its tensor, which shares storage with the entry. With several `parts` the rows are cut
  // in as many equal groups, each drawn from its own distribution.
  at::Tensor Add(const std::string& name, at::IntArrayRef shape, const std::vector<Init>& parts);
  at::Tensor Add(const std::string& name, at::IntArrayRef shape, Init init) {
    return Add(name, shape, std::vector<Init>{init});
  }

  const std::vector<Parameter>& entries() const { return entries_; }
  const Parameter* Find(absl::string_view name) const;  // null where there is none
  int64_t count() const;                                // numbers in all tensors

 private:
  const uint64_t seed_;
  std::vector<Parameter> entries_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_PARAMETERS_H_

// The parameters of a model: names, what they are for, tensors, initial values.
#ifndef TALLY_LIB_MODEL_PARAMETERS_H_
#define TALLY_LIB_MODEL_PARAMETERS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "lib/model/initialiser.h"

namespace tally {

// What a parameter is for. Optimizers choose their parameters by it, not by names.
enum class ParameterRole {
  kHiddenMatrix,  // a matrix of attention, feed-forward layer or injection in the block that recurs: what Muon is for
  kMatrix,        // any other matrix: adapters, the head, the output embedding, FIRE's network
  kEmbedding,     // a vector for each token, position or part of a line
  kNorm,          // scales and shifts of a norm
  kBias,          // biases, and the relative bias of attention
  kScalar,        // single numbers, for a head or for all: temperatures, slopes, scales
};

// Whether weight decay applies to parameters of this role: not to norms and biases.
bool IsDecayed(ParameterRole role);

struct Parameter {
  std::string name;  // "block.layers.0.attention.in.weight"; lib/checkpoint knows what it is called in files
  ParameterRole role;
  at::Tensor tensor;    // float32, a leaf that requires gradient
  bool decayed = true;  // weight decay applies
  bool trained = true;  // else a stored constant, without gradient
};

// The parameters in order of creation. Initial values depend only on (seed, number of the parameter).
class Parameters {
 public:
  explicit Parameters(uint64_t seed) : seed_(seed) {}

  // Adds a parameter and returns its tensor, which shares storage with the entry. With several `parts` the rows are cut
  // in as many equal groups, each drawn from its own distribution.
  at::Tensor Add(const std::string& name, ParameterRole role, at::IntArrayRef shape, const std::vector<Init>& parts);
  at::Tensor Add(const std::string& name, ParameterRole role, at::IntArrayRef shape, Init init) {
    return Add(name, role, shape, std::vector<Init>{init});
  }

  // Adds a stored number that is not trained, a scalar, and returns its tensor.
  at::Tensor AddConstant(const std::string& name, double value);

  // Says that the tensor called `name` is also known as `alias` (tied weights), and returns it.
  at::Tensor AddAlias(const std::string& alias, const std::string& name);

  const std::vector<Parameter>& entries() const { return entries_; }
  const Parameter* Find(absl::string_view name) const;  // null where there is none, also for an alias
  int64_t count() const;                                // numbers in all trained tensors

  // Other names of parameters -> the parameters' names.
  const std::map<std::string, std::string>& aliases() const { return aliases_; }

 private:
  const uint64_t seed_;
  std::vector<Parameter> entries_;
  std::map<std::string, std::string> aliases_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_PARAMETERS_H_

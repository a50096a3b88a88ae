// The parameters of a model: names, tensors, initial values.
#ifndef TALLY_LIB_MODEL_PARAMETERS_H_
#define TALLY_LIB_MODEL_PARAMETERS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "lib/model/init.h"

namespace tally {

struct Parameter {
  std::string name;     // the reference's name where it has one
  at::Tensor tensor;    // float32, a leaf that requires gradient
  bool block_matrix;    // a matrix of the recurrent block, which Muon may train
  bool decayed = true;  // weight decay applies: not to norms and biases
  bool trained = true;  // else a stored constant, without gradient
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

  // Adds a stored number that is not trained, a scalar, and returns its tensor.
  at::Tensor AddConstant(const std::string& name, double value);

  // Says that the tensor called `name` is also stored as `alias` (tied weights), and returns it.
  at::Tensor AddAlias(const std::string& alias, const std::string& name);

  const std::vector<Parameter>& entries() const { return entries_; }
  const Parameter* Find(absl::string_view name) const;  // null where there is none, also for an alias
  int64_t count() const;                                // numbers in all trained tensors

  // Other names under which checkpoints hold parameters -> the parameters' names.
  const std::map<std::string, std::string>& aliases() const { return aliases_; }

 private:
  const uint64_t seed_;
  std::vector<Parameter> entries_;
  std::map<std::string, std::string> aliases_;
};

}  // namespace tally

#endif  // TALLY_LIB_MODEL_PARAMETERS_H_

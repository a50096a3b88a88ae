#include "lib/model/parameters.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include "lib/base/random.h"

namespace tally {
namespace {

float Draw(Init init, Random& random) {
  switch (init.kind) {
    case Init::kConstant:
      return static_cast<float>(init.scale);
    case Init::kNormal:
      return static_cast<float>(init.scale * random.Normal());
    case Init::kUniform:
      return static_cast<float>(init.scale * (2 * random.Uniform() - 1));
  }
  return 0;
}

}  // namespace

bool IsDecayed(ParameterRole role) { return role != ParameterRole::kNorm && role != ParameterRole::kBias; }

at::Tensor Parameters::Add(const std::string& name, ParameterRole role, at::IntArrayRef shape,
                           const std::vector<Init>& parts) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  Random random(seed_, RandomStream::kParameters, entries_.size());
  float* values = tensor.data_ptr<float>();
  const int64_t part_size = tensor.numel() / static_cast<int64_t>(parts.size());
  for (int64_t i = 0; i < tensor.numel(); ++i) values[i] = Draw(parts[i / part_size], random);
  tensor.set_requires_grad(true);
  entries_.push_back({name, role, tensor, IsDecayed(role)});
  return tensor;
}

at::Tensor Parameters::AddConstant(const std::string& name, double value) {
  const at::Tensor tensor = at::full({}, value, at::kFloat);
  entries_.push_back({name, ParameterRole::kScalar, tensor, /*decayed=*/false, /*trained=*/false});
  return tensor;
}

at::Tensor Parameters::AddAlias(const std::string& alias, const std::string& name) {
  aliases_[alias] = name;
  return Find(name)->tensor;
}

const Parameter* Parameters::Find(absl::string_view name) const {
  for (const Parameter& parameter : entries_) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

int64_t Parameters::count() const {
  int64_t count = 0;
  for (const Parameter& parameter : entries_) count += parameter.trained ? parameter.tensor.numel() : 0;
  return count;
}

}  // namespace tally

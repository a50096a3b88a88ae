// Models on other devices and in other precisions than float32 on the CPU.
#include <ATen/ExpandUtils.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>
#include <torch/library.h>

#include <memory>
#include <numeric>
#include <optional>
#include <tuple>
#include <vector>

#include "lib/model/draws.h"
#include "lib/model/model.h"
#include "lib/model/models_for_test.h"
#include "lib/model/prepared_input.h"

namespace tally {
namespace {

// ATen leaves these operators on its "meta" device to Python. Single numbers may be on the CPU, as for others.
void ExpectOneDevice(const at::Tensor& a, const at::Tensor& b) {
  if (!b.defined() || b.dim() == 0 || a.dim() == 0) return;
  TORCH_CHECK(a.device() == b.device(), "an operator mixes ", a.device(), " and ", b.device());
}

at::Tensor IndexSelectMeta(const at::Tensor& self, int64_t dim, const at::Tensor& index) {
  ExpectOneDevice(self, index);
  std::vector<int64_t> shape = self.sizes().vec();
  shape[dim < 0 ? dim + self.dim() : dim] = index.numel();
  return at::empty(shape, self.options());
}

at::Tensor WhereMeta(const at::Tensor& condition, const at::Tensor& self, const at::Tensor& other) {
  ExpectOneDevice(condition, self);
  ExpectOneDevice(condition, other);
  return at::empty(at::infer_size(at::infer_size(condition.sizes(), self.sizes()), other.sizes()),
                   condition.options().dtype(at::kFloat));
}

at::Tensor ReluMeta(const at::Tensor& self) { return at::empty(self.sizes(), self.options()); }

at::Tensor& AbsMeta(const at::Tensor& self, at::Tensor& out) {
  out.resize_(self.sizes());
  return out;
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> LayerNormMeta(const at::Tensor& input, at::IntArrayRef /*shape*/,
                                                             const std::optional<at::Tensor>& weight,
                                                             const std::optional<at::Tensor>& bias, double /*eps*/) {
  for (const auto& parameter : {weight, bias}) ExpectOneDevice(input, parameter.value_or(at::Tensor()));
  std::vector<int64_t> rows = input.sizes().vec();
  rows.back() = 1;
  return {at::empty(input.sizes(), input.options()), at::empty(rows, input.options()),
          at::empty(rows, input.options())};
}

TORCH_LIBRARY_IMPL(aten, Meta, library) {
  library.impl("abs.out", AbsMeta);
  library.impl("index_select", IndexSelectMeta);
  library.impl("native_layer_norm", LayerNormMeta);
  library.impl("relu", ReluMeta);
  library.impl("where.self", WhereMeta);
}

class Placement : public ::testing::TestWithParam<NamedModel> {
 protected:
  void SetUp() override {
    at::manual_seed(20261125);
    model_ = WithRandomParameters(GetParam().config, /*seed=*/1);
  }

  // Two sequences with the random choices of a training step, some of their tokens asked for.
  ModelInput Input() const {
    ModelInput input;
    input.ids = at::randint(0, 19, {2, 12}, at::kLong);
    DrawForTraining(model_->config(), /*seed=*/6, /*step=*/0, {3, 4}, &input);
    input.rows = at::tensor({2, 8, 11, 20}, at::kLong);
    return input;
  }

  std::unique_ptr<Model> model_;
};

// ATen's "meta" device has shapes but no numbers, and its operators refuse tensors of other devices beside its own:
// what runs there forgets no tensor of its input on the CPU.
TEST_P(Placement, NoOperatorMixesDevices) {
  for (const Parameter& parameter : model_->parameters().entries()) {
    // Tensor::set_data, which moves to a real device, does not move to this one.
    parameter.tensor.unsafeGetTensorImpl()->shallow_copy_from(
        parameter.tensor.detach().to(at::kMeta).getIntrusivePtr());
  }
  const PreparedInput input = model_->Prepare(Input()).To(at::kMeta);
  EXPECT_TRUE(model_->Forward(input).is_meta());
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(model_->Forward(input).is_meta());
}

// With initial parameters: far from them a looped model amplifies rounding.
TEST_P(Placement, Bf16IsNearF32) {
  model_ = *Model::Create(GetParam().config, /*seed=*/1);
  const ModelInput input = Input();
  const at::NoGradGuard no_grad;
  const at::Tensor exact = model_->Forward(input).flatten();
  model_->Place(at::kCPU, Precision::kBf16);
  const at::Tensor rounded = model_->Forward(input).flatten();
  EXPECT_EQ(rounded.scalar_type(), at::kFloat);
  EXPECT_FALSE(rounded.equal(exact));
  EXPECT_GT((exact.dot(rounded) / (exact.norm() * rounded.norm())).item<double>(), 0.95);
}

// Recurrences without gradient come before those with it, and use the same weights.
TEST_P(Placement, GradientsInBf16AreThoseOfTheSameParameters) {
  ModelInput input = Input();
  input.untracked = 1;
  model_->Forward(input).sum().backward();
  std::vector<bool> had;
  for (const Parameter& parameter : model_->parameters().entries()) {
    had.push_back(parameter.tensor.grad().defined());
    parameter.tensor.mutable_grad() = at::Tensor();
  }
  model_->Place(at::kCPU, Precision::kBf16);
  const std::unique_ptr<Model> replica = model_->Replica();
  replica->Forward(input).sum().backward();
  for (size_t i = 0; i < had.size(); ++i) {
    const Parameter& parameter = replica->parameters().entries()[i];
    EXPECT_EQ(parameter.tensor.grad().defined(), had[i]) << parameter.name;
    if (!had[i]) continue;
    EXPECT_EQ(parameter.tensor.grad().scalar_type(), at::kFloat) << parameter.name;
  }
}

TEST(PlaceModelTest, NamesAsInFlags) {
  const std::unique_ptr<Model> model = *Model::Create(Recipe(), /*seed=*/1);
  EXPECT_TRUE(PlaceModel("cpu", "bf16", model.get()).ok());
  EXPECT_TRUE(model->device().is_cpu());
  EXPECT_FALSE(PlaceModel("cuda", "F32", model.get()).ok());
  EXPECT_FALSE(PlaceModel("cpu", "F23", model.get()).ok());
}

INSTANTIATE_TEST_SUITE_P(All, Placement, ::testing::ValuesIn(EveryModelConfig()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace tally

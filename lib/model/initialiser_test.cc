// The distribution of every kind of tensor under every initialisation scheme, measured on a model.
#include "lib/model/initialiser.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

#include "lib/model/model.h"

namespace tally {
namespace {

constexpr int kHidden = 128, kLayers = 2, kRecurrences = 4;
constexpr double kN = kLayers * kRecurrences;

// Standard deviations of tensors, in [out, in] sizes: attention's input projection (its first two thirds, its last),
// output projection and the two matrices of a feed-forward layer, tables, output embedding.
struct Deviations {
  ModelConfig::Initialisation scheme;
  double first_rows, last_rows, attention_out, ffn_in, ffn_out, table, decoder;
};

// Xavier-normal.
double Xavier(double gain, double in, double out) { return gain * std::sqrt(2 / (in + out)); }

// Uniform on +-1/sqrt(in).
double FanIn(double in) { return 1 / std::sqrt(3 * in); }

Deviations Deep(ModelConfig::Initialisation scheme, double gain) {
  return {scheme,
          Xavier(1, kHidden, kHidden),
          Xavier(gain, kHidden, kHidden),
          Xavier(gain, kHidden, kHidden),
          Xavier(gain, kHidden, 4 * kHidden),
          Xavier(gain, 2 * kHidden, kHidden),
          1 / std::sqrt(kHidden),
          Xavier(gain, kHidden, 200)};
}

Deviations Same(ModelConfig::Initialisation scheme, double d) { return {scheme, d, d, d, d, d, d, d}; }

class Scheme : public ::testing::TestWithParam<Deviations> {
 protected:
  void SetUp() override {
    ModelConfig config;
    config.set_vocabulary_size(200);
    config.set_hidden_size(kHidden);
    config.set_layers(kLayers);
    config.set_recurrences(kRecurrences);
    config.set_initialisation(GetParam().scheme);
    config.set_initialisation_deviation(0.3);
    config.set_linear_bias(true);
    config.mutable_positions()->set_table(PositionConfig::LEARNED);
    model_ = *Model::Create(config, 1);
  }

  at::Tensor Tensor(const std::string& name) const {
    const Parameter* const parameter = model_->parameters().Find(name);
    EXPECT_NE(parameter, nullptr) << name;
    return parameter->tensor.detach();
  }

  static void Expect(double expected, const at::Tensor& values, const char* what) {
    EXPECT_NEAR(values.std(/*unbiased=*/false).item<double>(), expected, 0.03 * expected) << what;
    EXPECT_NEAR(values.mean().item<double>(), 0, 0.05 * expected) << what;
  }

  std::unique_ptr<Model> model_;
};

TEST_P(Scheme, DeviationOfEachKindOfTensor) {
  const std::string layer = "block.layers.1.";
  const at::Tensor in = Tensor(layer + "attention.in.weight");
  Expect(GetParam().first_rows, in.narrow(0, 0, 2 * kHidden), "queries and keys");
  Expect(GetParam().last_rows, in.narrow(0, 2 * kHidden, kHidden), "values");
  Expect(GetParam().attention_out, Tensor(layer + "attention.out.weight"), "attention's output");
  Expect(GetParam().ffn_in, Tensor(layer + "feed_forward.in.weight"), "feed-forward, first");
  Expect(GetParam().ffn_out, Tensor(layer + "feed_forward.out.weight"), "feed-forward, second");
  Expect(GetParam().table, Tensor("embedding.words"), "words");
  Expect(GetParam().table, Tensor("embedding.positions.table"), "positions");
  Expect(GetParam().decoder, Tensor("head.output.weight"), "output embedding");
  EXPECT_TRUE(Tensor(layer + "attention_residual.norm.weight").eq(1).all().item<bool>());
  EXPECT_TRUE(Tensor(layer + "attention_residual.norm.bias").eq(0).all().item<bool>());
  const at::Tensor bias = Tensor(layer + "feed_forward.in.bias");
  if (GetParam().scheme == ModelConfig::LIBRARY) {
    Expect(FanIn(kHidden), bias, "bias");
  } else {
    EXPECT_TRUE(bias.eq(0).all().item<bool>());
  }
}

INSTANTIATE_TEST_SUITE_P(Schemes, Scheme,
                         ::testing::Values(Deep(ModelConfig::DEEPNORM_STRAIGHT, std::pow(8 * kN, -0.25)),
                                           Deep(ModelConfig::DEEPNORM_SUBLN, std::sqrt(std::log(2 * kN))),
                                           Deep(ModelConfig::DEEPNORM_NORMAL, 0.3),  //
                                           Deep(ModelConfig::DEEPNORM_AS_IS, 1),     //
                                           Same(ModelConfig::NORMAL_DEVIATION, 0.3),
                                           Same(ModelConfig::SMALL, std::sqrt(2.0 / (5 * kHidden))),
                                           Same(ModelConfig::MEGATRON, std::sqrt(1.0 / (3 * kHidden))),
                                           Same(ModelConfig::WANG, 2 / (kN * std::sqrt(kHidden))),
                                           Deviations{ModelConfig::ZERO_OUTPUT, FanIn(kHidden), FanIn(kHidden), 0,
                                                      FanIn(kHidden), 0, 1 / std::sqrt(kHidden), FanIn(kHidden)},
                                           Deviations{ModelConfig::LIBRARY, std::sqrt(2.0 / (4 * kHidden)),
                                                      std::sqrt(2.0 / (4 * kHidden)), FanIn(kHidden), FanIn(kHidden),
                                                      FanIn(2 * kHidden), 1, FanIn(kHidden)}),
                         [](const auto& info) { return ModelConfig::Initialisation_Name(info.param.scheme); });

}  // namespace
}  // namespace tally

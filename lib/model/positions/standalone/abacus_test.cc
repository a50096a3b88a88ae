// The stand-alone files give what Tally's Abacus table gives. The functions of abacus.py are run by LibTorch's compiler
// of TorchScript, so this needs no Python; tests/interop/abacus_test.py runs the whole of it where there is one.
#include "lib/model/positions/standalone/abacus.h"

#include <ATen/core/jit_type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/compilation_unit.h>
#include <torch/jit.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>

#include "lib/model/initialiser.h"
#include "lib/model/parameters.h"
#include "lib/model/positions/position_ids.h"
#include "lib/model/positions/position_table.h"
#include "lib/model/positions/registry.h"
#include "lib/tokenizer/vocabulary.h"

namespace abacus {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kWidth = 8, kRows = 40, kMaxOffset = 3;

AbacusOptions Options() {
  AbacusOptions options{.width = kWidth, .rows = kRows, .max_offset = kMaxOffset};
  for (int64_t id = tally::kFirstDigitId; id <= tally::kLastDigitId; ++id) options.digits.push_back(id);
  return options;
}

at::Tensor Digits() { return at::arange(tally::kFirstDigitId, tally::kLastDigitId + 1, at::kLong); }

// [6, 30]: no digit, digits alone, and lines of the arithmetic vocabulary's tokens at random.
at::Tensor SomeIds() {
  torch::manual_seed(1);
  at::Tensor ids = at::randint(19, {6, 30}, at::kLong);
  ids[0].fill_(0);
  ids[1].fill_(tally::kLastDigitId);
  return ids;
}

// Tally's table, with one vector for each row, and what it gives for ids at an offset.
class TallysTable {
 public:
  TallysTable() : parameters_(/*seed=*/7) {
    tally::ModelConfig config;
    config.mutable_positions()->set_table(tally::PositionConfig::ABACUS);
    config.mutable_positions()->set_table_rows(kRows);
    config.mutable_positions()->set_max_offset(kMaxOffset);
    table_ = tally::TableOf(config).make(kWidth, config, tally::Initialiser(config), &parameters_);
  }

  at::Tensor weight() const { return parameters_.entries().at(0).tensor.detach(); }

  at::Tensor Vectors(const at::Tensor& ids, const at::Tensor& offsets) const {
    tally::TableContext context;
    context.offsets = offsets;
    return table_->Vectors(table_->Rows(ids, context)).detach();
  }

 private:
  tally::Parameters parameters_;
  std::unique_ptr<tally::PositionTable> table_;
};

AbacusEmbedding WithTheTableOf(const TallysTable& tally, AbacusOptions options = Options()) {
  AbacusEmbedding embedding(options);
  torch::NoGradGuard no_grad;
  embedding->named_parameters()["embedding.weight"].copy_(tally.weight());
  return embedding;
}

// The functions of abacus.py, which come before its class.
std::shared_ptr<torch::jit::CompilationUnit> PythonFunctions() {
  std::ifstream file("lib/model/positions/standalone/abacus.py");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const size_t begin = text.find("def digit_places"), end = text.find("class Abacus");
  EXPECT_NE(begin, std::string::npos);
  EXPECT_NE(end, std::string::npos);
  return torch::jit::compile(text.substr(begin, end - begin));
}

TEST(AbacusTest, PlacesAreTallysIds) {
  const at::Tensor ids = SomeIds();
  at::Tensor expected = at::empty_like(ids);
  for (int64_t row = 0; row < ids.size(0); ++row) {
    tally::AbacusIds(ids[row].const_data_ptr<int64_t>(), ids.size(1), expected[row].mutable_data_ptr<int64_t>());
  }
  EXPECT_EQ(expected.max().item<int64_t>(), 30);
  EXPECT_TRUE(at::equal(Places(ids, Digits()), expected));
  EXPECT_TRUE(at::equal(PythonFunctions()->run_method("digit_places", ids, Digits()).toTensor(), expected));
}

TEST(AbacusTest, VectorsAreTallys) {
  const TallysTable tally;
  AbacusEmbedding embedding = WithTheTableOf(tally);
  embedding->eval();
  EXPECT_TRUE(at::equal(embedding->forward(SomeIds()), tally.Vectors(SomeIds(), {})));
}

TEST(AbacusTest, OffsetsShiftWhatTallyShifts) {
  const TallysTable tally;
  const at::Tensor ids = SomeIds(), places = Places(ids, Digits());
  for (const at::Tensor& offsets : {at::full({1}, 2), at::arange(6).remainder(4)}) {
    const at::Tensor expected = tally.Vectors(ids, offsets), offset = offsets.unsqueeze(1);
    EXPECT_TRUE(at::equal(at::embedding(tally.weight(), Shifted(places, offset)), expected));
    const at::Tensor of_python = PythonFunctions()->run_method("shifted", places, offset).toTensor();
    EXPECT_TRUE(at::equal(at::embedding(tally.weight(), of_python), expected));
  }
}

// The offsets that 200 training passes drew for a row, found by what they gave.
std::set<int64_t> OffsetsOfRow(int64_t row, AbacusEmbedding embedding, const TallysTable& tally) {
  const at::Tensor ids = SomeIds();
  std::set<int64_t> found;
  for (int pass = 0; pass < 200; ++pass) {
    const at::Tensor vectors = embedding->forward(ids)[row];
    for (int64_t offset = 0; offset < kRows - 30; ++offset) {
      if (at::equal(vectors, tally.Vectors(ids, at::full({1}, offset))[row])) found.insert(offset);
    }
  }
  return found;
}

TEST(AbacusTest, TrainingDrawsEveryOffset) {
  const TallysTable tally;
  AbacusOptions options = Options();
  for (const bool per_sample : {false, true}) {
    options.per_sample = per_sample;
    EXPECT_EQ(OffsetsOfRow(3, WithTheTableOf(tally, options), tally), std::set<int64_t>({0, 1, 2, 3})) << per_sample;
  }
}

TEST(AbacusTest, OneOffsetABatchOrOneASample) {
  const at::Tensor ids = at::full({200, 1}, tally::kFirstDigitId, at::kLong);
  AbacusOptions options = Options();
  EXPECT_EQ(std::get<0>(at::unique_dim(AbacusEmbedding(options)->forward(ids), 0)).size(0), 1);
  options.per_sample = true;
  EXPECT_EQ(std::get<0>(at::unique_dim(AbacusEmbedding(options)->forward(ids), 0)).size(0), kMaxOffset + 1);
}

TEST(AbacusTest, GradientsReachTheRowsThatWereRead) {
  AbacusEmbedding embedding(Options());
  embedding->eval();
  embedding->forward(at::arange(12, 15).unsqueeze(0)).sum().backward();
  const at::Tensor read = embedding->named_parameters()["embedding.weight"].grad().sum(1).ne(0).nonzero().flatten();
  EXPECT_TRUE(at::equal(read, at::arange(3))) << read;
}

template <typename Call>
std::string ErrorOf(const Call& call) {
  try {
    call();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "no error";
}

TEST(AbacusTest, ErrorsSayWhatWasExpected) {
  EXPECT_THAT(ErrorOf([] { Places(at::arange(1), Digits()); }), HasSubstr("ids have shape [1]; expected [batch, seq]"));
  AbacusOptions options = Options();
  options.max_offset = kRows;
  EXPECT_THAT(ErrorOf([&] { AbacusEmbedding{options}; }), HasSubstr("max_offset is 40; expected 0 or more"));
  AbacusEmbedding embedding(Options());
  embedding->eval();
  const at::Tensor one = at::full({1, 1}, tally::kFirstDigitId, at::kLong);
  EXPECT_EQ(ErrorOf([&] { embedding->forward(one.expand({1, kRows - 1})); }), "no error");
  EXPECT_THAT(ErrorOf([&] { embedding->forward(one.expand({1, kRows})); }), HasSubstr("expected less than rows, 40"));
}

}  // namespace
}  // namespace abacus

#include "lib/kernels/attention/attention_simd.h"

#include <utility>

#include "lib/kernels/arrays_for_test.h"
#include "lib/kernels/attention/attention_loops_for_test.h"

namespace tally {
namespace {

struct Outputs {
  explicit Outputs(const AttentionArrays& x)
      : out(UnwrittenArray(x.grad_out.size())),
        log_sum_exp(x.layout.batch * x.layout.heads * x.layout.seq) {}  // zeros for tokens that are no queries

  std::vector<float> out, log_sum_exp;
};

void ExpectForward(const Outputs& found, const AttentionLoops& expected, const std::string& name) {
  ExpectClose(found.out, expected.out, name + " out");
  ExpectClose(found.log_sum_exp, expected.log_sum_exp, name + " log_sum_exp");
}

Outputs ForwardByTiles(const AttentionArrays& x) {
  Outputs outputs(x);
  std::atomic<int64_t> next = 0;
  AttentionForward(x.layout, x.Terms(), x.qkv.data(), nullptr, &next, outputs.out.data(), outputs.log_sum_exp.data());
  return outputs;
}

Outputs ForwardByLanes(const AttentionArrays& x) {
  Outputs outputs(x);
  AttentionLanesForward(x.layout, x.Terms(), x.qkv.data(), 0, AttentionGroups(x.layout), outputs.out.data(),
                        outputs.log_sum_exp.data());
  return outputs;
}

void ExpectBackward(const AttentionArrays& x, const Outputs& outputs, const AttentionLoops& expected,
                    const std::string& name) {
  std::vector<float> qkv = UnwrittenArray(x.qkv.size()), scale = UnwrittenArray(expected.scale.size()),
                     table = UnwrittenArray(expected.table.size()), bias(expected.bias.size());
  const AttentionGradients gradients = {qkv.data(), scale.data(), table.empty() ? nullptr : table.data(),
                                        bias.empty() ? nullptr : bias.data()};
  AttentionBackward(x.layout, x.Terms(), x.qkv.data(), outputs.out.data(), outputs.log_sum_exp.data(),
                    x.grad_out.data(), 0, AttentionGroups(x.layout), gradients);
  ExpectClose(qkv, expected.qkv, name + " gradient of qkv", 2e-5);
  ExpectClose(scale, expected.scale, name + " gradient of scale", 2e-5);
  ExpectClose(table, expected.table, name + " gradient of table", 2e-5);
  ExpectClose(bias, expected.bias, name + " gradient of bias", 2e-5);
}

class AttentionSimdTest : public ::testing::TestWithParam<AttentionCase> {};

TEST_P(AttentionSimdTest, EqualsPlainLoopsForwardAndBackwardForEachSetOfInstructions) {
  const AttentionArrays x(GetParam());
  const AttentionLoops expected(x);
  ForEachInstructions([&](const std::string& name) {
    ExpectForward(ForwardByTiles(x), expected, name + " tiles");
    const Outputs outputs = ForwardByLanes(x);
    ExpectForward(outputs, expected, name + " lanes");
    ExpectBackward(x, outputs, expected, name);
  });
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, AttentionSimdTest,
    ::testing::Values(AttentionCase{1, 1, 1, 1, false, false, {}},                   // one token of one feature
                      AttentionCase{0, 4, 2, 3, false, true, {3}},                   // no sample
                      AttentionCase{2, 6, 3, 5, true, true, {3}, 0, 0, 6},           // no query
                      AttentionCase{2, 6, 3, 5, true, true, {3}, 0, 0, 5},           // the last token alone
                      AttentionCase{3, 17, 4, 16, false, true, {3}},                 // the default recipe's terms
                      AttentionCase{7, 19, 3, 7, true, false, {20, 3}},              // more columns than lanes
                      AttentionCase{2, 21, 2, 8, true, true, {2, 2}, 2, 2, 9},       // everything at once
                      AttentionCase{3, 13, 2, 12, false, true, {2, 1, 1, 2, true}},  // counting by second ids
                      AttentionCase{3, 13, 2, 9, false, false, {2, 0, 2, 2}, 1, 2, 3, 1, true},
                      AttentionCase{2, 23, 2, 6, false, false, {}, 1, 1, 0, 1, false, true},  // masked keys
                      AttentionCase{1, 270, 2, 5, false, true, {3}, 0, 0, 251},  // the second tile begins within
                      AttentionCase{2, 370, 2, 5, false, true, {2, 0, 2, 2}, 0, 0, 0, 1, false, false, true},
                      AttentionCase{1, 300, 2, 5, false, true, {2, 0, 2, 2}, 0, 0, 299, 1, false, false, true}));

TEST(AttentionSimdTest, TinyVectorsAndLogitsFarApart) {
  for (const double deviation : {1e-39, 1e-7, 30.0}) {
    for (const bool unit_norm : {false, true}) {
      AttentionArrays x({2, 11, 2, 6, false, unit_norm, {2}, 0, 0, 0, deviation});
      const AttentionLoops expected(x);
      ForEachInstructions([&](const std::string& name) {
        ExpectForward(ForwardByTiles(x), expected, name + " tiles");
        ExpectForward(ForwardByLanes(x), expected, name + " lanes");
      });
    }
  }
}

// The tokens of each head are appended in parts that end within vectors, blocks and tiles.
TEST(AttentionSimdTest, KeysThatAreKeptEqualAllAtOnce) {
  const AttentionArrays all({2, 265, 2, 5, false, true, {3}});
  const AttentionLoops expected(all);
  ForEachInstructions([&](const std::string& name) {
    std::vector<AttentionKeys> keys(4);
    for (int64_t begin = 0, end; begin < all.layout.seq; begin = end) {
      end = std::min<int64_t>(begin < 250 ? begin + 61 : begin + 1, all.layout.seq);
      AttentionLayout layout = all.layout;
      layout.begin = layout.first_query = begin, layout.seq = end;
      std::vector<float> qkv, out = UnwrittenArray(2 * (end - begin) * 10);
      std::vector<double> part;
      for (int64_t b = 0; b < 2; ++b) {
        const auto token = all.qkv.begin() + all.layout.InputRow(b, 0, begin);
        qkv.insert(qkv.end(), token, token + (end - begin) * all.layout.token_stride);
        const auto row = expected.out.begin() + all.layout.OutputBegin(b, 0) + all.layout.OutputRow(begin);
        part.insert(part.end(), row, row + (end - begin) * 10);
      }
      std::atomic<int64_t> next = 0;
      AttentionAppendKeys(layout, all.Terms(), qkv.data(), 0, 4, keys.data());
      AttentionForward(layout, all.Terms(), qkv.data(), keys.data(), &next, out.data(), nullptr);
      ExpectClose(out, part, name);
    }
  });
}

}  // namespace
}  // namespace tally

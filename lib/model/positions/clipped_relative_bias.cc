// The learned bias on clipped differences of ids. With one coordinate: rel[h, clip(id_i - id_j, -c, c)]; Shaw et al.
// 2018 (arXiv 1803.02155) have the clipping, on positions; on the weights of digits it is measured in docs/models.md.
// With two: rel[h, clip(first difference), clip(second difference)].
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include "lib/kernels/relative_bias/relative_bias.h"
#include "lib/model/positions/logit_bias.h"

namespace tally {
namespace {

class ClippedRelativeBias : public LogitBias {
 public:
  ClippedRelativeBias(const std::string& name, const ModelConfig& config, Parameters* parameters)
      : clip_(config.attention().relative_clip()),
        second_clip_(config.attention().ids() == AttentionConfig::DIGIT_WEIGHT ? 0 : config.attention().second_clip()),
        table_(parameters->Add(name + ".relative_bias", ParameterRole::kBias,
                               {config.attention().heads(), (2 * clip_ + 1) * (2 * second_clip_ + 1)},
                               Init::Constant(0))),
        far_(FarColumns(clip_, second_clip_)) {}

  at::Tensor Bias(const AttentionContext& context, int64_t begin, int64_t end) const override {
    return RelativeBias(Ids(context), Table(context), context.row_scale, begin, end);
  }

  Lookup LookupOf(const AttentionContext& context) const override { return {Table(context), Ids(context)}; }

 private:
  // 1 for columns of differences that are clipped in every coordinate, else 0; [(2 clip + 1) * (2 second_clip + 1)].
  static at::Tensor FarColumns(int64_t clip, int64_t second_clip) {
    const at::Tensor far = at::zeros({2 * clip + 1, 2 * second_clip + 1});
    for (const int64_t first : {int64_t{0}, 2 * clip}) {
      for (const int64_t second : {int64_t{0}, 2 * second_clip}) far[first][second].fill_(1);
    }
    return far.flatten();
  }

  at::Tensor Table(const AttentionContext& context) const {
    return context.far_bias == 0 ? table_ : table_ + far_.to(table_.device()) * context.far_bias;
  }

  RelativeIds Ids(const AttentionContext& context) const {
    return {context.ids, context.second_ids, clip_, second_clip_};
  }

  const int64_t clip_, second_clip_;
  const at::Tensor table_;  // [heads, (2 clip + 1) * (2 second_clip + 1)]
  const at::Tensor far_;
};

}  // namespace

std::unique_ptr<LogitBias> MakeClippedRelativeBias(const std::string& name, const ModelConfig& config,
                                                   Parameters* parameters) {
  return std::make_unique<ClippedRelativeBias>(name, config, parameters);
}

}  // namespace tally

// The learned bias on clipped differences of ids. With one coordinate: rel[h, clip(id_i - id_j, -c, c)]; Shaw et al.
// 2018 (arXiv 1803.02155) have the clipping, on positions; on the weights of digits it is measured in docs/models.md.
// With two: rel[h, clip(first difference), clip(second difference)]. With shift_clip and key_clip further tables are
// added, which count from the number of the recurrence (lib/kernels/relative_bias/relative_column.h): so recurrence p
// of a product finds digit p of y and, for each weight n of the answer, digit n - p of x. Local attention (Luong et al.
// 2015, arXiv 1508.04025, section 3.2, on positions) leaves out keys whose first id, or place among labelled numbers,
// is far in every coordinate that reads it.
#include <ATen/TensorOperators.h>
#include <ATen/ops/masked_fill.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <initializer_list>

#include "lib/kernels/relative_bias/relative_bias.h"
#include "lib/model/positions/device_constant.h"
#include "lib/model/positions/logit_bias.h"

namespace tally {
namespace {

// The bias of a key that local attention leaves out: its weight underflows to 0 beside any other's. A finite number, as
// it is multiplied by factors before the softmax.
constexpr double kExcluded = -1e9;

class ClippedRelativeBias : public LogitBias {
 public:
  ClippedRelativeBias(const std::string& name, const ModelConfig& config, Parameters* parameters)
      : clips_(RelativeClipsOf(config.attention())),
        table_(parameters->Add(name + ".relative_bias", ParameterRole::kBias,
                               {config.attention().heads(), (2 * clips_.first + 1) * (2 * clips_.second + 1)},
                               Init::Constant(0))),
        far_(FarColumns({{clips_.first, true}, {clips_.second, true}})),
        excluded_(config.attention().local() ? ExcludedColumns(config.attention()) : at::Tensor()) {
    const auto add = [&](const char* suffix, int64_t clip) {
      return clip == 0 ? at::Tensor()
                       : parameters->Add(name + suffix, ParameterRole::kBias,
                                         {config.attention().heads(), 2 * clip + 1}, Init::Constant(0));
    };
    shift_table_ = add(".shift_bias", clips_.shift);
    key_table_ = add(".key_bias", clips_.key);
  }

  at::Tensor Bias(const AttentionContext& context, int64_t begin, int64_t end) const override {
    return RelativeBias(Ids(context), Table(context), context.row_scale, begin, end);
  }

  Lookup LookupOf(const AttentionContext& context) const override { return {Table(context), Ids(context)}; }

 private:
  struct Coordinate {
    int64_t clip = 0;
    bool counts = false;
  };

  // 1 for columns whose coordinates, those that count and have a clip, are all at it, else 0; the last one fastest.
  static at::Tensor FarColumns(std::initializer_list<Coordinate> coordinates) {
    at::Tensor far = at::ones({1});
    for (const auto& [clip, counts] : coordinates) {
      const at::Tensor ends = counts ? at::zeros({2 * clip + 1}) : at::ones({2 * clip + 1});
      ends[0] = ends[2 * clip] = 1;
      far = (far.unsqueeze(1) * ends).flatten();
    }
    return far;
  }

  // The columns of keys that are far by the ids that say so, bool.
  static at::Tensor ExcludedColumns(const AttentionConfig& attention) {
    const RelativeClips clips = RelativeClipsOf(attention);
    const bool first = !clips.count_second, second = attention.ids() == AttentionConfig::LABELLED_NUMBERS;
    return FarColumns({{clips.first, true}, {clips.second, second}, {clips.shift, first}, {clips.key, first}})
        .to(at::kBool);
  }

  // The sum of all tables for each combination of coordinates, [heads, clips_.columns()].
  at::Tensor Table(const AttentionContext& context) const {
    at::Tensor table = context.far_bias.defined() ? table_ + far_.On(table_.device()) * context.far_bias : table_;
    for (const at::Tensor& further : {shift_table_, key_table_}) {
      if (further.defined()) table = (table.unsqueeze(2) + further.unsqueeze(1)).flatten(1);
    }
    return excluded_.defined() ? table.masked_fill(excluded_.On(table.device()), kExcluded) : table;
  }

  RelativeIds Ids(const AttentionContext& context) const {
    return {context.ids, context.second_ids, clips_, clips_.ReadRecurrence() ? context.recurrence : at::Tensor()};
  }

  const RelativeClips clips_;
  const at::Tensor table_;              // [heads, (2 first + 1) * (2 second + 1)]
  at::Tensor shift_table_, key_table_;  // [heads, 2 clip + 1], undefined where the clip is 0
  const DeviceConstant far_;            // [table_'s columns]
  const DeviceConstant excluded_;       // [clips_.columns()] bool, undefined unless attention is local
};

}  // namespace

RelativeClips RelativeClipsOf(const AttentionConfig& attention) {
  return {.first = attention.relative_clip(),
          .second = attention.ids() == AttentionConfig::DIGIT_WEIGHT ? 0 : attention.second_clip(),
          .shift = attention.shift_clip(),
          .key = attention.key_clip(),
          .count_second = attention.recurrence_counts() == AttentionConfig::OPERANDS};
}

std::unique_ptr<LogitBias> MakeClippedRelativeBias(const std::string& name, const ModelConfig& config,
                                                   Parameters* parameters) {
  return std::make_unique<ClippedRelativeBias>(name, config, parameters);
}

}  // namespace tally

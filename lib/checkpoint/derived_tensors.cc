#include "lib/checkpoint/derived_tensors.h"

#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"

namespace tally {
namespace {

template <typename T>
TensorView ViewOf(DType dtype, std::vector<int64_t> shape, const std::vector<T>& values) {
  return {dtype, std::move(shape),
          absl::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T))};
}

bool HasPositionIds(PositionConfig::Table table) {
  return table == PositionConfig::ABACUS || table == PositionConfig::LEARNED || table == PositionConfig::LEARNED_RAND;
}

}  // namespace

DerivedTensors::DerivedTensors(const ModelConfig& config) {
  if (HasPositionIds(config.positions().table())) {
    position_ids_.resize(config.positions().table_rows());
    std::iota(position_ids_.begin(), position_ids_.end(), int64_t{0});
  }
  if (config.attention().packing() != AttentionConfig::BY_HEAD) return;
  for (int i = 0; i < config.layers(); ++i) {
    attentions_.push_back(config.separate_blocks()
                              ? absl::StrCat("encoder.recurrent_blocks.", i, "._orig_mod.layers.0.attn")
                              : absl::StrCat("encoder.recurrent_block._orig_mod.layers.", i, ".attn"));
  }
  const int size = config.hidden_size() / config.attention().heads();
  norm_factor_ = {1 / std::sqrt(static_cast<float>(size))};
  if (config.attention().position() != AttentionConfig::ROPE) return;
  for (int i = 0; i < size; i += 2) frequencies_.push_back(1 / std::pow(10000.0f, static_cast<float>(i) / size));
}

void DerivedTensors::AddTo(std::map<std::string, TensorView>* tensors) const {
  if (!position_ids_.empty()) {
    (*tensors)["encoder.embedding.pos_embedding.position_ids"] =
        ViewOf(DType::kI64, {1, static_cast<int64_t>(position_ids_.size())}, position_ids_);
  }
  for (const std::string& attention : attentions_) {
    (*tensors)[attention + ".norm_factor"] = ViewOf(DType::kF32, {}, norm_factor_);
    if (frequencies_.empty()) continue;
    (*tensors)[attention + ".rotary_emb.inv_freq"] =
        ViewOf(DType::kF32, {static_cast<int64_t>(frequencies_.size())}, frequencies_);
  }
}

}  // namespace tally

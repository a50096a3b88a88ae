#include "lib/checkpoint/reference_names.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace tally {
namespace {

using Replacements = std::vector<std::pair<absl::string_view, absl::string_view>>;

// Parts of Tally's names and of the reference's; the longest that fits at a place is replaced.
const Replacements& Parts() {
  static const auto* const parts = new Replacements{
      {"embedding.", "encoder.embedding."},
      {"embedding.words", "encoder.embedding.word_embedding.weight"},
      {"embedding.segments", "encoder.embedding.segment_embedding.weight"},
      {"embedding.positions.table", "encoder.embedding.pos_embedding.embedding.weight"},
      {"embedding.positions.numbers", "encoder.embedding.pos_embedding.second.weight"},
      {"embedding.positions.scale", "encoder.embedding.pos_embedding.scale_factor"},
      {"embedding.adapter.", "encoder.adapter."},
      {"block.", "encoder.recurrent_block."},
      {"blocks.", "encoder.recurrent_blocks."},
      {"injection.weight", "_orig_mod.adapter.weight"},
      {"injection.in.", "_orig_mod.ffn.dense_in."},
      {"injection.out.", "_orig_mod.ffn.dense_out."},
      {"injection.norm.", "_orig_mod.ffn.norm."},
      {"layers.", "_orig_mod.layers."},
      {"attention.", "attn."},
      {"attention.fire.multiplier", "attn.rotary_emb.L_multiplier"},
      {"attention.fire.length", "attn.rotary_emb.init_L"},
      {"attention.fire.slope", "attn.rotary_emb.c"},
      {"attention.fire.in.", "attn.rotary_emb.mlp.0."},
      {"attention.fire.out.", "attn.rotary_emb.mlp.2."},
      {"attention_residual.", "residual1."},
      {"feed_forward.", "ffn."},
      {"feed_forward.in.", "ffn.dense_in."},
      {"feed_forward.out.", "ffn.dense_out."},
      {"feed_forward_residual.", "residual2."},
      {"head.feed_forward.in.", "encoder.head.dense_in."},
      {"head.feed_forward.out.", "encoder.head.dense_out."},
      {"head.feed_forward.norm.", "encoder.head.norm."},
      {"head.linear.", "encoder.head."},
      {"head.norm.", "encoder.final_norm."},
      {"head.adapter.", "adapter."},
      {"head.output.", "decoder."},
  };
  return *parts;
}

// Attention's projections: the reference wraps PyTorch's attention, whose rows are packed by role, in a module more
// than its own.
Replacements Projections(bool by_head) {
  if (by_head) {
    return {{"attention.in.weight", "attn.in_proj_weight"},
            {"attention.in.bias", "attn.in_proj_bias"},
            {"attention.out.", "attn.out_proj."}};
  }
  return {{"attention.in.weight", "attn.attn.in_proj_weight"},
          {"attention.in.bias", "attn.attn.in_proj_bias"},
          {"attention.out.", "attn.attn.out_proj."}};
}

}  // namespace

std::string ReferenceName(const ModelConfig& config, absl::string_view name) {
  Replacements parts = Projections(config.attention().packing() == AttentionConfig::BY_HEAD);
  parts.insert(parts.end(), Parts().begin(), Parts().end());
  std::string replaced = absl::StrReplaceAll(name, parts);
  // The scale of an RMS norm or a scale norm, the last part of its name wherever the norm is.
  if (absl::EndsWith(name, "norm.scale") || absl::EndsWith(name, "norm2.scale")) {
    replaced = absl::StrCat(absl::StripSuffix(replaced, "scale"), "learnable_scale");
  }
  return replaced;
}

std::string WithBlockCompiled(absl::string_view name) {
  absl::ConsumePrefix(&name, "module.");
  if (absl::StrContains(name, "._orig_mod.")) return std::string(name);
  for (const absl::string_view block : {"encoder.recurrent_block", "encoder.recurrent_blocks"}) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, absl::StrCat(block, "."))) continue;
    std::string number;  // of a separate block
    while (!rest.empty() && absl::ascii_isdigit(rest[0])) {
      number += rest[0];
      rest.remove_prefix(1);
    }
    if (number.empty()) return absl::StrCat(block, "._orig_mod.", rest);
    return absl::StrCat(block, ".", number, "._orig_mod", rest);
  }
  return std::string(name);
}

}  // namespace tally

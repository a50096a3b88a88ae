#include "lib/model/attention/plan.h"

#include "absl/strings/str_cat.h"
#include "lib/model/positions/registry.h"

namespace tally {
namespace {

// Sequences of this many tokens at most go through operators with gradient, whose backward pass reads keys and values
// anew for every block of queries, or with terms made for all pairs; without either, sequences of any length do.
constexpr int64_t kShort = 1024;

// Without gradient, terms of at most this many pairs are made once for all recurrences.
constexpr int64_t kSharedPairs = int64_t{1} << 23;

// Whether a device's kernel does.
bool HasDeviceKernel(const AttentionSituation& s) {
  return s.device_kernel && !s.has_cache && (s.no_terms || s.table_alone);
}

AttentionPlan::Terms TermsFor(const AttentionSituation& s) {
  if (HasDeviceKernel(s)) return AttentionPlan::kLookup;
  const bool fits = s.tokens <= kShort || !s.gradient;
  if (s.on_cpu && fits && (s.no_terms || s.table_alone)) return AttentionPlan::kLookup;
  if (s.positions_differ) return AttentionPlan::kEachRecurrence;
  const int64_t pairs = s.bias_sequences * s.heads * s.layers * s.tokens * s.queries;
  return s.gradient || pairs <= kSharedPairs ? AttentionPlan::kShared : AttentionPlan::kEachChunk;
}

// Whether an operator serves with these terms; it takes given ones for sequences that are whole and short.
bool OperatorServes(const AttentionSituation& s, AttentionPlan::Terms terms) {
  if (terms == AttentionPlan::kLookup) return true;
  return s.on_cpu && terms != AttentionPlan::kEachChunk && !s.has_cache && s.tokens <= kShort;
}

bool IncludesProjections(const AttentionSituation& s) {
  return !s.has_cache && s.bare_projections && s.float32 && s.many_short_sequences;
}

AttentionPlan::Route RouteFor(const AttentionSituation& s, AttentionPlan::Terms terms) {
  if (HasDeviceKernel(s)) return AttentionPlan::kDeviceAttention;
  if (OperatorServes(s, terms)) {
    return IncludesProjections(s) ? AttentionPlan::kSelfAttention : AttentionPlan::kCausalAttention;
  }
  if (s.gradient) return AttentionPlan::kWhole;
  return s.on_cpu ? AttentionPlan::kFusedChunks : AttentionPlan::kChunks;
}

const char* NameOf(AttentionPlan::Route route) {
  switch (route) {
    case AttentionPlan::kSelfAttention:
      return "SELF_ATTENTION";
    case AttentionPlan::kCausalAttention:
      return "CAUSAL_ATTENTION";
    case AttentionPlan::kDeviceAttention:
      return "DEVICE_ATTENTION";
    case AttentionPlan::kWhole:
      return "WHOLE";
    case AttentionPlan::kChunks:
      return "CHUNKS";
    case AttentionPlan::kFusedChunks:
      return "FUSED_CHUNKS";
  }
  return "";
}

const char* NameOf(AttentionPlan::Terms terms) {
  switch (terms) {
    case AttentionPlan::kLookup:
      return "LOOKUP";
    case AttentionPlan::kShared:
      return "SHARED";
    case AttentionPlan::kEachRecurrence:
      return "EACH_RECURRENCE";
    case AttentionPlan::kEachChunk:
      return "EACH_CHUNK";
  }
  return "";
}

}  // namespace

AttentionSituation SituationOf(const ModelConfig& config) {
  const AttentionConfig& attention = config.attention();
  const AttentionScheme& scheme = AttentionOf(config);
  const bool table = attention.relative_clip() > 0, term = scheme.make_bias != nullptr;
  AttentionSituation situation;
  situation.heads = attention.heads();
  situation.layers = config.layers();
  situation.table_alone = table && !term;
  situation.no_terms = !table && !term;
  situation.bare_projections =
      !attention.input_bias() && !attention.output_bias() && !attention.sub_normalization() && scheme.angles == nullptr;
  return situation;
}

std::string AttentionPlan::DebugString() const {
  return absl::StrCat("route ", NameOf(route), ", terms ", NameOf(terms));
}

AttentionPlan PlanAttention(const AttentionSituation& situation) {
  AttentionPlan plan;
  if (situation.recorded) {
    plan.route = AttentionPlan::kWhole;
    plan.terms = situation.positions_differ ? AttentionPlan::kEachRecurrence : AttentionPlan::kShared;
    return plan;
  }
  plan.terms = TermsFor(situation);
  plan.route = RouteFor(situation, plan.terms);
  return plan;
}

}  // namespace tally

// How a model's attention is computed: one of several routes to the same numbers, chosen in one place, once for all
// recurrences that agree in what decides. Torch-free.
#ifndef TALLY_LIB_MODEL_ATTENTION_PLAN_H_
#define TALLY_LIB_MODEL_ATTENTION_PLAN_H_

#include <cstdint>
#include <string>

#include "lib/model/model_config.pb.h"

namespace tally {

// What decides. The number of threads does not: every route gives the same bytes for any.
struct AttentionSituation {
  // The model.
  int64_t heads = 1;
  int64_t layers = 1;
  bool table_alone = false;      // the only term of the logits is a table of clipped differences of ids
  bool no_terms = true;          // there is none beside the causal mask
  bool bare_projections = true;  // without biases, turns (ROPE), and a norm before the output projection

  // The forward pass.
  int64_t tokens = 0;                // of a sequence, with those in a cache
  int64_t queries = 0;               // of these, the last ones: not in a cache
  int64_t bias_sequences = 1;        // sequences that have logit terms of their own; 1: all share them
  bool many_short_sequences = true;  // SelfAttentionIsFaster
  bool has_cache = false;            // of keys and values
  bool positions_differ = false;     // from one call of attention to the next, or the number of the recurrence is read
  bool gradient = false;             // is recorded
  bool recorded = false;             // weights are (forward_record.h)
  bool on_cpu = true;
  bool device_kernel = false;  // HasDeviceAttention
  bool float32 = true;         // states are
};

// The part of a situation that `config` decides.
AttentionSituation SituationOf(const ModelConfig& config);

struct AttentionPlan {
  enum Route {
    kSelfAttention,    // one operator, projections included (lib/kernels/attention/self_attention.h)
    kCausalAttention,  // one operator between ATen's projections (causal_attention.h)
    kDeviceAttention,  // the same by a device's kernels (device_attention.h)
    kWhole,            // ATen's operators, on all pairs of a query and a key at once
    kChunks,           // the same for some queries at a time, without gradient
    kFusedChunks,      // ATen's fused attention for some queries at a time, without gradient
  };
  // Where the terms of the logits come from, the causal mask among them.
  enum Terms {
    kLookup,          // the operator makes them, from a table if there is one
    kShared,          // made for all pairs, once for all recurrences
    kEachRecurrence,  // made for all pairs, again for each
    kEachChunk,       // made for a chunk's pairs
  };
  Route route = kWhole;
  Terms terms = kShared;

  // "route SELF_ATTENTION, terms LOOKUP".
  std::string DebugString() const;

  friend bool operator==(const AttentionPlan& a, const AttentionPlan& b) {
    return a.route == b.route && a.terms == b.terms;
  }
};

AttentionPlan PlanAttention(const AttentionSituation& situation);

}  // namespace tally

#endif  // TALLY_LIB_MODEL_ATTENTION_PLAN_H_

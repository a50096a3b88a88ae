// What the reference calls a model's parameters, which is what they are called in checkpoint files. Torch-free.
#ifndef TALLY_LIB_CHECKPOINT_REFERENCE_NAMES_H_
#define TALLY_LIB_CHECKPOINT_REFERENCE_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "lib/model/model_config.pb.h"

namespace tally {

// The reference's name of the parameter that Tally calls `name`: "block.layers.0.feed_forward.in.weight" ->
// "encoder.recurrent_block._orig_mod.layers.0.ffn.dense_in.weight". What the reference lacks is named in its style.
std::string ReferenceName(const ModelConfig& config, absl::string_view name);

// A name in a file of the reference, which prefixes names in distributed training, and leaves a part out
// where a run did not compile its block: as a run on one device that compiled it has it.
std::string WithBlockCompiled(absl::string_view name);

}  // namespace tally

#endif  // TALLY_LIB_CHECKPOINT_REFERENCE_NAMES_H_

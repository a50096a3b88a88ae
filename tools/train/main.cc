// train: teaches a model arithmetic. Parses flags; the work is in lib/train.
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/config/config.h"
#include "lib/config/tool_main.h"
#include "lib/model/torch_runtime.h"
#include "lib/train/resolve_config.h"
#include "lib/train/sweep/sweep_plan.h"
#include "lib/train/train_flags.pb.h"
#include "lib/train/trainer.h"

namespace {

tally::Tool Manual(tally::TrainFlags* flags, tally::RunConfig* fields) {
  return {
      .name = "train",
      .purpose = "teach a small transformer arithmetic",
      .synopsis = "train --data=tokens.safetensors --out=runs/NAME [flags]",
      .examples = {{"train --data=tokens.safetensors --out=runs/first --minutes=2.5", "the default recipe"},
                   {"train --out=runs/first --resume", "continue after it was stopped"},
                   {"datagen --count=inf | tokenize --out=- | train --data=- --out=runs/fresh --minutes=5 --resume",
                    "new problems at every step; the same line continues the run"},
                   {"train --init_from=runs/first --data=other.safetensors --out=runs/tuned --minutes=1",
                    "a new run that begins with the weights of another"},
                   {"train --config=recipe.textproto --set model.hidden_size=128 --print_config",
                    "see what would run"}},
      .options = {flags},
      .configuration = fields,
      .version_details = tally::TorchVersionDetails(),
      .words = {{"cuda_graphs", {"auto", "off"}},
                {"device", {"auto", "cpu", "cuda"}},
                {"dist_backend", {"auto", "gloo", "nccl"}}},
  };
}

// Prints how many runs there are and the most threads of one, for scripts/sweep.sh.
absl::Status PlanRuns(const tally::TrainFlags& flags, const tally::RunConfig& fields) {
  TALLY_ASSIGN_OR_RETURN(const tally::SweepSize size, tally::RunSweepTool(flags, fields));
  return tally::PrintText(absl::StrCat(size.runs, " ", size.threads, "\n"));
}

// `fields` has what flags say about the configuration.
absl::Status Run(const tally::TrainFlags& flags, const tally::RunConfig& fields) {
  if (!flags.sweep().empty()) return PlanRuns(flags, fields);
  TALLY_ASSIGN_OR_RETURN(const tally::ResolvedConfig resolved,
                         tally::ResolveConfig({.run = flags.resume() ? flags.out() : "",
                                               .accept_edits = flags.accept_edits(),
                                               .files = {flags.config().begin(), flags.config().end()},
                                               .assignments = {flags.set().begin(), flags.set().end()},
                                               .flags = fields}));
  if (flags.print_config()) return tally::PrintText(tally::PrintConfig(resolved.config));
  if (flags.out().empty()) return tally::UsageError("--out is missing; expected the folder of the run");
  if (resolved.config.data().empty()) return tally::UsageError("--data is missing; expected a token data set, or -");
  return tally::Train({flags, resolved.config, resolved.overrides});
}

}  // namespace

int main(int argc, char** argv) {
  tally::TrainFlags flags;
  tally::RunConfig fields;
  return tally::RunTool(argc, argv, Manual(&flags, &fields), [&](const auto&) { return Run(flags, fields); });
}

// train: teaches a model arithmetic. Parses flags; the work is in lib/train.
#include <cstdint>
#include <optional>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/config/config.h"
#include "lib/config/list_flag.h"
#include "lib/config/tool_main.h"
#include "lib/model/torch_version.h"
#include "lib/train/resolve_config.h"
#include "lib/train/trainer.h"

ABSL_FLAG(tally::ListFlag, data, {},
          "token data set made by tokenize, or - for a stream of tokens on standard input; may be given several times, "
          "with weights: a.safetensors:3");
ABSL_FLAG(std::string, out, "", "folder of the run: configuration, metrics, checkpoints");
ABSL_FLAG(bool, resume, false, "continue the run in --out, or start it where there is none");
ABSL_FLAG(std::string, config, "", "configuration, a RunConfig in protobuf text format");
ABSL_FLAG(tally::ListFlag, set, {}, "change one field, such as model.hidden_size=128; may be given several times");
ABSL_FLAG(bool, print_config, false, "print the resolved configuration and leave");
ABSL_FLAG(std::optional<int64_t>, steps, std::nullopt, "budget in steps (train.steps)");
ABSL_FLAG(std::optional<double>, minutes, std::nullopt, "budget in minutes of training (train.minutes)");
ABSL_FLAG(std::optional<uint64_t>, seed, std::nullopt, "seed of parameters, batches and offsets (train.seed)");
ABSL_FLAG(std::optional<int32_t>, threads, std::nullopt, "threads of LibTorch, 0 for all cores (train.threads)");
ABSL_FLAG(std::optional<int64_t>, keep_last, std::nullopt, "newest checkpoints kept, 0 for all (train.keep_last)");
ABSL_FLAG(std::optional<int64_t>, keep_every, std::nullopt,
          "checkpoints of multiples of this many steps are kept too (train.keep_every_steps)");
ABSL_FLAG(std::string, device, "auto", "cpu, cuda, or auto: cuda where this build has it and a device is there");
ABSL_FLAG(std::optional<std::string>, precision, std::nullopt,
          "F32, BF16, or on CUDA devices TF32 or FP16 (train.precision)");
ABSL_FLAG(std::string, dist_backend, "auto", "how several ranks talk: gloo (CPU), nccl (CUDA), or auto");

namespace {

tally::Tool Manual() {
  return {
      .name = "train",
      .purpose = "teach a small transformer arithmetic",
      .synopsis = "train --data=tokens.safetensors --out=runs/NAME [flags]",
      .examples = {{"train --data=tokens.safetensors --out=runs/first --minutes=2.5", "the default recipe"},
                   {"train --out=runs/first --resume", "continue after it was stopped"},
                   {"datagen --count=inf | tokenize --out=- | train --data=- --out=runs/fresh --minutes=5 --resume",
                    "new problems at every step; the same line continues the run"},
                   {"train --config=recipe.textproto --set model.hidden_size=128 --print_config",
                    "see what would run"}},
      .groups = {{"Input and output", {"data", "out", "resume"}},
                 {"Configuration (the later wins: --config, --set, the flags below)",
                  {"config", "set", "print_config"}},
                 {"Budget and seed", {"steps", "minutes", "seed"}},
                 {"Checkpoints", {"keep_last", "keep_every"}},
                 {"Machine (several ranks: torchrun's or Slurm's variables)",
                  {"device", "precision", "threads", "dist_backend"}}},
      .version_details = tally::TorchVersionDetails(),
  };
}

absl::Status Print(const std::string& text) {
  TALLY_ASSIGN_OR_RETURN(const auto out, tally::OutputStream::Open("-"));
  TALLY_RETURN_IF_ERROR(out->Write(text));
  return out->Commit();
}

absl::Status Run() {
  tally::ConfigSources sources;
  sources.run = absl::GetFlag(FLAGS_resume) ? absl::GetFlag(FLAGS_out) : "";
  sources.file = absl::GetFlag(FLAGS_config);
  sources.assignments = absl::GetFlag(FLAGS_set).values;
  sources.data = absl::GetFlag(FLAGS_data).values;
  sources.steps = absl::GetFlag(FLAGS_steps);
  sources.minutes = absl::GetFlag(FLAGS_minutes);
  sources.seed = absl::GetFlag(FLAGS_seed);
  sources.threads = absl::GetFlag(FLAGS_threads);
  sources.keep_last = absl::GetFlag(FLAGS_keep_last);
  sources.keep_every = absl::GetFlag(FLAGS_keep_every);
  if (const auto precision = absl::GetFlag(FLAGS_precision)) {
    sources.assignments.push_back(absl::StrCat("train.precision=", absl::AsciiStrToUpper(*precision)));
  }
  tally::TrainOptions options;
  TALLY_ASSIGN_OR_RETURN(options.config, tally::ResolveConfig(sources));
  if (absl::GetFlag(FLAGS_print_config)) return Print(tally::PrintConfig(options.config));
  options.out = absl::GetFlag(FLAGS_out);
  if (options.out.empty()) return tally::UsageError("--out is missing; expected the folder of the run");
  if (options.config.data().empty()) return tally::UsageError("--data is missing; expected a token data set, or -");
  options.resume = absl::GetFlag(FLAGS_resume);
  options.device = absl::GetFlag(FLAGS_device);
  options.dist_backend = absl::GetFlag(FLAGS_dist_backend);
  return tally::Train(options);
}

}  // namespace

int main(int argc, char** argv) {
  return tally::RunTool(argc, argv, Manual(), [](const auto&) { return Run(); });
}

// predict: completes problems line by line. Parses flags; the work is in lib/eval.
#include <cstdint>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "lib/base/exit_code.h"
#include "lib/config/tool_main.h"
#include "lib/eval/predict.h"
#include "lib/model/torch_version.h"

ABSL_FLAG(std::string, model, "", "run, checkpoint, or a checkpoint folder of the reference");
ABSL_FLAG(std::string, in, "-", "problems without answers, one a line; - is standard input");
ABSL_FLAG(std::string, out, "-", "the completed lines; - is standard output");
ABSL_FLAG(int64_t, recurrences, 0, "passes through the block; 0: as trained");
ABSL_FLAG(int64_t, offset, -1, "offset of a position table of digits; -1: model.positions.test_offset");
ABSL_FLAG(double, logit_factor, 1, "factor on all attention logits");
ABSL_FLAG(uint64_t, seed, 0, "seed of random initial states and of drawn answers");
ABSL_FLAG(int64_t, max_tokens, 0, "most tokens of an answer; 0: two more than a right one can have");
ABSL_FLAG(double, temperature, 0, "draw tokens from softmax(logits / temperature); 0: the likeliest");
ABSL_FLAG(int64_t, top_k, 0, "draw among this many likeliest tokens; 0: all");
ABSL_FLAG(bool, show_probabilities, false, "add the probabilities of the answer's tokens and of its end behind a tab");
ABSL_FLAG(int32_t, threads, 0, "threads of LibTorch; 0: all cores");
ABSL_FLAG(std::string, device, "auto", "cpu, cuda, or auto: cuda where this build has it and a device is there");
ABSL_FLAG(std::string, precision, "F32", "F32, BF16, or on CUDA devices TF32 or FP16");
ABSL_FLAG(bool, check, false, "add GMP's answer behind a tab; exit with 1 where one differs");
ABSL_FLAG(bool, answer_only, false, "leave out the problem, and of a working that is written out all but its result");
ABSL_FLAG(std::string, ids_in, "",
          "safetensors with input_ids [batch, seq] for --logits_out and, if wanted, initial_state");
ABSL_FLAG(std::string, logits_out, "",
          "write logits [batch, seq, vocabulary] of the lines, or of --ids_in, to this safetensors file");

namespace {

tally::Tool Manual() {
  return {
      .name = "predict",
      .purpose = "complete problems with a model's answers",
      .synopsis = "predict --model=RUN [flags] < prompts.txt",
      .examples = {{"echo 321+54= | predict --model=runs/first", "one answer, greedy, digits as in training"},
                   {"predict --model=FOLDER --ids_in=io.safetensors --logits_out=out.safetensors",
                    "logits for comparison with another implementation"}},
      .groups = {{"Input and output", {"model", "in", "out"}},
                 {"Answers", {"check", "answer_only", "show_probabilities", "max_tokens", "temperature", "top_k"}},
                 {"Model", {"recurrences", "offset", "logit_factor", "seed"}},
                 {"Machine", {"device", "precision", "threads"}},
                 {"Logits", {"ids_in", "logits_out"}}},
      .version_details = tally::TorchVersionDetails(),
  };
}

absl::Status Run() {
  const tally::PredictOptions options = {
      .model = absl::GetFlag(FLAGS_model),
      .in = absl::GetFlag(FLAGS_in),
      .out = absl::GetFlag(FLAGS_out),
      .recurrences = absl::GetFlag(FLAGS_recurrences),
      .offset = absl::GetFlag(FLAGS_offset),
      .logit_factor = absl::GetFlag(FLAGS_logit_factor),
      .seed = absl::GetFlag(FLAGS_seed),
      .max_tokens = absl::GetFlag(FLAGS_max_tokens),
      .temperature = absl::GetFlag(FLAGS_temperature),
      .top_k = absl::GetFlag(FLAGS_top_k),
      .threads = absl::GetFlag(FLAGS_threads),
      .device = absl::GetFlag(FLAGS_device),
      .precision = absl::GetFlag(FLAGS_precision),
      .check = absl::GetFlag(FLAGS_check),
      .answer_only = absl::GetFlag(FLAGS_answer_only),
      .show_probabilities = absl::GetFlag(FLAGS_show_probabilities),
      .ids_in = absl::GetFlag(FLAGS_ids_in),
      .logits_out = absl::GetFlag(FLAGS_logits_out),
  };
  if (options.model.empty()) return tally::UsageError("--model is missing; expected a run or a checkpoint");
  return tally::Predict(options);
}

}  // namespace

int main(int argc, char** argv) {
  return tally::RunTool(argc, argv, Manual(), [](const auto&) { return Run(); });
}

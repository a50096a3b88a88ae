// predict: completes problems line by line. Parses flags; the work is in lib/eval.
#include "lib/config/tool_main.h"
#include "lib/eval/evaluate_options.h"
#include "lib/eval/predict.h"
#include "lib/model/torch_runtime.h"

namespace {

tally::Tool Manual(tally::PredictFlags* flags) {
  return {
      .name = "predict",
      .purpose = "complete problems with a model's answers",
      .synopsis = "predict --model=RUN [flags] < prompts.txt",
      .examples = {{"echo 321+54= | predict --model=runs/first", "one answer, greedy, digits as in training"},
                   {"echo 321+54= | predict --model=runs/first --attention=attention.safetensors",
                    "also what each head of each recurrence looks at, for plot attention"},
                   {"predict --model=FOLDER --ids_in=io.safetensors --logits_out=out.safetensors",
                    "logits for comparison with another implementation"}},
      .options = {flags},
      .version_details = tally::TorchVersionDetails(),
      .words = tally::InferenceWords(),
  };
}

}  // namespace

int main(int argc, char** argv) {
  tally::PredictFlags flags;
  return tally::RunTool(argc, argv, Manual(&flags), [&](const auto&) { return tally::Predict(flags); });
}

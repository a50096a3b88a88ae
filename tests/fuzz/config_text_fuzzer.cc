// config.textproto, and assignments such as --set has.
#include "lib/config/config.h"
#include "lib/config/options.h"
#include "lib/runs/run_config.pb.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {

void CheckLaws(absl::string_view input) {
  RunConfig config;
  Choices choices(input);
  const bool assignment = choices.Flag();
  const absl::Status status =
      assignment ? SetConfigField(choices.rest(), &config) : MergeConfigText(choices.rest(), "file", &config);
  if (!status.ok()) {
    TALLY_LAW(PrintConfig(config).empty());
    return CheckRefusal(status);
  }
  RunConfig again;
  TALLY_LAW(MergeConfigText(PrintConfig(config), "copy", &again).ok());
  TALLY_LAW(PrintConfig(again) == PrintConfig(config));
  const absl::Status ranges = CheckRanges(config, "");
  if (!ranges.ok()) CheckRefusal(ranges);
  FillDefaults(&again);
  ClearWhatMayChangeOnResume(&again);
}

std::vector<std::string> Seeds() {
  const std::string file(1, '\0'), set(1, '\1');
  return {file + "model {\n  hidden_size: 64\n  attention { heads: 4 position: FIRE }\n}\ntrain { steps: 100 }\n",
          file + "# a comment\ntrain < batch_size: 8, seed: 2 > optimizer { kind: LION learning_rate: 1e-3 }\n",
          file + "model { attention { far_jitter: 0.5 } }",
          file + "train { data: [\"a\", 'b\\n'] }",
          set + "train.steps=0x10",
          set + "model.norm=RMS_NORM",
          set + "train.data=tokens.safetensors"};
}

std::vector<std::string> Words() {
  std::vector<std::string> words = {"{", "}",  "<",  ">",   "[",   "]",  ":",     ";",  "#",   "\"",
                                    "'", "\\", "\t", "nan", "inf", "-1", "1e400", "0x", "true"};
  VisitFields(*RunConfig::descriptor(), [&](const std::string& path, const auto& field) {
    words.push_back(field.name());
    words.push_back(path + "=");
    if (field.enum_type() == nullptr) return;
    for (const std::string& value : ValueNames(*field.enum_type())) words.push_back(value);
  });
  return words;
}

}  // namespace tally::fuzz

#include "lib/eval/flag_words.h"

#include "lib/tasks/registry.h"

namespace tally {

std::map<std::string, std::vector<std::string>> InferenceWords() {
  return {{"device", {"auto", "cpu", "cuda"}}, {"precision", {"F32", "BF16", "TF32", "FP16"}}};
}

std::map<std::string, std::vector<std::string>> EvaluationWords() {
  std::map<std::string, std::vector<std::string>> words = InferenceWords();
  words[""] = {"merge", "summary"};
  words["decoding"] = {"teacher_forced", "generate", "generate_without_cache"};
  words["shard"] = {"auto"};
  return words;
}

std::map<std::string, std::vector<std::string>> EvalWords() {
  std::map<std::string, std::vector<std::string>> words = EvaluationWords();
  words["grid"] = {"big",      "large",        "ood_only",   "up_to_40",   "up_to_50",   "mul",
                   "pos_arth", "pos_arth_ood", "over_100_1", "over_100_2", "over_100_3", "over_100_4"};
  words["task"] = TaskNames();
  return words;
}

}  // namespace tally

#include "lib/eval/flag_words.h"

#include "lib/results/cell.h"
#include "lib/results/grid.h"
#include "lib/tasks/registry.h"

namespace tally {

std::map<std::string, std::vector<std::string>> InferenceWords() {
  return {{"device", {"auto", "cpu", "cuda"}}, {"precision", {"F32", "BF16", "TF32", "FP16"}}};
}

std::map<std::string, std::vector<std::string>> EvaluationWords() {
  std::map<std::string, std::vector<std::string>> words = InferenceWords();
  words[""] = {"merge", "summary", "export"};
  words["cells_by"] = {"lengths", "folder", "file"};
  words["decoding"] = {kTeacherForced, kGenerate, kGenerateWithoutCache};
  words["shard"] = {"auto"};
  return words;
}

std::map<std::string, std::vector<std::string>> EvalWords() {
  std::map<std::string, std::vector<std::string>> words = EvaluationWords();
  words["grid"] = GridNames();
  words["task"] = TaskNames();
  return words;
}

}  // namespace tally

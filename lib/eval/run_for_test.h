// A small run for tests.
#ifndef TALLY_LIB_EVAL_RUN_FOR_TEST_H_
#define TALLY_LIB_EVAL_RUN_FOR_TEST_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/checkpoint/checkpoint.h"
#include "lib/model/models_for_test.h"
#include "lib/tasks/problem_format.h"

namespace tally {

// Makes a run with one checkpoint, step 12, of a small random model for `formats`, trained on at most 3 x 3 digits, in
// the tests' folder. Returns its path.
inline std::string MakeRunForTest(const std::string& name, const std::vector<ProblemFormat>& formats,
                                  const ModelConfig& config = Recipe()) {
  const std::string run = absl::StrCat(::testing::TempDir(), "/", name);
  ModelCard card;
  card.config = config;
  card.data = DataFormatOf(
      formats, *Vocabulary::ByName(formats.size() == 1 ? formats[0].task->VocabularyName(formats[0]) : "all"));
  for (TaskFacts& task : card.data.tasks) task.first_operand = task.second_operand = {1, 3};
  card.config.set_vocabulary_size(card.data.vocabulary.size());
  card.step = 12;
  EXPECT_TRUE(SaveCheckpoint(run, card, *WithRandomParameters(card.config, 1), {}, {}).ok());
  return run;
}

// The same for one format.
inline std::string MakeRunForTest(const std::string& name, const ProblemFormat& format = {}) {
  return MakeRunForTest(name, std::vector<ProblemFormat>{format});
}

}  // namespace tally

#endif  // TALLY_LIB_EVAL_RUN_FOR_TEST_H_
